import { LRUCache } from 'lru-cache'
import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import type { Version, WorkspaceId } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { Tag } from '../../shared/tags/tags.ts'
import type { LedgerClient } from './ledger-client.ts'
import type { Copy, Told } from './moved-tags.ts'
import { advanceCopy, hasMovedPast, movedAt, movedOf, recentChanges } from './moved-tags.ts'
import type { SharedChanges, SharedViews } from './shared-views.ts'

/** An isolate's copy of a ledger, as of `calledAtMs`. Immutable. */
export interface View {
  readonly ledgerId: string
  readonly version: Version
  /** The version that the ledger began with: stamps of this ledger are no older. */
  readonly birth: Version
  /** When the question was sent: what was acknowledged before then is in it, whenever the answer came. */
  readonly calledAtMs: number
  /** The version that last moved a tag; 0 if none did since the ledger's birth. */
  movedAt(tag: Tag): Version
  /** Whether a tag moved past the version that something was read under. */
  hasMovedPast(tag: Tag, version: Version): boolean
}

/**
 * How current a view must be: no older than the bound; asked after now; or at least at a version the caller knows
 * of. A version that is named must exist.
 */
export type Demand =
  | { readonly kind: 'bounded' }
  | { readonly kind: 'now'; readonly version?: Version }
  | { readonly kind: 'at-least'; readonly version: Version }

/** The ledger could not be asked in time. What was last known, however old, may still tell that an entry moved. */
interface Unproven {
  readonly last: View | null
}

/** What a read is judged by: a view as current as demanded, or none. */
export type Proof = Result<View, Unproven>

export interface Views {
  /** The isolate's view of a workspace, as current as demanded. Never rejects. */
  current(
    workspaceId: WorkspaceId,
    demand: Demand,
    keepAlive: (work: Promise<unknown>) => void,
  ): Promise<Proof>
  /** The view that `current` would answer at once; null where it would ask. */
  atHand(workspaceId: WorkspaceId): View | null
  /** The same proof, asked for again where a slow tier or load outlasted the bound. */
  renewed(workspaceId: WorkspaceId, proof: Proof, keepAlive: (work: Promise<unknown>) => void): Promise<Proof>
}

interface StoredView extends View {
  readonly copy: Copy
  /** Number of the flight that brought it: tells what was asked after what, which a standing clock cannot. */
  readonly flightNumber: number
}

interface Flight {
  readonly number: number
  /** Whether it may bring what another isolate was told: then it proves nothing of what was asked after now. */
  readonly mayShare: boolean
  readonly calledAtMs: number
  readonly landed: Promise<void>
}

interface Slot {
  view: StoredView | null
  flight: Flight | null
  flightsStarted: number
  /** When the ledger last failed to answer. */
  failedAtMs: number | null
}

interface ViewsOptions {
  readonly ledger: LedgerClient
  readonly clock: Clock
  /** `STALENESS_BOUND_MS`: the age up to which a view is used without asking; 0 asks on every read. */
  readonly boundMs: number
  /** Where the location's isolates share their views; null: each asks for itself. */
  readonly shared: SharedViews | null
}

