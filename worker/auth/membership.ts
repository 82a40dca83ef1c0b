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
import { createSingleFlight, type SingleFlight } from '../../shared/single-flight.ts'
import type { Tag } from '../../shared/tags/tags.ts'
import type { Recorder } from '../events.ts'
import type { Demand } from '../ledger/view.ts'
import { createLookupBudget, type LookupBudget } from './lookup-budget.ts'
import type { MembershipStamp, MembersView, RememberedRole } from './role-memory.ts'
import { believedMs, createRoleMemory, hasChangedSince, membershipTags } from './role-memory.ts'

export interface Memberships {
  /**
   * The principal's role in the workspace: by the token's claim where it has one, else as the origin says. At once where
   * that is remembered and the ledger's view is at hand. `not_a_member` where there is none, `auth_unavailable` where it
   * cannot be known at the moment, `rate_limited` where the user tries too many workspaces that they are not in.
   */
  roleOf(principal: Principal, workspaceId: WorkspaceId, request: LookupRequest): RoleAnswer
}

type RoleAnswer = Result<Role, WireError> | Promise<Result<Role, WireError>>

/** The request that needs to know. */
interface LookupRequest {
  readonly requestId: string
  readonly trace: Trace | undefined
  /** Others may wait for what this request began: it is done to its end, though its client goes away. */
  keepAlive(work: Promise<unknown>): void
}

/** One call of the origin about a user in a workspace. */
export interface Lookup {
  readonly principal: Principal
  readonly workspaceId: WorkspaceId
  readonly requestId: string
  readonly trace: Trace | undefined
  /** The place in the ledger before the call. The origin must not answer with what it read for an earlier one. */
  readonly stamp: MembershipStamp | null
}

/** The views of the workspaces' ledgers (ledger/view.ts), as far as memberships need them. */
interface MembersViews {
  current(
    workspaceId: WorkspaceId,
    demand: Extract<Demand, { kind: 'bounded' }>,
    keepAlive: (work: Promise<unknown>) => void,
  ): Promise<Result<MembersView, { readonly last: MembersView | null }>>
  atHand(workspaceId: WorkspaceId): MembersView | null
}

interface MembershipsOptions {
  /** Calls the origin, within a deadline: the role, or null where the user is not a member. */
  lookUp(lookup: Lookup): Promise<Result<Role | null, WireError>>
  readonly views: MembersViews
  /** `STALENESS_BOUND_MS`. */
  readonly boundMs: number
  readonly clock: Clock
  readonly recorder: Recorder
}

/** What a lookup was begun for: others join it where it serves them as well. */
interface Terms {
  readonly token: string
  readonly stamp: MembershipStamp | null
}

type Known = Result<Role | null, WireError>

/**
 * Memberships, each remembered with the place in the workspace's ledger that was known before the origin was called, and used
 * only while none of its tags (`members`, the user's bucket of it, `workspace`) moved past that place. So a member who was
 * removed is out within the staleness bound, and somebody who was let in is in, also where the opposite was remembered.
 * A remembered role is also dropped after `limits.membershipSeconds`, a stranger's after `limits.strangerSeconds`.
 *
 * While the ledger is out of reach, or was never called since nobody reads that workspace here, nothing is proved: then what
 * is remembered is used for the bound, and the origin decides after it. A failure to know is never remembered, and never
 * taken for an answer; but while the origin is away or late, somebody who was a member at most
 * `limits.membershipGraceSeconds` ago still is, unless a tag is known to have moved: so an outage of the origin does not close
 * the boards that are cached, and opens none that was closed.
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

  roleOf(principal: Principal, workspaceId: WorkspaceId, request: LookupRequest): RoleAnswer {
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
      // Of a view that is not to be had, an older place will do: it was known before this call all the more.
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
   * The view to judge by. The ledger is called for members alone: a stranger must wake up no ledger, least of all one of a name
   * that they made up.
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

  /** Whether an answer still holds: it is as old as the call, which may have taken longer than the bound. */
  private async isCurrent(
    { stamp, principal, workspaceId }: Lookup,
    tags: readonly Tag[],
    { calledAtMs, attempt }: { readonly calledAtMs: number; readonly attempt: number },
    keepAlive: LookupRequest['keepAlive'],
  ): Promise<boolean> {
    const { clock, boundMs } = this.options
    // Nothing to judge it by: the first answer about a member, or the ledger is out of reach.
    if (stamp === null) return attempt > 1 || clock.now() - calledAtMs <= boundMs
    const { view, isProven } = await this.viewFor(keyOf(principal, workspaceId), workspaceId, keepAlive)
    return !isProven || view === null || !hasChangedSince(stamp, tags, view)
  }

  /** What is remembered, unless the view tells that it may have changed. */
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

  /** The origin's answer; where it is away or late, the role of a member who is in the time of grace. */
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
      // The origin judges the token too: another token of the same user may fare differently.
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
    // A call about a member now and then is no stranger's, and while the origin is away it must cost them nothing.
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

/** What a lookup begins with: the view, and what is remembered and not known to have changed. */
interface Held {
  readonly tags: readonly Tag[]
  readonly view: MembersView | null
  readonly known: RememberedRole | undefined
}

function stampOf({ ledgerId, version }: MembersView): MembershipStamp {
  return { ledgerId, version }
}

/** Identifiers hold no white space (shared/ids.ts), so no two pairs share a key. */
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

/** That the origin is away says nothing of a cache here: what cannot be checked is the caller. */
function unknowable(error: WireError): WireError {
  if (!isOutage(error)) return error
  return {
    code: 'auth_unavailable',
    retryAfterSeconds: error.retryAfterSeconds ?? limits.retryAfterSeconds,
  }
}
