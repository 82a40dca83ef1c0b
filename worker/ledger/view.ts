import { LRUCache } from 'lru-cache'
import type { Awaitable } from '../../shared/awaitable.ts'
import type { Clock } from '../../shared/clock.ts'
import type { RolloutState } from '../../shared/contract/rollout-state.ts'
import type { Version, WorkspaceId } from '../../shared/ids.ts'
import { joinWork } from '../../shared/join-work.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { Tag } from '../../shared/tags/tags.ts'
import type { LedgerClient } from './ledger-client.ts'
import type { LedgerChanges } from './ledger-messages.ts'
import type { Copy } from './moved-tags.ts'
import { advanceCopy, hasMovedPast, movedAt, movedOf, recentChanges } from './moved-tags.ts'
import type { SharedChanges, SharedViews } from './shared-views.ts'

/** An isolate's copy of a ledger, as of `calledAtMs`. Immutable. */
export interface View {
  readonly ledgerId: string
  readonly version: Version
  /** The version that the ledger began with. No stamp of this ledger is older. */
  readonly birth: Version
  /** The instant at which the ledger was called. The view contains everything that was acknowledged before it. */
  readonly calledAtMs: number
  /** The instant up to which the view contains everything that was committed to the database (FRESHNESS: marks); 0 if none is proved. */
  readonly provedAtMs: number
  /** How the workspace is answered. A change of it is in every view that the ledger was called for after it confirmed the change. */
  readonly rollout: RolloutState
  /** The version that last moved a tag; 0 if none did since the ledger's birth. */
  movedAt(tag: Tag): Version
  /** Whether a tag moved past a version, for example the version of an entry's stamp. */
  hasMovedPast(tag: Tag, version: Version): boolean
}

/**
 * How current a view must be. `bounded`: no older than the staleness bound. `now`: from a call of the ledger that starts after the
 * demand. `at-least`: within the bound and at this version or a newer one. A named version must exist.
 */
export type Demand =
  | { readonly kind: 'bounded' }
  | { readonly kind: 'now'; readonly version?: Version }
  | { readonly kind: 'at-least'; readonly version: Version }

/** The ledger did not answer in time. The last known view, however old, may still show that an entry moved. */
interface Unproven {
  readonly last: View | null
}

/** A view as current as demanded, by which a read is judged; or the failure to get one. */
export type Proof = Result<View, Unproven>

export interface Views {
  /** The isolate's view of a workspace, as current as demanded. Never rejects. */
  current(
    workspaceId: WorkspaceId,
    demand: Demand,
    keepAlive: (work: Promise<unknown>) => void,
  ): Awaitable<Proof>
  /** The view that `current` would answer without a call; null if it would call the ledger. */
  atHand(workspaceId: WorkspaceId): View | null
  /** The same proof, or a new one if the bound has passed since, because a tier or a load was slow. */
  renewed(
    workspaceId: WorkspaceId,
    proof: Proof,
    keepAlive: (work: Promise<unknown>) => void,
  ): Awaitable<Proof>
}

interface StoredView extends View {
  readonly copy: Copy
  /** The number of the flight that brought the view. It orders calls, which the clock cannot, since it stops between I/O. */
  readonly flightNumber: number
}

/** A call of the ledger on its way, or a read of what another isolate shared. */
interface Flight {
  readonly number: number
  /** Whether the flight may bring another isolate's view. Such a flight cannot meet the demand `now`. */
  readonly mayShare: boolean
  readonly calledAtMs: number
  readonly landed: Promise<void>
}

/** The state of one workspace's view. */
interface ViewState {
  view: StoredView | null
  flight: Flight | null
  flightsStarted: number
  /** The instant at which the ledger last failed to answer; null if its last call succeeded. */
  failedAtMs: number | null
}

interface ViewsOptions {
  readonly ledger: LedgerClient
  readonly clock: Clock
  /** `STALENESS_BOUND_MS`: the age up to which a view is used without a call. With 0 every read calls the ledger. */
  readonly boundMs: number
  /** Where the isolates of a location share their views; null if each isolate calls the ledger itself. */
  readonly shared: SharedViews | null
}

/** A flight whose request was cancelled never lands. Past this age no reader waits for it. */
const flightPatienceMs = 1.5 * limits.ledgerDeadlineMs

export function createViews(options: ViewsOptions): Views {
  return new IsolateViews(options)
}