/** A flight whose request was cancelled never lands; past this age nobody waits for it. */
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
  private readonly slots = new LRUCache<WorkspaceId, Slot>({ max: limits.isolateViewsMax })

  constructor({ ledger, clock, boundMs, shared }: ViewsOptions) {
    this.ledger = ledger
    this.clock = clock
    this.boundMs = boundMs
    this.shared = shared
  }

  async current(workspaceId: WorkspaceId, demand: Demand, keepAlive: KeepAlive): Promise<Proof> {
    const slot = this.slotOf(workspaceId)
    const mustCall = demand.kind === 'now' || this.boundMs === 0
    let view = mustCall ? null : await this.withinBound(workspaceId, slot, keepAlive)
    const isOld = demand.kind === 'at-least' && view !== null && view.version < demand.version
    if (mustCall || isOld) view = await this.calledAfterNow(workspaceId, slot, keepAlive)
    return view === null ? err({ last: slot.view }) : ok(view)
  }

  atHand(workspaceId: WorkspaceId): View | null {
    const view = this.slots.get(workspaceId)?.view ?? null
    return view !== null && view.calledAtMs >= this.clock.now() - this.boundMs && this.boundMs > 0
      ? view
      : null
  }

  async renewed(workspaceId: WorkspaceId, proof: Proof, keepAlive: KeepAlive): Promise<Proof> {
    // With a bound of 0 the read has asked for itself already; what outlasts that is judged anew all the same.
    const ageMaxMs = this.boundMs === 0 ? limits.stalenessBoundDefaultMs : this.boundMs
    const isCurrent = !proof.ok || this.clock.now() - proof.value.calledAtMs <= ageMaxMs
    return isCurrent ? proof : this.current(workspaceId, { kind: 'bounded' }, keepAlive)
  }

  /** A view no older than the bound. Asked again in the background from half the bound on, so few reads wait. */
  private async withinBound(
    workspaceId: WorkspaceId,
    slot: Slot,
    keepAlive: KeepAlive,
  ): Promise<StoredView | null> {
    const oldestMs = this.clock.now() - this.boundMs
    if (slot.view !== null && slot.view.calledAtMs >= oldestMs) {
      const isAgeing = slot.view.calledAtMs < oldestMs + this.boundMs / 2
      if (isAgeing && this.underWay(slot) === null) this.start(workspaceId, slot, true, keepAlive)
      return slot.view
    }
    if (slot.failedAtMs !== null && slot.failedAtMs > oldestMs) return null
    await this.land(this.underWay(slot) ?? this.start(workspaceId, slot, true, keepAlive))
    return slot.view !== null && slot.view.calledAtMs >= oldestMs ? slot.view : null
  }

  /** A view that answers a question sent after the call. Whoever waits for the flight under way shares the next. */
  private async calledAfterNow(
    workspaceId: WorkspaceId,
    slot: Slot,
    keepAlive: KeepAlive,
  ): Promise<StoredView | null> {
    const calledAfter = slot.flightsStarted
    const inTheWay = this.underWay(slot)
    if (inTheWay !== null) await this.land(inTheWay)
    if (slot.view === null || slot.view.flightNumber <= calledAfter) {
      const joinable = this.underWay(slot)
      const isLater = joinable !== null && !joinable.mayShare && joinable.number > calledAfter
      await this.land(isLater ? joinable : this.start(workspaceId, slot, false, keepAlive))
    }
    return slot.view !== null && slot.view.flightNumber > calledAfter ? slot.view : null
  }

  private start(workspaceId: WorkspaceId, slot: Slot, mayShare: boolean, keepAlive: KeepAlive): Flight {
    slot.flightsStarted += 1
    const number = slot.flightsStarted
    const refreshed = this.refresh(workspaceId, slot, { number, mayShare }, keepAlive)
    const landed = refreshed.finally(() => {
      if (slot.flight?.number === number) slot.flight = null
    })
    const flight = { number, mayShare, calledAtMs: this.clock.now(), landed }
    slot.flight = flight
    keepAlive(landed)
    return flight
  }

  private async refresh(
    workspaceId: WorkspaceId,
    slot: Slot,
    { number, mayShare }: Pick<Flight, 'number' | 'mayShare'>,
    keepAlive: KeepAlive,
  ): Promise<void> {
    if (mayShare && (await this.takeShared(workspaceId, slot))) return
    const calledAtMs = this.clock.now()
    const before = slot.view
    const answer = await this.ledger.since(workspaceId, before?.ledgerId ?? null, before?.version ?? 0)
    slot.failedAtMs = answer.ok ? null : this.clock.now()
    const isOvertaken =
      slot.view !== null && (slot.view.flightNumber > number || slot.view.calledAtMs > calledAtMs)
    if (!answer.ok || isOvertaken) return
    slot.view = advanceView(before, answer.value, calledAtMs, number)
    if (this.shared !== null && this.boundMs > 0) {
      keepAlive(this.shared.write(workspaceId, shareable(slot.view)))
    }
  }

  /** Takes what another isolate of the location was told, where it is young enough and fits on what is known here. */
  private async takeShared(workspaceId: WorkspaceId, slot: Slot): Promise<boolean> {
    if (this.shared === null || slot.view === null) return false
    const shared = await this.shared.read(workspaceId)
    const before = slot.view
    if (shared === null || before === null) return false
    // Another machine's clock: the difference that is tolerated counts as age, and a larger one shows as the future.
    const calledAtMs = shared.calledAtMs - limits.locationClockSkewMs
    const nowMs = this.clock.now()
    const isYoung = calledAtMs >= nowMs - this.boundMs / 2 && calledAtMs <= nowMs
    const fits =
      shared.ledgerId === before.ledgerId &&
      shared.since <= before.version &&
      shared.version >= before.version &&
      calledAtMs > before.calledAtMs
    if (!isYoung || !fits) return false
    const told = { ...shared, moved: movedOf(shared.changes) }
    slot.view = advanceView(before, told, calledAtMs, before.flightNumber)
    return true
  }

  private underWay({ flight }: Slot): Flight | null {
    return flight !== null && this.clock.now() - flight.calledAtMs < flightPatienceMs ? flight : null
  }

  private land(flight: Flight): Promise<void> {
    return withinDeadline(this.clock, flightPatienceMs, () => flight.landed, undefined)
  }

  private slotOf(workspaceId: WorkspaceId): Slot {
    const known = this.slots.get(workspaceId)
    if (known !== undefined) return known
    const slot: Slot = { view: null, flight: null, flightsStarted: 0, failedAtMs: null }
    this.slots.set(workspaceId, slot)
    return slot
  }
}

function advanceView(
  before: StoredView | null,
  told: Told,
  calledAtMs: number,
  flightNumber: number,
): StoredView {
  const copy = advanceCopy(before?.copy ?? null, told)
  const { ledgerId, birth, version } = copy
  return {
    ...{ ledgerId, birth, version, calledAtMs, flightNumber, copy },
    movedAt: (tag) => movedAt(copy, tag),
    hasMovedPast: (tag, stamped) => hasMovedPast(copy, tag, stamped),
  }
}

function shareable({ copy, calledAtMs }: StoredView): SharedChanges {
  const { ledgerId, birth, version, recentSince } = copy
  return { ledgerId, birth, version, since: recentSince, changes: recentChanges(copy), calledAtMs }
}
