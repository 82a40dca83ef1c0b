import type { Principal } from '../../shared/auth/verify.ts'
import type { Awaitable } from '../../shared/awaitable.ts'
import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import { wireErrors } from '../../shared/contract/errors.ts'
import type { Trace } from '../../shared/contract/trace.ts'
import type { Role, WorkspaceId } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import { createSingleFlight, type SingleFlight } from '../../shared/single-flight.ts'
import type { Tag } from '../../shared/tags/tags.ts'
import { membershipTags } from '../../shared/tags/tags.ts'
import type { Stamp } from '../entry/entry.ts'
import type { Recorder } from '../events.ts'
import type { Demand } from '../ledger/view.ts'
import { createLookupBudget, type LookupBudget } from './lookup-budget.ts'
import type { MembersView, RememberedRole } from './role-memory.ts'
import { believedMs, createRoleMemory, hasChangedSince } from './role-memory.ts'

export interface Memberships {
  /**
   * The principal's role in the workspace: from the token's claim if it has one, else from the origin. The answer is no promise
   * if the role is remembered and a view of the ledger is at hand. Errors: `not_a_member`; `auth_unavailable` if the origin
   * cannot be reached; `rate_limited` if the user tried too many workspaces without being a member.
   */
  roleOf(
    principal: Principal,
    workspaceId: WorkspaceId,
    request: LookupRequest,
  ): Awaitable<Result<Role, WireError>>
}

/** The request that a membership is looked up for. */
interface LookupRequest {
  readonly requestId: string
  readonly trace: Trace | undefined
  /** Other requests may wait for a lookup that this request began, so the lookup must finish even if this client leaves. */
  keepAlive(work: Promise<unknown>): void
}

/** One question to the origin: the role of a user in a workspace. */
export interface Lookup {
  readonly principal: Principal
  readonly workspaceId: WorkspaceId
  readonly requestId: string
  readonly trace: Trace | undefined
  /** The ledger's version before the call. The origin must not answer with a row that it read for an earlier version. */
  readonly stamp: Stamp | null
}

/** The part of the views of the ledgers (ledger/view.ts) that memberships use. */
interface MembersViews {
  current(
    workspaceId: WorkspaceId,
    demand: Extract<Demand, { kind: 'bounded' }>,
    keepAlive: (work: Promise<unknown>) => void,
  ): Awaitable<Result<MembersView, { readonly last: MembersView | null }>>
  atHand(workspaceId: WorkspaceId): MembersView | null
}

interface MembershipsOptions {
  /** Calls the origin, with a deadline: the role, or null if the user is not a member. */
  lookUp(lookup: Lookup): Promise<Result<Role | null, WireError>>
  readonly views: MembersViews
  /** `STALENESS_BOUND_MS`. */
  readonly boundMs: number
  readonly clock: Clock
  readonly recorder: Recorder
}

/** The token and the stamp that a lookup was started with. Other requests may join it if it answers them too. */
interface Terms {
  readonly token: string
  readonly stamp: Stamp | null
}

type Known = Result<Role | null, WireError>

/**
 * Creates the memory of memberships. Each role is remembered with the ledger's version that was known before the origin was
 * called, and is used only while none of its tags (`members`, the user's bucket of it, `workspace`) moved after that version.
 * So a removed member is out within the staleness bound, and a new member is in, even if the opposite was remembered. A
 * member's role is forgotten after `limits.membershipSeconds`, a stranger's after `limits.strangerSeconds`.
 *
 * If the ledger cannot be reached, or was never called because nobody reads that workspace here, a remembered role cannot be
 * proved: it is used for the staleness bound, and then the origin decides. A failed lookup is never remembered and never taken
 * for an answer. While the origin is down or late, a user who was a member at most `limits.membershipGraceSeconds` ago is still
 * let in, unless a tag is known to have moved. So an outage of the origin neither closes the boards that are cached nor opens
 * one that was closed.
 */
export function createMemberships(options: MembershipsOptions): Memberships {
  return new RememberedMemberships(options)
}

