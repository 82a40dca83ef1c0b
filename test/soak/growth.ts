/*
 * Decides whether a figure of a soak grows.
 *
 * It finds growth that goes on: a leak of memory, of handles or of rows that nothing removes. It does not find growth below the
 * tolerance: what doubles in a week is flat for an hour. A run that is too short is never called flat, because what grows by the tolerance
 * in an hour looks flat for ten minutes.
 */

export interface Reading {
  readonly atMinutes: number
  readonly value: number
}

/** `short`: there are too few readings after the warm-up to tell, or they cover too little time. */
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
  /** The time after the warm-up that a verdict needs: a whole run then takes half an hour. */
  judgedMinutesMin: 20,
  readingsMin: 12,
  /** After the warm-up a figure may rise by this share of its median. Each kind of figure has a floor of its own besides. */
  toleratedShare: 0.1,
  /** By how many standard deviations more pairs of readings rise than fall. By chance it is one figure in 200, before the other two rules. */
  deviationsMin: 2.6,
  /** A leak in steps leaves readings that follow each other too, so the correction for them is bounded. */
  followingMax: 0.8,
  /** In the second half of the judged time it must still rise at this share of the whole slope. A figure that nears a bound slows down. */
  stillRisingShare: 0.3,
} as const

/** The length of the shortest run that can be judged. */
export const minutesToJudge = Math.round(growthRule.judgedMinutesMin / (1 - growthRule.warmUpShare))

/** A sample may be taken a little late, and the last one of a run a little before its end. */
const lateMinutes = 2

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
  const minutes = last.atMinutes - (judged[0]?.atMinutes ?? 0)
  if (judged.length < growthRule.readingsMin || minutes < growthRule.judgedMinutesMin - lateMinutes)
    return { ...ends, slopePerHour, verdict: 'short' }
  const tolerated = Math.max(floor, growthRule.toleratedShare * middle(judged.map(({ value }) => value)))
  const laterSlope = slopeOf(judged.slice(Math.floor(judged.length / 2)))
  const isGrowing =
    slope * minutes > tolerated &&
    risingDeviations(judged, slope) >= growthRule.deviationsMin &&
    laterSlope >= growthRule.stillRisingShare * slope
  return { ...ends, slopePerHour, verdict: isGrowing ? 'growing' : 'flat' }
}

/** How a run ends: 1 if something grows or failed, 2 if nothing did and it was too short to tell, 0 if all is flat. */
export function exitCodeOf(verdicts: readonly Verdict[], hasFailed: boolean): 0 | 1 | 2 {
  if (hasFailed || verdicts.includes('growing')) return 1
  return verdicts.length === 0 || verdicts.includes('short') ? 2 : 0
}

function slopeOf(readings: readonly Reading[]): number {
  const slopes = pairsOf(readings).map(
    ([one, later]) => (later.value - one.value) / (later.atMinutes - one.atMinutes),
  )
  return slopes.length === 0 ? 0 : middle(slopes)
}

/**
 * Mann and Kendall's test, with the variance that readings have which follow each other (after Yue and Wang): a figure that wanders rises
 * for a while by chance more often than one whose readings are independent.
 */
function risingDeviations(readings: readonly Reading[], slope: number): number {
  const signs = pairsOf(readings).map(([one, later]) => Math.sign(later.value - one.value))
  const count = readings.length
  const deviation = Math.sqrt((count * (count - 1) * (2 * count + 5)) / 18)
  const followed = Math.min(followingOf(readings, slope), growthRule.followingMax)
  const widened = Math.sqrt((1 + followed) / (1 - followed))
  return signs.reduce((sum, sign) => sum + sign, 0) / deviation / widened
}

/** How much a reading is like the one before it once the slope is taken away: their autocorrelation, and 0 if it is negative. */
function followingOf(readings: readonly Reading[], slope: number): number {
  const rest = readings.map(({ atMinutes, value }) => value - slope * atMinutes)
  const mean = rest.reduce((sum, each) => sum + each, 0) / rest.length
  const away = rest.map((each) => each - mean)
  const square = away.reduce((sum, each) => sum + each * each, 0)
  const product = away.slice(1).reduce((sum, each, index) => sum + each * (away[index] ?? 0), 0)
  // A straight line leaves only what rounding makes of it.
  const magnitude = Math.max(...readings.map(({ value }) => Math.abs(value)))
  return square <= (magnitude * 1e-9) ** 2 * rest.length ? 0 : Math.max(0, product / square)
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
