import { z } from 'zod'
import type { CacheEvent } from '../../events.ts'
import type { CounterFamily, DurationFamily } from './families.ts'
import { unserved } from './families.ts'
import type { Histogram } from './histogram.ts'
import { createHistogram, mergeHistograms, subtractCounts, subtractHistograms } from './histogram.ts'
import { SeriesMap } from './series-map.ts'

/**
 * Sums of events, as plain data for RPC and storage. The keys are series (`family label label…`), so that one version
 * of the Worker can read and add to the sums of another.
 */
export interface Totals {
  readonly counters: Readonly<Record<string, number>>
  readonly durations: Readonly<Record<string, Histogram>>
}

const count = z.int().nonnegative()

/** Checks totals that were read from storage. */
export const totalsSchema: z.ZodType<Totals> = z.object({
  counters: z.record(z.string(), count),
  durations: z.record(
    z.string(),
    z.object({
      count,
      sumMicroseconds: count,
      zeros: count,
      buckets: z.record(z.string().regex(/^\d{1,3}$/), count),
    }),
  ),
})

export function emptyTotals(): Totals {
  return { counters: {}, durations: {} }
}

export function isEmpty(totals: Totals): boolean {
  return Object.keys(totals.counters).length === 0 && Object.keys(totals.durations).length === 0
}

/** The sum of both. Exactly associative and commutative. */
export function mergeTotals(left: Totals, right: Totals): Totals {
  const counters: Record<string, number> = { ...left.counters }
  for (const [series, value] of Object.entries(right.counters)) {
    counters[series] = (counters[series] ?? 0) + value
  }
  const durations: Record<string, Histogram> = { ...left.durations }
  for (const [series, histogram] of Object.entries(right.durations)) {
    const known = durations[series]
    durations[series] = known === undefined ? histogram : mergeHistograms(known, histogram)
  }
  return { counters, durations }
}

/** The difference that was added to `earlier` to make `later`; empty where `later` has no more than `earlier`. */
export function subtractTotals(later: Totals, earlier: Totals): Totals {
  const durations: Record<string, Histogram> = {}
  for (const [series, histogram] of Object.entries(later.durations)) {
    const known = earlier.durations[series]
    const more = known === undefined ? histogram : subtractHistograms(histogram, known)
    if (more.count > 0) durations[series] = more
  }
  return { counters: subtractCounts(later.counters, earlier.counters), durations }
}

/** A sum to which one event at a time is added. */
export interface Tally {
  count(event: CacheEvent): void
  /** Everything counted so far. The tally continues from there. */
  totals(): Totals
  isEmpty(): boolean
}

export function createTally(): Tally {
  const counters = new SeriesMap(() => ({ sum: 0 }))
  const durations = new SeriesMap(createHistogram)

  function add(family: CounterFamily, labels: readonly string[], amount = 1): void {
    counters.at(family, labels).sum += amount
  }
  function time(family: DurationFamily, labels: readonly string[], durationMs: number): void {
    durations.at(family, labels).add(durationMs)
  }

  return {
    count: (event) => countEvent(event, add, time),
    totals: () => ({
      counters: counters.read(({ sum }) => sum),
      durations: durations.read((growing) => growing.histogram()),
    }),
    isEmpty: () => counters.isEmpty && durations.isEmpty,
  }
}

/** The sum of a list of events. */
export function totalsOf(events: Iterable<CacheEvent>): Totals {
  const tally = createTally()
  for (const event of events) tally.count(event)
  return tally.totals()
}

function countEvent(
  event: CacheEvent,
  add: (family: CounterFamily, labels: readonly string[], amount?: number) => void,
  time: (family: DurationFamily, labels: readonly string[], durationMs: number) => void,
): void {
  switch (event.kind) {
    case 'request':
      add('http_requests', [event.method, event.route, String(event.httpStatus)])
      time('http_request', [event.route], event.durationMs)
      return
    case 'read': {
      const { status, source } = event.served ?? { status: unserved, source: unserved }
      add('reads', [event.resource, String(event.httpStatus), status, source])
      time('read', [event.resource, source], event.durationMs)
      if (event.viewAgeMs !== undefined) time('view_age', [], event.viewAgeMs)
      return
    }
    case 'tier-get':
      add('tier_gets', [event.tier, event.outcome])
      // A tier that was not called took no time. Counting zeros would hide how long real calls take.
      if (event.outcome !== 'breaker-open') time('tier_get', [event.tier], event.durationMs)
      return
    case 'tier-put':
      add('tier_puts', [event.tier, event.outcome])
      return
    case 'entry-stored':
      add('entries_stored', [event.tier, event.cause])
      add('stored_bytes', [event.tier, event.cause], event.bodyBytes)
      return
    case 'unreadable-entry':
      add('unreadable_entries', [event.tier])
      return
    case 'eviction':
      add('tier_evictions', [event.tier])
      return
    case 'breaker':
    case 'region':
      countCircuit(event, add)
      return
    case 'ledger':
      add('ledger_calls', [event.call, event.outcome])
      time('ledger_call', [event.call], event.durationMs)
      return
    case 'origin':
      add('origin_calls', [event.outcome])
      time('origin_call', [], event.durationMs)
      return
    case 'consistency':
    case 'shadow':
      countComparison(event, add, time)
      return
    case 'invalidation':
      add('invalidation_events', [], event.events)
      add('invalidation_tags', [], event.tags)
      return
    case 'call-answered':
      add('calls_answered', [event.contextSource])
      return
    case 'mail':
      add('mails', [event.way, event.result])
      time('mail', [event.result], event.durationMs)
      return
    case 'rate-limited':
      add('rate_limited', [event.scope, event.outcome])
      return
    default:
      countRest(event, add)
  }
}

/** Counts what became of a circuit breaker, and where a call went that one may have turned away. */
function countCircuit(
  event: Extract<CacheEvent, { kind: 'breaker' | 'region' }>,
  add: (family: CounterFamily, labels: readonly string[]) => void,
): void {
  if (event.kind === 'breaker') add('breaker_changes', [event.tier, event.side, event.state])
  else add('region_calls', [event.region, event.part, event.outcome])
}

type Comparison = Extract<CacheEvent, { kind: 'consistency' | 'shadow' }>

function countComparison(
  event: Comparison,
  add: (family: CounterFamily, labels: readonly string[]) => void,
  time: (family: DurationFamily, labels: readonly string[], durationMs: number) => void,
): void {
  if (event.kind === 'shadow') {
    add('shadow_comparisons', [event.resource, event.outcome])
    if (event.savedMs !== undefined) time('shadow_saved', [event.resource], event.savedMs)
    return
  }
  add('consistency_checks', [event.outcome])
  if (event.outcome === 'violated') add('consistency_violations', [])
  if (event.staleMs !== undefined) time('staleness', [event.outcome], event.staleMs)
}

type RestEvent = Extract<CacheEvent, { kind: `live-${string}` | 'load-ahead' }>

function countRest(event: RestEvent, add: (family: CounterFamily, labels: readonly string[]) => void): void {
  switch (event.kind) {
    case 'load-ahead':
      add('loads_ahead', [event.why, event.outcome])
      return
    case 'live-connect':
      add('live_connects', [event.outcome])
      return
    case 'live-frame':
      add('live_frames', [event.frame])
      return
    case 'live-load':
      add('live_loads', [event.outcome])
      return
    case 'live-close':
      add('live_closes', [event.reason])
  }
}
