import type { HistoryReport } from '../../../../shared/contract/figures.ts'
import { bySource } from '../../../../shared/contract/tier-names.ts'
import type { Span } from './history.ts'
import type { PlotWindow } from './plot-range.ts'

export const hourMs = 3_600_000
const minuteMs = 60_000

/** Hours as spans of a plot. Their percentiles are those of all reads of the hour. The running hour has the length that it has so far. */
export function spansOfHours({ hours, to_ms }: Pick<HistoryReport, 'hours' | 'to_ms'>): Span[] {
  return hours.at_ms.map((atMs, index) => {
    const requests = hours.requests[index] ?? 0
    return {
      atMs,
      seconds: Math.min(hourMs, Math.max(minuteMs, to_ms - atMs)) / 1_000,
      requests,
      errors: hours.errors[index] ?? 0,
      clientErrors: hours.client_errors[index] ?? 0,
      hitRate: requests === 0 ? null : (hours.hits[index] ?? 0) / requests,
      p50Ms: hours.p50_ms[index] ?? null,
      p95Ms: hours.p95_ms[index] ?? null,
      p99Ms: hours.p99_ms[index] ?? null,
      sources: bySource((source) => hours.sources[source][index] ?? 0),
    }
  })
}

/** The hours that overlap a window. */
export function spansWithin(spans: readonly Span[], { fromMs, toMs }: PlotWindow): Span[] {
  return spans.filter(({ atMs }) => atMs + hourMs > fromMs && atMs <= toMs)
}

/** How many hours the API has to be asked for, so that the answer reaches back to an instant. */
export function hoursBackTo(fromMs: number, nowMs: number, hoursMax: number): number {
  const hours = Math.floor(nowMs / hourMs) - Math.floor(fromMs / hourMs) + 1
  return Math.min(Math.max(hours, 1), hoursMax)
}
