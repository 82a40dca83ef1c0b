import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exitCodeOf, growthRule, judgeGrowth, minutesToJudge } from '../../soak/growth.ts'
import { createRandom } from '../../support/random.ts'

const megabyte = 1_048_576
const floor = 8 * megabyte

/** Readings a minute of 100 MB, to which `more` adds megabytes. */
const readings = (minutes: number, more: (minute: number) => number, everyMinutes = 1) =>
  Array.from({ length: Math.floor(minutes / everyMinutes) + 1 }, (_, number) => ({
    atMinutes: number * everyMinutes,
    value: (100 + more(number * everyMinutes)) * megabyte,
  }))

const verdictOf = (minutes: number, more: (minute: number) => number, everyMinutes = 1) =>
  judgeGrowth(readings(minutes, more, everyMinutes), floor).verdict

/** Noise whose values follow each other: what is random of a figure that wanders. */
function wandering(random: () => number, following: number, megabytes: number): () => number {
  let value = 0
  return () => {
    value = following * value + (random() - 0.5) * megabytes
    return value
  }
}

describe('the verdict of a soak', () => {
  it('is growing for a planted leak, whatever its size, its noise and its steps', () => {
    const leak = fc.record({
      seed: fc.integer({ min: 1, max: 100_000 }),
      minutes: fc.integer({ min: 45, max: 120 }),
      /** Over the whole run: at least twice what is tolerated of the judged two thirds. */
      megabytes: fc.integer({ min: 40, max: 2_000 }),
      noiseShare: fc.double({ min: 0, max: 0.25, noNaN: true }),
      stepMinutes: fc.integer({ min: 1, max: 6 }),
    })
    fc.assert(
      fc.property(leak, ({ seed, minutes, megabytes, noiseShare, stepMinutes }) => {
        const random = createRandom(seed)
        const leaked = (minute: number) =>
          (megabytes / minutes) * stepMinutes * Math.floor(minute / stepMinutes)
        const more = (minute: number) => leaked(minute) + noiseShare * megabytes * random()
        expect(verdictOf(minutes, more)).toBe('growing')
      }),
      { seed: 1, numRuns: 300 },
    )
  })

  it('is flat for noise of any size, for a sawtooth, for what shrinks, and for one step or spike', () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const random = createRandom(seed)
      expect(verdictOf(60, () => 40 * random())).toBe('flat')
    }
    expect(verdictOf(60, () => 0)).toBe('flat')
    expect(verdictOf(60, (minute) => 6 * (minute % 7))).toBe('flat')
    expect(verdictOf(60, (minute) => -minute)).toBe('flat')
    expect(verdictOf(60, (minute) => (minute === 45 ? 300 : 0))).toBe('flat')
    expect(verdictOf(60, (minute) => (minute > 57 ? 30 : 0))).toBe('flat')
  })

  it('is growing by chance for fewer than 1 in 50 figures that wander', () => {
    const grown = (following: number) =>
      Array.from({ length: 500 }, (_, index) => {
        const noise = wandering(createRandom(index + 1), following, 20)
        return verdictOf(60, noise)
      }).filter((verdict) => verdict === 'growing').length
    expect(grown(0.5)).toBeLessThan(10)
    expect(grown(0.8)).toBeLessThan(10)
  })

  it('allows for a warm-up, and for what fills up to a bound', () => {
    expect(verdictOf(60, (minute) => 10 * Math.min(minute, 20))).toBe('flat')
    expect(verdictOf(60, (minute) => 60 * (1 - Math.exp(-minute / 8)))).toBe('flat')
    expect(verdictOf(60, (minute) => 4 * Math.min(minute, 35))).toBe('flat')
  })

  it('tolerates a tenth, and what lies below the floor of its kind', () => {
    expect(verdictOf(60, (minute) => minute / 5)).toBe('flat')
    expect(
      judgeGrowth(
        readings(60, (minute) => minute),
        50 * megabyte,
      ).verdict,
    ).toBe('flat')
  })

  it('is never flat for a run that is too short, however often it is sampled, and gives its ends and slope all the same', () => {
    expect(verdictOf(minutesToJudge - 5, () => 0, 0.1)).toBe('short')
    expect(verdictOf(4, () => 0, 1 / 15)).toBe('short')
    expect(verdictOf(4, (minute) => 50 * minute, 1 / 15)).toBe('short')
    expect(verdictOf(minutesToJudge, () => 0)).toBe('flat')
    // The last sample of a run comes before its end.
    expect(verdictOf(minutesToJudge - 1, () => 0)).toBe('flat')
    const rare = (minutesToJudge * 2) / growthRule.readingsMin
    expect(verdictOf(minutesToJudge, () => 0, rare)).toBe('short')
    const { first, last, slopePerHour } = judgeGrowth(
      readings(60, (minute) => minute),
      floor,
    )
    expect([first, last, slopePerHour].map((bytes) => Math.round(bytes / megabyte))).toEqual([100, 160, 60])
    expect(() => judgeGrowth([], floor)).toThrow('no readings')
  })
})

describe('the exit code of a soak', () => {
  it('is 0 only if all figures were judged and are flat', () => {
    expect(exitCodeOf(['flat', 'flat'], false)).toBe(0)
    expect(exitCodeOf(['flat', 'growing', 'short'], false)).toBe(1)
    expect(exitCodeOf(['flat'], true)).toBe(1)
    expect(exitCodeOf(['short', 'short'], true)).toBe(1)
    expect(exitCodeOf(['flat', 'short'], false)).toBe(2)
    expect(exitCodeOf([], false)).toBe(2)
  })
})