type KeepAlive = (work: Promise<unknown>) => void

class IsolateViews implements Views {
  private readonly ledger: LedgerClient
  private readonly clock: Clock
  private readonly boundMs: number
  private readonly shared: SharedViews | null
  private readonly states = new LRUCache<WorkspaceId, ViewState>({ max: limits.isolateViewsMax })

  constructor({ ledger, clock, boundMs, shared }: ViewsOptions) {
    this.ledger = ledger
    this.clock = clock
    this.boundMs = boundMs
    this.shared = shared
  }

  current(workspaceId: WorkspaceId, demand: Demand, keepAlive: KeepAlive): Awaitable<Proof> {
    const mustCall = demand.kind === 'now' || this.boundMs === 0
    const view = mustCall ? null : this.youngEnough(workspaceId, this.stateOf(workspaceId), keepAlive)
    const isEnough = view !== null && (demand.kind !== 'at-least' || view.version >= demand.version)
    return isEnough ? ok(view) : this.awaited(workspaceId, demand, keepAlive)
  }

  private async awaited(workspaceId: WorkspaceId, demand: Demand, keepAlive: KeepAlive): Promise<Proof> {
    const state = this.stateOf(workspaceId)
    const mustCall = demand.kind === 'now' || this.boundMs === 0
    let view = mustCall ? null : await this.withinBound(workspaceId, state, keepAlive)
    const isOld = demand.kind === 'at-least' && view !== null && view.version < demand.version
    if (mustCall || isOld) view = await this.calledAfterNow(workspaceId, state, keepAlive)
    return view === null ? err({ last: state.view }) : ok(view)
  }

  atHand(workspaceId: WorkspaceId): View | null {
    const view = this.states.get(workspaceId)?.view ?? null
    return view !== null && view.calledAtMs >= this.clock.now() - this.boundMs && this.boundMs > 0
      ? view
      : null
  }

  renewed(workspaceId: WorkspaceId, proof: Proof, keepAlive: KeepAlive): Awaitable<Proof> {
    // With a bound of 0 the read has called the ledger already. A tier or a load that takes longer than the default bound still
    // makes another call necessary.
    const ageMaxMs = this.boundMs === 0 ? limits.stalenessBoundDefaultMs : this.boundMs
    const isCurrent = !proof.ok || this.clock.now() - proof.value.calledAtMs <= ageMaxMs
    return isCurrent ? proof : this.current(workspaceId, { kind: 'bounded' }, keepAlive)
  }

  /** The view if it is within the bound. From half the bound on it is refreshed behind the read, so that few reads wait. */
  private youngEnough(workspaceId: WorkspaceId, state: ViewState, keepAlive: KeepAlive): StoredView | null {
    const { view } = state
    const oldestMs = this.clock.now() - this.boundMs
    if (view === null || view.calledAtMs < oldestMs) return null
    const isAgeing = view.calledAtMs < oldestMs + this.boundMs / 2
    if (isAgeing && this.underWay(state) === null) this.start(workspaceId, state, true, keepAlive)
    return view
  }

  /** A view no older than the bound. */
  private async withinBound(
    workspaceId: WorkspaceId,
    state: ViewState,
    keepAlive: KeepAlive,
  ): Promise<StoredView | null> {
    const young = this.youngEnough(workspaceId, state, keepAlive)
    if (young !== null) return young
    const oldestMs = this.clock.now() - this.boundMs
    if (state.failedAtMs !== null && state.failedAtMs > oldestMs) return null
    await this.land(this.underWay(state) ?? this.start(workspaceId, state, true, keepAlive))
    return state.view !== null && state.view.calledAtMs >= oldestMs ? state.view : null
  }

  /** A view from a flight that starts after this call. All callers that wait for the flight under way share the next one. */
  private async calledAfterNow(
    workspaceId: WorkspaceId,
    state: ViewState,
    keepAlive: KeepAlive,
  ): Promise<StoredView | null> {
    const calledAfter = state.flightsStarted
    const inTheWay = this.underWay(state)
    if (inTheWay !== null) await this.land(inTheWay)
    if (state.view === null || state.view.flightNumber <= calledAfter) {
      const joinable = this.underWay(state)
      const isLater = joinable !== null && !joinable.mayShare && joinable.number > calledAfter
      await this.land(isLater ? joinable : this.start(workspaceId, state, false, keepAlive))
    }
    return state.view !== null && state.view.flightNumber > calledAfter ? state.view : null
  }

