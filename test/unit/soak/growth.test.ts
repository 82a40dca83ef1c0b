import { describe, expect, it } from 'vitest'
import { growthRule, judgeGrowth } from '../../soak/growth.ts'
import { createRandom } from '../../support/random.ts'

const megabyte = 1_048_576
const floor = 8 * megabyte

/** Readings a minute of 100 MB, to which `more` adds megabytes. */
const readings = (minutes: number, more: (minute: number) => number) =>
  Array.from({ length: minutes + 1 }, (_, atMinutes) => ({
    atMinutes,
    value: (100 + more(atMinutes)) * megabyte,
  }))

const verdictOf = (minutes: number, more: (minute: number) => number) =>
  judgeGrowth(readings(minutes, more), floor).verdict

describe('the verdict of a soak', () => {
  it('is growing for a leak, hidden in noise or in the sawtooth of garbage collection', () => {
    for (let seed = 1; seed <= 50; seed += 1) {
      const random = createRandom(seed)
      expect(verdictOf(60, (minute) => minute)).toBe('growing')
      expect(verdictOf(60, (minute) => minute + 10 * random())).toBe('growing')
      expect(verdictOf(60, (minute) => 1.5 * minute + 4 * (minute % 5))).toBe('growing')
    }
  })

  it('is flat for what does not move, for noise, for a sawtooth, for what shrinks, and for one step or spike', () => {
    for (let seed = 1; seed <= 50; seed += 1) {
      const random = createRandom(seed)
      expect(verdictOf(60, () => 40 * random())).toBe('flat')
      expect(verdictOf(10, () => 40 * random())).toBe('flat')
    }
    expect(verdictOf(60, () => 0)).toBe('flat')
    expect(verdictOf(60, (minute) => 6 * (minute % 7))).toBe('flat')
    expect(verdictOf(60, (minute) => -minute)).toBe('flat')
    expect(verdictOf(60, (minute) => (minute === 45 ? 300 : 0))).toBe('flat')
    expect(verdictOf(60, (minute) => (minute > 57 ? 30 : 0))).toBe('flat')
  })

  it('allows for a warm-up, and for what fills up to a bound', () => {
    expect(verdictOf(60, (minute) => 10 * Math.min(minute, 20))).toBe('flat')
    expect(verdictOf(60, (minute) => 60 * (1 - Math.exp(-minute / 8)))).toBe('flat')
    expect(verdictOf(10, (minute) => 30 * Math.min(minute, 3))).toBe('flat')
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
    expect(
      judgeGrowth(
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => ({ atMinutes: n, value: n })),
        10,
      ).verdict,
    ).toBe('flat')
  })

  it('says of a run that is too short that it is, and gives its ends and its slope in each case', () => {
    const few = Math.floor((growthRule.readingsMin - 1) / (1 - growthRule.warmUpShare)) - 1
    expect(verdictOf(few, (minute) => 50 * minute)).toBe('short')
    const { first, last, slopePerHour } = judgeGrowth(
      readings(60, (minute) => minute),
      floor,
    )
    expect([first, last, slopePerHour].map((bytes) => Math.round(bytes / megabyte))).toEqual([100, 160, 60])
    expect(() => judgeGrowth([], floor)).toThrow('no readings')
  })
})