class RememberedMemberships implements Memberships {
  private readonly options: MembershipsOptions
  private readonly memory = createRoleMemory()
  private readonly budget: LookupBudget
  private readonly flights: SingleFlight<Terms, Known>

  constructor(options: MembershipsOptions) {
    const { clock } = options
    this.options = options
    this.budget = createLookupBudget(clock)
    this.flights = createSingleFlight<Terms, Known>({ clock, patienceMs: limits.originDeadlineMs })
  }

  roleOf(
    principal: Principal,
    workspaceId: WorkspaceId,
    request: LookupRequest,
  ): Awaitable<Result<Role, WireError>> {
    if (principal.workspaces !== null) return member(principal.workspaces.get(workspaceId) ?? null)
    const known = this.memory.get(keyOf(principal, workspaceId))
    const view = known === undefined ? null : this.options.views.atHand(workspaceId)
    if (known !== undefined && view !== null) {
      const isBelieved = this.options.clock.now() < known.calledAtMs + believedMs(known)
      if (isBelieved && !hasChangedSince(known.stamp, known.tags, view)) return member(known.role)
    }
    return this.lookedUp(principal, workspaceId, request)
  }

  private async lookedUp(
    principal: Principal,
    workspaceId: WorkspaceId,
    request: LookupRequest,
  ): Promise<Result<Role, WireError>> {
    const key = keyOf(principal, workspaceId)
    const tags = membershipTags(principal.userId)
    for (let attempt = 1; attempt <= limits.loadAttemptsMax; attempt += 1) {
      const { view, isProven } = await this.viewFor(key, workspaceId, request.keepAlive)
      const known = this.unchanged(key, view)
      if (known !== undefined && this.isUsable(known, isProven)) return member(known.role)
      // Without a view, the stamp of the remembered role serves: its version was also known before this call.
      const stamp = view === null ? (known?.stamp ?? null) : stampOf(view)
      const calledAtMs = this.options.clock.now()
      const lookup = { principal, workspaceId, stamp, requestId: request.requestId, trace: request.trace }
      const answer = await this.answerOf(lookup, { tags, view, known }, request.keepAlive)
      if (!answer.ok || (await this.isCurrent(lookup, tags, { calledAtMs, attempt }, request.keepAlive)))
        return answer
    }
    return err(unknowable({ code: 'overloaded' }))
  }

  /**
   * The view to judge by. Only a lookup of a known member may call the ledger: a stranger must not wake a ledger up, least of
   * all the one of a workspace that does not exist.
   */
  private async viewFor(
    key: string,
    workspaceId: WorkspaceId,
    keepAlive: LookupRequest['keepAlive'],
  ): Promise<{ readonly view: MembersView | null; readonly isProven: boolean }> {
    const { views } = this.options
    const atHand = views.atHand(workspaceId)
    if (atHand !== null || !this.memory.isMember(key)) return { view: atHand, isProven: atHand !== null }
    const proof = await views.current(workspaceId, { kind: 'bounded' }, keepAlive)
    return { view: proof.ok ? proof.value : proof.error.last, isProven: proof.ok }
  }

  /** Whether an answer still holds. It is as old as the call, and the call may have taken longer than the staleness bound. */
  private async isCurrent(
    { stamp, principal, workspaceId }: Lookup,
    tags: readonly Tag[],
    { calledAtMs, attempt }: { readonly calledAtMs: number; readonly attempt: number },
    keepAlive: LookupRequest['keepAlive'],
  ): Promise<boolean> {
    const { clock, boundMs } = this.options
    // No view was known before the call: this is the first lookup about the user, or the ledger cannot be reached.
    if (stamp === null) return attempt > 1 || clock.now() - calledAtMs <= boundMs
    const { view, isProven } = await this.viewFor(keyOf(principal, workspaceId), workspaceId, keepAlive)
    return !isProven || view === null || !hasChangedSince(stamp, tags, view)
  }

  /** The remembered role, unless the view says that it may have changed. */
  private unchanged(key: string, view: MembersView | null): RememberedRole | undefined {
    const known = this.memory.get(key)
    const hasChanged = known !== undefined && view !== null && hasChangedSince(known.stamp, known.tags, view)
    return hasChanged ? undefined : known
  }