  private start(workspaceId: WorkspaceId, state: ViewState, mayShare: boolean, keepAlive: KeepAlive): Flight {
    state.flightsStarted += 1
    const number = state.flightsStarted
    const refreshed = this.refresh(workspaceId, state, { number, mayShare }, keepAlive)
    const landed = refreshed.finally(() => {
      if (state.flight?.number === number) state.flight = null
    })
    const flight = { number, mayShare, calledAtMs: this.clock.now(), landed }
    state.flight = flight
    keepAlive(landed)
    return flight
  }

  private async refresh(
    workspaceId: WorkspaceId,
    state: ViewState,
    { number, mayShare }: Pick<Flight, 'number' | 'mayShare'>,
    keepAlive: KeepAlive,
  ): Promise<void> {
    if (mayShare && (await this.takeShared(workspaceId, state))) return
    const calledAtMs = this.clock.now()
    const before = state.view
    const answer = await this.ledger.since(workspaceId, before?.ledgerId ?? null, before?.version ?? 0)
    state.failedAtMs = answer.ok ? null : this.clock.now()
    const isOvertaken =
      state.view !== null && (state.view.flightNumber > number || state.view.calledAtMs > calledAtMs)
    if (!answer.ok || isOvertaken) return
    state.view = advanceView(before, answer.value, calledAtMs, number)
    if (this.shared !== null && this.boundMs > 0) {
      keepAlive(this.shared.write(workspaceId, shareable(state.view)))
    }
  }

  /** Uses the view that another isolate of the location shared, if it is young enough and continues the view known here. */
  private async takeShared(workspaceId: WorkspaceId, state: ViewState): Promise<boolean> {
    if (this.shared === null || state.view === null) return false
    const shared = await this.shared.read(workspaceId)
    const before = state.view
    if (shared === null || before === null) return false
    // The instant is from another machine's clock. The tolerated difference counts as age. A larger one lies in the future and is
    // refused.
    const calledAtMs = shared.calledAtMs - limits.locationClockSkewMs
    const nowMs = this.clock.now()
    const isYoung = calledAtMs >= nowMs - this.boundMs / 2 && calledAtMs <= nowMs
    const fits =
      shared.ledgerId === before.ledgerId &&
      shared.since <= before.version &&
      shared.version >= before.version &&
      calledAtMs > before.calledAtMs
    if (!isYoung || !fits) return false
    const changes = { ...shared, moved: movedOf(shared.changes) }
    state.view = advanceView(before, changes, calledAtMs, before.flightNumber)
    return true
  }

  private underWay({ flight }: ViewState): Flight | null {
    return flight !== null && this.clock.now() - flight.calledAtMs < flightPatienceMs ? flight : null
  }

  private land(flight: Flight): Promise<void> {
    return joinWork(this.clock, flightPatienceMs, flight.landed, undefined)
  }

  private stateOf(workspaceId: WorkspaceId): ViewState {
    const known = this.states.get(workspaceId)
    if (known !== undefined) return known
    const state: ViewState = { view: null, flight: null, flightsStarted: 0, failedAtMs: null }
    this.states.set(workspaceId, state)
    return state
  }
}

function advanceView(
  before: StoredView | null,
  changes: LedgerChanges,
  calledAtMs: number,
  flightNumber: number,
): StoredView {
  const copy = advanceCopy(before?.copy ?? null, changes)
  const { ledgerId, birth, version } = copy
  // The view contains all that a former view of the same ledger contained. A restored database's ledger proves from its own beginning.
  const provedBefore = before?.ledgerId === ledgerId ? before.provedAtMs : 0
  const provedAtMs = Math.max(provedBefore, changes.provedAtMs ?? 0)
  return {
    ...{ ledgerId, birth, version, calledAtMs, provedAtMs, flightNumber, copy },
    rollout: changes.rollout ?? 'on',
    movedAt: (tag) => movedAt(copy, tag),
    hasMovedPast: (tag, stamped) => hasMovedPast(copy, tag, stamped),
  }
}

function shareable({ copy, calledAtMs, provedAtMs, rollout }: StoredView): SharedChanges {
  const { ledgerId, birth, version, recentSince } = copy
  const changes = recentChanges(copy)
  const shared = { ledgerId, birth, version, since: recentSince, changes, calledAtMs, provedAtMs }
  return rollout === 'on' ? shared : { ...shared, rollout }
}
