import { LRUCache } from 'lru-cache'
import type { Principal } from '../../shared/auth/verify.ts'
import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import { wireErrors } from '../../shared/contract/errors.ts'
import type { Trace } from '../../shared/contract/trace.ts'
import type { Role, WorkspaceId } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import { createSingleFlight } from '../../shared/single-flight.ts'

export interface Memberships {
  /**
   * The principal's role in the workspace: by the token's claim where it has one, else as the origin says.
   * `not_a_member` where there is none, `auth_unavailable` where it cannot be known at the moment.
   */
  roleOf(
    principal: Principal,
    workspaceId: WorkspaceId,
    requestId: string,
    trace?: Trace,
  ): Promise<Result<Role, WireError>>
}

interface MembershipsOptions {
  /** Asks who knows, within a deadline: the role, or null where the user is not a member. */
  ask(
    principal: Principal,
    workspaceId: WorkspaceId,
    requestId: string,
    trace: Trace | undefined,
  ): Promise<Result<Role | null, WireError>>
  readonly clock: Clock
}

interface Remembered {
  readonly role: Role | null
  readonly untilMs: number
}

/**
 * Memberships, remembered for `limits.membershipSeconds`: that long a removed member may still read. A failure to
 * know is never remembered, and never taken for an answer; but while nobody can be asked, or the answer is late, who
 * was a member at most `limits.membershipGraceSeconds` ago still is, so that an outage of the origin does not close
 * the boards that are cached. Who was none is asked about every time.
 */
export function createMemberships({ ask, clock }: MembershipsOptions): Memberships {
  const remembered = new LRUCache<string, Remembered>({ max: limits.isolateMembershipsMax })
  const flights = createSingleFlight<string, Result<Role | null, WireError>>({
    clock,
    patienceMs: limits.originDeadlineMs,
  })

  async function askAndRemember(
    key: string,
    principal: Principal,
    workspaceId: WorkspaceId,
    requestId: string,
    trace: Trace | undefined,
  ): Promise<Result<Role | null, WireError>> {
    // The answer is as old as the question.
    const untilMs = clock.now() + limits.membershipSeconds * 1000
    const answer = await ask(principal, workspaceId, requestId, trace)
    if (answer.ok) remembered.set(key, { role: answer.value, untilMs })
    return answer
  }

  return {
    async roleOf(principal, workspaceId, requestId, trace) {
      if (principal.workspaces !== null) return member(principal.workspaces.get(workspaceId) ?? null)
      // Identifiers hold no white space (shared/ids.ts), so no two pairs share a key.
      const key = `${principal.userId} ${workspaceId}`
      const known = remembered.get(key)
      if (known !== undefined && clock.now() < known.untilMs) return member(known.role)
      const asked = flights.share(
        key,
        principal.token,
        // The origin judges the token too: another token of the same user may fare differently.
        (token) => token === principal.token,
        () => askAndRemember(key, principal, workspaceId, requestId, trace),
        () => undefined,
      )
      const graceRole = known !== undefined && clock.now() < known.untilMs + graceMs ? known.role : null
      if (graceRole === null) return judged((await asked).value)
      const answer = await withinDeadline(clock, limits.membershipDeadlineMs, () => asked, null)
      const isUnknown = answer === null || (!answer.value.ok && isOutage(answer.value.error))
      return isUnknown ? ok(graceRole) : judged(answer.value)
    },
  }
}

const graceMs = limits.membershipGraceSeconds * 1000

function judged(answer: Result<Role | null, WireError>): Result<Role, WireError> {
  return answer.ok ? member(answer.value) : err(unknowable(answer.error))
}

function isOutage(error: WireError): boolean {
  return wireErrors[error.code].status >= 500
}

function member(role: Role | null): Result<Role, WireError> {
  return role === null ? err({ code: 'not_a_member' }) : ok(role)
}

/** That the origin is away says nothing of a cache here: what cannot be checked is the caller. */
function unknowable(error: WireError): WireError {
  if (!isOutage(error)) return error
  return {
    code: 'auth_unavailable',
    retryAfterSeconds: error.retryAfterSeconds ?? limits.retryAfterSeconds,
  }
}
