import type { Figures } from '../../../../worker/deployment/metrics/figures.ts'
import type { Reading } from '../../../../worker/deployment/metrics/metrics-client.ts'
import { totalsOf } from '../../../../worker/deployment/metrics/totals.ts'
import type { CacheEvent } from '../../../../worker/events.ts'

/** The reading that the overview gives of these events, or that of an isolate while the overview is out of reach. */
export function readingOf(events: Iterable<CacheEvent>, more: Partial<Figures> | null = {}): Reading {
  const totals = totalsOf(events)
  if (more === null) return { ...totals, isComplete: false, figures: null }
  const figures = {
    ...{ atMs: 0, totals, gauges: {}, labelledGauges: {}, shards: 1, shardsAway: 0, origin: null },
    ...more,
  }
  return { ...totals, isComplete: true, figures }
}
