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
import type { Recorder } from '../events.ts'

export interface Memberships {
  /**
   * The principal's role in the workspace: by the token's claim where it has one, else as the origin says.
   * `not_a_member` where there is none, `auth_unavailable` where it cannot be known at the moment, `rate_limited` where
   * the user asks about too many workspaces that they are not in.
   */
  roleOf(principal: Principal, workspaceId: WorkspaceId, asking: Asking): Promise<Result<Role, WireError>>
}

/** The request that needs to know. */
export interface Asking {
  readonly requestId: string
  readonly trace: Trace | undefined
  /** Others may wait for what this request has asked: it is asked to its end, though its client goes away. */
  keepAlive(work: Promise<unknown>): void
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
  readonly recorder: Recorder
}

interface Member {
  readonly role: Role
  readonly untilMs: number
}

/**
 * Memberships, remembered for `limits.membershipSeconds`: that long a removed member may still read. A failure to
 * know is never remembered, and never taken for an answer; but while nobody can be asked, or the answer is late, who
 * was a member at most `limits.membershipGraceSeconds` ago still is, so that an outage of the origin does not close
 * the boards that are cached.
 *
 * Each question is a query of the database, so strangers are bounded: that a user is not in a workspace (or that there is
 * no such workspace) is remembered for `limits.strangerSeconds`, apart from the members, and a user who asks about more
 * workspaces than they are in is `rate_limited`. Somebody who was just let in is seen after `limits.strangerSeconds`.
 */
export function createMemberships({ ask, clock, recorder }: MembershipsOptions): Memberships {
  const members = new LRUCache<string, Member>({ max: limits.isolateMembershipsMax })
  /** Until when a user counts as no member of a workspace. */
  const strangers = new LRUCache<string, number>({ max: limits.isolateStrangersMax })
  const questions = createQuestionBudget(clock)
  const flights = createSingleFlight<string, Result<Role | null, WireError>>({
    clock,
    patienceMs: limits.originDeadlineMs,
  })

  function remember(key: string, role: Role | null, askedAtMs: number): void {
    // The answer is as old as the question.
    if (role === null) {
      members.delete(key)
      strangers.set(key, askedAtMs + limits.strangerSeconds * 1_000)
    } else {
      strangers.delete(key)
      members.set(key, { role, untilMs: askedAtMs + limits.membershipSeconds * 1_000 })
    }
  }

  async function askAndRemember(
    key: string,
    ...[principal, workspaceId, { requestId, trace }]: Asked
  ): Promise<Result<Role | null, WireError>> {
    const askedAtMs = clock.now()
    // A member's question once a minute is no stranger's, and while the origin is away it must cost them nothing.
    const isKnown = members.has(key)
    const waitMs = isKnown ? 0 : questions.take(principal.userId)
    if (waitMs > 0) {
      recorder.record({ kind: 'rate-limited', scope: 'user', outcome: 'refused' })
      return err({ code: 'rate_limited', retryAfterSeconds: Math.ceil(waitMs / 1_000) })
    }
    const answer = await ask(principal, workspaceId, requestId, trace)
    if (answer.ok) {
      if (answer.value !== null && !isKnown) questions.giveBack(principal.userId, askedAtMs)
      remember(key, answer.value, askedAtMs)
    }
    return answer
  }

  return {
    async roleOf(principal, workspaceId, asking) {
      if (principal.workspaces !== null) return member(principal.workspaces.get(workspaceId) ?? null)
      // Identifiers hold no white space (shared/ids.ts), so no two pairs share a key.
      const key = `${principal.userId} ${workspaceId}`
      const nowMs = clock.now()
      const known = members.get(key)
      if (known !== undefined && nowMs < known.untilMs) return member(known.role)
      if (nowMs < (strangers.get(key) ?? 0)) return member(null)
      const asked = flights.share(
        key,
        principal.token,
        // The origin judges the token too: another token of the same user may fare differently.
        (token) => token === principal.token,
        () => askAndRemember(key, principal, workspaceId, asking),
        asking.keepAlive,
      )
      const graceRole = known !== undefined && clock.now() < known.untilMs + graceMs ? known.role : null
      if (graceRole === null) return judged((await asked).value)
      const answer = await withinDeadline(clock, limits.membershipDeadlineMs, () => asked, null)
      const isUnknown = answer === null || (!answer.value.ok && isOutage(answer.value.error))
      return isUnknown ? ok(graceRole) : judged(answer.value)
    },
  }
}

type Asked = Parameters<Memberships['roleOf']>

/** The questions of each user that no membership came of, in windows that begin with the first of them. */
function createQuestionBudget(clock: Clock) {
  const asked = new LRUCache<string, { count: number; readonly sinceMs: number }>({
    max: limits.isolateQuestionersMax,
  })
  const windowMs = limits.membershipQuestionsSeconds * 1_000
  return {
    /** Counts a question, and answers 0; or says how long it is until the user may ask again. */
    take(userId: string): number {
      const nowMs = clock.now()
      const window = asked.get(userId)
      if (window === undefined || nowMs - window.sinceMs >= windowMs) {
        asked.set(userId, { count: 1, sinceMs: nowMs })
        return 0
      }
      if (window.count >= limits.membershipQuestionsMax) return window.sinceMs + windowMs - nowMs
      window.count += 1
      return 0
    },
    giveBack(userId: string, askedAtMs: number): void {
      const window = asked.get(userId)
      if (window !== undefined && window.sinceMs <= askedAtMs) window.count -= 1
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