  private isUsable(known: RememberedRole, isProven: boolean): boolean {
    const { clock, boundMs } = this.options
    const usableMs = isProven ? believedMs(known) : Math.min(boundMs, believedMs(known))
    return clock.now() < known.calledAtMs + usableMs
  }

  /** The origin's answer. If the origin is down or late, a member within the grace period keeps the remembered role. */
  private async answerOf(
    lookup: Lookup,
    { tags, view, known }: Held,
    keepAlive: LookupRequest['keepAlive'],
  ): Promise<Result<Role, WireError>> {
    const { clock } = this.options
    const { principal, workspaceId, stamp } = lookup
    const { token } = principal
    const called = this.flights.share(
      keyOf(principal, workspaceId),
      { token, stamp },
      // The origin verifies the token too, and may refuse one token of a user and accept another.
      (underWay) =>
        underWay.token === token && (view === null || !hasChangedSince(underWay.stamp, tags, view)),
      () => this.call(lookup, tags),
      keepAlive,
    )
    const graceRole = known !== undefined && isInGrace(known, clock.now()) ? known.role : null
    if (graceRole === null) return judged((await called).value)
    const answer = await withinDeadline(clock, limits.membershipDeadlineMs, () => called, null)
    const isUnknown = answer === null || (!answer.value.ok && isOutage(answer.value.error))
    return isUnknown ? ok(graceRole) : judged(answer.value)
  }

  private async call(lookup: Lookup, tags: readonly Tag[]): Promise<Known> {
    const { clock, recorder, lookUp } = this.options
    const { principal, workspaceId, stamp } = lookup
    const key = keyOf(principal, workspaceId)
    const calledAtMs = clock.now()
    // The budget is for strangers. A lookup about a known member costs that user nothing, also while the origin is down.
    const isMember = this.memory.isMember(key)
    const waitMs = isMember ? 0 : this.budget.take(principal.userId)
    if (waitMs > 0) {
      recorder.record({ kind: 'rate-limited', scope: 'user', outcome: 'refused' })
      return err({ code: 'rate_limited', retryAfterSeconds: Math.ceil(waitMs / 1_000) })
    }
    const answer = await lookUp(lookup)
    if (answer.ok) {
      if (answer.value !== null && !isMember) this.budget.giveBack(principal.userId, calledAtMs)
      this.memory.set(key, { role: answer.value, stamp, tags, calledAtMs })
    }
    return answer
  }
}

/** The state that a lookup starts from: the view, and the remembered role unless it is known to have changed. */
interface Held {
  readonly tags: readonly Tag[]
  readonly view: MembersView | null
  readonly known: RememberedRole | undefined
}

function stampOf({ ledgerId, version }: MembersView): Stamp {
  return { ledgerId, version }
}

/** Identifiers contain no white space (shared/ids.ts), so no two pairs of user and workspace share a key. */
function keyOf({ userId }: Principal, workspaceId: WorkspaceId): string {
  return `${userId} ${workspaceId}`
}

function isInGrace(known: RememberedRole, nowMs: number): boolean {
  const endsAtMs = known.calledAtMs + believedMs(known) + limits.membershipGraceSeconds * 1_000
  return known.role !== null && nowMs < endsAtMs
}

function judged(answer: Known): Result<Role, WireError> {
  return answer.ok ? member(answer.value) : err(unknowable(answer.error))
}

function isOutage(error: WireError): boolean {
  return wireErrors[error.code].status >= 500
}

function member(role: Role | null): Result<Role, WireError> {
  return role === null ? err({ code: 'not_a_member' }) : ok(role)
}

/** Turns an outage of the origin into `auth_unavailable`, because the caller could not be checked. */
function unknowable(error: WireError): WireError {
  if (!isOutage(error)) return error
  return {
    code: 'auth_unavailable',
    retryAfterSeconds: error.retryAfterSeconds ?? limits.retryAfterSeconds,
  }
}
