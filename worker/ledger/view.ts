import { LRUCache } from 'lru-cache'
import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import type { Version, WorkspaceId } from '../../shared/ids.ts'
import { versionZero } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { Tag } from '../../shared/tags.ts'
import type { LedgerClient } from './client.ts'
import type { LedgerChanges } from './contract.ts'

/** An isolate's copy of a ledger, as of `askedAtMs`. Immutable. */
export interface View {
  readonly ledgerId: string
  readonly version: Version
  readonly floor: Version
  /** When the question was sent: what was acknowledged before then is in it, whenever the answer came. */
  readonly askedAtMs: number
  /** The version that last moved a tag; 0 if none did since the floor. */
  movedAt(tag: Tag): Version
}

/**
 * How current a view must be: no older than the bound; asked after now; or at least at a version the caller knows
 * of.
 */
export type Demand = { kind: 'bounded' } | { kind: 'now' } | { kind: 'at-least'; version: Version }

/** The ledger could not be asked in time. What was last known, however old, may still tell that an entry moved. */
export interface Unproven {
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
  /** The same proof, asked for again where a slow tier or load outlasted the bound. */
  renewed(workspaceId: WorkspaceId, proof: Proof, keepAlive: (work: Promise<unknown>) => void): Promise<Proof>
}

interface StoredView extends View {
  readonly moved: ReadonlyMap<Tag, Version>
  /** Number of the flight that brought it: tells what was asked after what, which a standing clock cannot. */
  readonly flightNumber: number
}

interface Flight {
  readonly number: number
  readonly askedAtMs: number
  readonly landed: Promise<void>
}

interface Slot {
  view: StoredView | null
  flight: Flight | null
  flightsStarted: number
  /** When the ledger last failed to answer. */
  failedAtMs: number | null
}

export interface ViewsOptions {
  readonly ledger: LedgerClient
  readonly clock: Clock
  /** `STALENESS_BOUND_MS`: the age up to which a view is used without asking; 0 asks on every read. */
  readonly boundMs: number
}

/** A flight whose request was cancelled never lands; past this age nobody waits for it. */
const flightPatienceMs = 1.5 * limits.ledgerDeadlineMs

