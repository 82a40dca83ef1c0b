import type { Histogram } from '../metrics/histogram.ts'
import type { Totals } from '../metrics/totals.ts'

/**
 * What was counted between two states of one growing sum; exact, since all of it is whole numbers. What does not add up, as
 * after a loss of the sum, counts as nothing.
 */
export function totalsSince(later: Totals, earlier: Totals): Totals {
  const counters: Record<string, number> = {}
  for (const [series, value] of Object.entries(later.counters)) {
    const grown = value - (earlier.counters[series] ?? 0)
    if (grown > 0) counters[series] = grown
  }
  const durations: Record<string, Histogram> = {}
  for (const [series, histogram] of Object.entries(later.durations)) {
    const before = earlier.durations[series]
    const grown = before === undefined ? histogram : histogramSince(histogram, before)
    if (grown.count > 0) durations[series] = grown
  }
  return { counters, durations }
}

function histogramSince(later: Histogram, earlier: Histogram): Histogram {
  const buckets: Record<string, number> = {}
  for (const [bucket, count] of Object.entries(later.buckets)) {
    const grown = count - (earlier.buckets[bucket] ?? 0)
    if (grown > 0) buckets[bucket] = grown
  }
  const zeros = Math.max(0, later.zeros - earlier.zeros)
  return {
    // Counted from the parts, so that quantiles always find what the count promises.
    count: Object.values(buckets).reduce((sum, count) => sum + count, zeros),
    sumMicroseconds: Math.max(0, later.sumMicroseconds - earlier.sumMicroseconds),
    zeros,
    buckets,
  }
}
