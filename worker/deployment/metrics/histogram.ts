/**
 * A log-scaled histogram of durations: it has a bounded number of buckets for any number of values, and its quantiles
 * are within 2 % (Masson, Rim, Lee: "DDSketch", VLDB 2019, with a fixed scale so that any two can be merged). It is
 * plain data, so it survives JSON and RPC. All sums are integers, so the order of merging does not matter.
 */
export interface Histogram {
  readonly count: number
  /** Sum of the values, in microseconds. */
  readonly sumMicroseconds: number
  /** Values too small to be distinguished from zero. */
  readonly zeros: number
  /** How many values fell into each bucket; keys are whole numbers from 0. */
  readonly buckets: Readonly<Record<string, number>>
}

/** The promised relative error, and the ratio between neighbouring bounds that keeps it with room for rounding. */
export const relativeErrorMax = 0.02
const growth = (1 + 0.0199) / (1 - 0.0199)
const growthLog = Math.log(growth)

/** Shorter durations count as zero: a clock of whole milliseconds does not see them. */
export const durationMinMs = 0.001
/** Longer durations count as this one. Together with the minimum this bounds the buckets at about 640. */
export const durationMaxMs = 86_400_000

export function emptyHistogram(): Histogram {
  return { count: 0, sumMicroseconds: 0, zeros: 0, buckets: {} }
}

/** A histogram that is built one duration at a time. */
interface GrowingHistogram {
  /** NaN is ignored. A negative duration, from a clock that went back, counts as zero. */
  add(durationMs: number): void
  /** The histogram of everything added so far. */
  histogram(): Histogram
}

export function createHistogram(): GrowingHistogram {
  const buckets = new Map<number, number>()
  let [count, sumMicroseconds, zeros] = [0, 0, 0]
  return {
    add(durationMs) {
      if (Number.isNaN(durationMs)) return
      const boundedMs = Math.min(Math.max(durationMs, 0), durationMaxMs)
      count += 1
      sumMicroseconds += Math.round(boundedMs * 1000)
      if (boundedMs < durationMinMs) {
        zeros += 1
        return
      }
      const bucket = bucketOf(boundedMs)
      buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1)
    },
    histogram: () => ({ count, sumMicroseconds, zeros, buckets: Object.fromEntries(buckets) }),
  }
}

/** A histogram of the values of both. */
export function mergeHistograms(left: Histogram, right: Histogram): Histogram {
  const buckets: Record<string, number> = { ...left.buckets }
  for (const [bucket, count] of Object.entries(right.buckets)) {
    buckets[bucket] = (buckets[bucket] ?? 0) + count
  }
  return {
    count: left.count + right.count,
    sumMicroseconds: left.sumMicroseconds + right.sumMicroseconds,
    zeros: left.zeros + right.zeros,
    buckets,
  }
}

/** The values of `later` that were added after `earlier`, which is an older state of the same histogram. */
export function subtractHistograms(later: Histogram, earlier: Histogram): Histogram {
  return {
    count: Math.max(0, later.count - earlier.count),
    sumMicroseconds: Math.max(0, later.sumMicroseconds - earlier.sumMicroseconds),
    zeros: Math.max(0, later.zeros - earlier.zeros),
    buckets: subtractCounts(later.buckets, earlier.buckets),
  }
}

/** By how much each count grew. */
export function subtractCounts(
  later: Readonly<Record<string, number>>,
  earlier: Readonly<Record<string, number>>,
): Record<string, number> {
  const more: Record<string, number> = {}
  for (const [name, count] of Object.entries(later)) {
    const grown = count - (earlier[name] ?? 0)
    if (grown > 0) more[name] = grown
  }
  return more
}

/**
 * The duration in milliseconds that `fraction` of all values do not exceed (nearest rank); 0 if there are no values.
 */
export function quantileMs(histogram: Histogram, fraction: number): number {
  const rank = Math.max(1, Math.ceil(fraction * histogram.count))
  let seen = histogram.zeros
  if (histogram.count === 0 || seen >= rank) return 0
  for (const [bucket, count] of ascending(histogram)) {
    seen += count
    if (seen >= rank) return middleMs(bucket)
  }
  throw new Error('quantileMs: the buckets hold fewer values than the count')
}

export function averageMs(histogram: Histogram): number {
  return histogram.count === 0 ? 0 : histogram.sumMicroseconds / 1000 / histogram.count
}

/** How many values do not exceed the upper bound of the bucket that contains `boundMs`. */
export function countUpTo(histogram: Histogram, boundMs: number): number {
  const last = bucketOf(boundMs)
  let seen = histogram.zeros
  for (const [bucket, count] of ascending(histogram)) {
    if (bucket <= last) seen += count
  }
  return seen
}

/** The upper bound, in milliseconds, of the bucket that contains `durationMs`. */
export function upperBoundMs(durationMs: number): number {
  return durationMinMs * growth ** bucketOf(durationMs)
}

/** Bucket n contains durations above the bound of n − 1 and up to durationMinMs × growth ** n. */
function bucketOf(durationMs: number): number {
  return Math.max(0, Math.ceil(Math.log(durationMs / durationMinMs) / growthLog))
}

/** The value with the same relative distance to both bounds. */
function middleMs(bucket: number): number {
  return (2 * durationMinMs * growth ** bucket) / (growth + 1)
}

function ascending(histogram: Histogram): [number, number][] {
  return Object.entries(histogram.buckets)
    .map(([bucket, count]): [number, number] => [Number(bucket), count])
    .sort(([left], [right]) => left - right)
}
