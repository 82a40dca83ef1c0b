import fc from 'fast-check'
import { expect, test } from 'vitest'
import { countDuration, emptyDurations, percentileMs } from '../../../origin/queues/durations.ts'
import { percentile } from '../../support/percentile.ts'

test('a percentile is at least that of the durations themselves, and at most √2 times as much', () => {
  const durations = fc.array(fc.double({ min: 1, max: 3_600_000, noNaN: true }), {
    minLength: 1,
    maxLength: 200,
  })
  fc.assert(
    fc.property(durations, fc.constantFrom(0.5, 0.95, 0.99), (list, share) => {
      const counts = emptyDurations()
      for (const duration of list) countDuration(counts, duration)
      const read = percentileMs(counts, share) ?? Number.NaN
      const exact = percentile(list, share)
      // Read values are whole milliseconds.
      expect(read).toBeGreaterThanOrEqual(exact - 0.5)
      expect(read).toBeLessThanOrEqual(exact * Math.SQRT2 + 0.5)
    }),
  )
})

test('of nothing there is no percentile', () => {
  expect(percentileMs(emptyDurations(), 0.5)).toBeNull()
})