export function createViews({ ledger, clock, boundMs }: ViewsOptions): Views {
  const slots = new LRUCache<WorkspaceId, Slot>({ max: limits.isolateViewsMax })

  function slotOf(workspaceId: WorkspaceId): Slot {
    const known = slots.get(workspaceId)
    if (known !== undefined) return known
    const slot: Slot = { view: null, flight: null, flightsStarted: 0, failedAtMs: null }
    slots.set(workspaceId, slot)
    return slot
  }

  async function refresh(workspaceId: WorkspaceId, slot: Slot, flightNumber: number): Promise<void> {
    const askedAtMs = clock.now()
    const before = slot.view
    const answer = await ledger.since(workspaceId, before?.ledgerId ?? null, before?.version ?? 0)
    slot.failedAtMs = answer.ok ? null : clock.now()
    if (!answer.ok || (slot.view !== null && slot.view.flightNumber > flightNumber)) return
    slot.view = advanceView(before, answer.value, askedAtMs, flightNumber)
  }

  function underWay(slot: Slot): Flight | null {
    const { flight } = slot
    return flight !== null && clock.now() - flight.askedAtMs < flightPatienceMs ? flight : null
  }

  function start(workspaceId: WorkspaceId, slot: Slot, keepAlive: (work: Promise<unknown>) => void): Flight {
    slot.flightsStarted += 1
    const number = slot.flightsStarted
    const landed = refresh(workspaceId, slot, number).finally(() => {
      if (slot.flight?.number === number) slot.flight = null
    })
    const flight = { number, askedAtMs: clock.now(), landed }
    slot.flight = flight
    keepAlive(landed)
    return flight
  }

  function land(flight: Flight): Promise<void> {
    return withinDeadline(clock, flightPatienceMs, () => flight.landed, undefined)
  }

  /** A view that answers a question sent after the call. Whoever waits for the flight under way shares the next. */
  async function askedAfterNow(
    workspaceId: WorkspaceId,
    slot: Slot,
    keepAlive: (work: Promise<unknown>) => void,
  ): Promise<StoredView | null> {
    const calledAfter = slot.flightsStarted
    const inTheWay = underWay(slot)
    if (inTheWay !== null) await land(inTheWay)
    if (slot.view === null || slot.view.flightNumber <= calledAfter) {
      const joinable = underWay(slot)
      const isLater = joinable !== null && joinable.number > calledAfter
      await land(isLater ? joinable : start(workspaceId, slot, keepAlive))
    }
    return slot.view !== null && slot.view.flightNumber > calledAfter ? slot.view : null
  }

  /** A view no older than the bound. Asked again in the background from half the bound on, so few reads wait. */
  async function withinBound(
    workspaceId: WorkspaceId,
    slot: Slot,
    keepAlive: (work: Promise<unknown>) => void,
  ): Promise<StoredView | null> {
    const oldestMs = clock.now() - boundMs
    if (slot.view !== null && slot.view.askedAtMs >= oldestMs) {
      const isAgeing = slot.view.askedAtMs < oldestMs + boundMs / 2
      if (isAgeing && underWay(slot) === null) start(workspaceId, slot, keepAlive)
      return slot.view
    }
    if (slot.failedAtMs !== null && slot.failedAtMs > oldestMs) return null
    await land(underWay(slot) ?? start(workspaceId, slot, keepAlive))
    return slot.view !== null && slot.view.askedAtMs >= oldestMs ? slot.view : null
  }

  async function current(
    workspaceId: WorkspaceId,
    demand: Demand,
    keepAlive: (work: Promise<unknown>) => void,
  ): Promise<Proof> {
    const slot = slotOf(workspaceId)
    const mustAsk = demand.kind === 'now' || boundMs === 0
    let view = mustAsk ? null : await withinBound(workspaceId, slot, keepAlive)
    const isOld = demand.kind === 'at-least' && view !== null && view.version < demand.version
    if (mustAsk || isOld) view = await askedAfterNow(workspaceId, slot, keepAlive)
    return view === null ? err({ last: slot.view }) : ok(view)
  }

  return {
    current,
    async renewed(workspaceId, proof, keepAlive) {
      const isCurrent = !proof.ok || boundMs === 0 || clock.now() - proof.value.askedAtMs <= boundMs
      return isCurrent ? proof : current(workspaceId, { kind: 'bounded' }, keepAlive)
    },
  }
}

function advanceView(
  before: StoredView | null,
  answer: LedgerChanges,
  askedAtMs: number,
  flightNumber: number,
): StoredView {
  const isSameLedger = before?.ledgerId === answer.ledgerId
  const moved = new Map(isSameLedger ? before.moved : [])
  for (const { tag, version } of answer.changes) moved.set(tag, version)
  const floor = isSameLedger && before.floor > answer.floor ? before.floor : answer.floor
  const kept = within(moved, floor)
  return {
    ledgerId: answer.ledgerId,
    version: answer.version,
    floor: kept.floor,
    askedAtMs,
    flightNumber,
    moved: kept.moved,
    movedAt: (tag) => kept.moved.get(tag) ?? versionZero,
  }
}

/** Keeps a view as bounded as its ledger: the tags that moved longest ago go, and the floor rises to them. */
function within(moved: Map<Tag, Version>, floor: Version): { moved: Map<Tag, Version>; floor: Version } {
  if (moved.size <= limits.ledgerTagsMax) return { moved, floor }
  const newestFirst = [...moved].sort((a, b) => b[1] - a[1])
  const keep = limits.ledgerTagsMax - Math.floor(limits.ledgerTagsMax / 10)
  const newestDropped = newestFirst[keep]?.[1] ?? floor
  return {
    moved: new Map(newestFirst.filter(([, version]) => version > newestDropped)),
    floor: newestDropped > floor ? newestDropped : floor,
  }
}
