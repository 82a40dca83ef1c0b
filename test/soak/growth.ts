/*
 * Decides whether a figure of a soak grows.
 *
 * It finds growth that goes on: a leak of memory, of handles or of rows that nothing removes. It does not find growth below the
 * tolerance, and a run must be long enough for it: what doubles in a week is flat for an hour.
 */

export interface Reading {
  readonly atMinutes: number
  readonly value: number
}

/** `short`: there are too few readings after the warm-up to tell. */
type Verdict = 'flat' | 'growing' | 'short'

export interface Growth {
  /** The first and the last reading of all, the warm-up included. */
  readonly first: number
  readonly last: number
  /** Of the readings after the warm-up. */
  readonly slopePerHour: number
  readonly verdict: Verdict
}

export const growthRule = {
  /** The first third of the run is the warm-up: caches fill, pools open, code is compiled. */
  warmUpShare: 1 / 3,
  readingsMin: 6,
  /** After the warm-up a figure may rise by this share of its median. Each kind of figure has a floor of its own besides. */
  toleratedShare: 0.1,
  /** By how many standard deviations more pairs of readings rise than fall (Mann and Kendall's test). By chance it is one run in 200. */
  deviationsMin: 2.6,
  /** In the second half of the judged time it must still rise at this share of the whole slope. A figure that nears a bound slows down. */
  stillRisingShare: 0.3,
} as const

/**
 * A figure grows if all three hold for its readings after the warm-up: their slope (Theil and Sen: the median of the slopes of all
 * pairs, which a few spikes do not move) comes to more than what is tolerated; more pairs rise than chance explains; and the second
 * half rises too.
 * `floor` is a rise that never matters, in the figure's unit.
 */
export function judgeGrowth(readings: readonly Reading[], floor: number): Growth {
  const [first, last] = [readings[0], readings.at(-1)]
  if (first === undefined || last === undefined) throw new Error('a figure has no readings')
  const ends = { first: first.value, last: last.value }
  const warmUntil = first.atMinutes + (last.atMinutes - first.atMinutes) * growthRule.warmUpShare
  const judged = readings.filter(({ atMinutes }) => atMinutes >= warmUntil)
  const slope = slopeOf(judged)
  const slopePerHour = slope * 60
  if (judged.length < growthRule.readingsMin) return { ...ends, slopePerHour, verdict: 'short' }
  const minutes = last.atMinutes - (judged[0]?.atMinutes ?? 0)
  const tolerated = Math.max(floor, growthRule.toleratedShare * middle(judged.map(({ value }) => value)))
  const laterSlope = slopeOf(judged.slice(Math.floor(judged.length / 2)))
  const isGrowing =
    slope * minutes > tolerated &&
    risingDeviations(judged) >= growthRule.deviationsMin &&
    laterSlope >= growthRule.stillRisingShare * slope
  return { ...ends, slopePerHour, verdict: isGrowing ? 'growing' : 'flat' }
}

function slopeOf(readings: readonly Reading[]): number {
  const slopes = pairsOf(readings).map(
    ([one, later]) => (later.value - one.value) / (later.atMinutes - one.atMinutes),
  )
  return slopes.length === 0 ? 0 : middle(slopes)
}

function risingDeviations(readings: readonly Reading[]): number {
  const signs = pairsOf(readings).map(([one, later]) => Math.sign(later.value - one.value))
  const count = readings.length
  const deviation = Math.sqrt((count * (count - 1) * (2 * count + 5)) / 18)
  return signs.reduce((sum, sign) => sum + sign, 0) / deviation
}

function pairsOf(readings: readonly Reading[]): (readonly [Reading, Reading])[] {
  return readings.flatMap((one, index) => readings.slice(index + 1).map((later) => [one, later] as const))
}

/** The middle value, or the mean of the two in the middle. */
function middle(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other)
  const [lower, upper] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]]
  return ((lower ?? Number.NaN) + (upper ?? Number.NaN)) / 2
}
