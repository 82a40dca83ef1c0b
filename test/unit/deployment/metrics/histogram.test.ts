import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Histogram } from '../../../../worker/deployment/metrics/histogram.ts'
import {
  averageMs,
  countUpTo,
  createHistogram,
  durationMaxMs,
  durationMinMs,
  emptyHistogram,
  mergeHistograms,
  quantileMs,
  relativeErrorMax,
  upperBoundMs,
} from '../../../../worker/deployment/metrics/histogram.ts'

function histogramOf(durationsMs: readonly number[]): Histogram {
  const growing = createHistogram()
  for (const durationMs of durationsMs) growing.add(durationMs)
  return growing.histogram()
}

/** Typical durations: often whole milliseconds, also fractions, zero, and the ends of the range. */
const durationMs = fc.oneof(
  fc.integer({ min: 0, max: 30_000 }),
  fc.double({ min: durationMinMs, max: durationMaxMs, noNaN: true }),
  fc.double({ min: durationMinMs, max: 100, noNaN: true }),
  fc.constantFrom(0, 1, 5, 10, 250, durationMinMs, durationMaxMs),
)
const durationsMs = fc.array(durationMs, { maxLength: 200 })
const someDurationsMs = fc.array(durationMs, { minLength: 1, maxLength: 200 })

describe('a quantile', () => {
  test('is within 2 % of the exact one', () => {
    const fraction = fc.oneof(
      fc.constantFrom(0, 0.5, 0.95, 0.99, 1),
      fc.double({ min: 0, max: 1, noNaN: true }),
    )
    fc.assert(
      fc.property(someDurationsMs, fraction, (values, asked) => {
        const sorted = values.toSorted((left, right) => left - right)
        const exact = sorted[Math.max(1, Math.ceil(asked * sorted.length)) - 1] ?? Number.NaN
        const estimate = quantileMs(histogramOf(values), asked)
        expect(Math.abs(estimate - exact)).toBeLessThanOrEqual(relativeErrorMax * exact)
      }),
      { numRuns: 1_000 },
    )
  })

  test('never falls as the fraction rises', () => {
    fc.assert(
      fc.property(someDurationsMs, (values) => {
        const histogram = histogramOf(values)
        const quantiles = [0, 0.1, 0.5, 0.9, 0.95, 0.99, 1].map((asked) => quantileMs(histogram, asked))
        expect(quantiles).toEqual(quantiles.toSorted((left, right) => left - right))
      }),
    )
  })

  test('is zero without values and for zeros alone', () => {
    expect(quantileMs(emptyHistogram(), 0.99)).toBe(0)
    expect(quantileMs(histogramOf([0, 0, 0]), 0.99)).toBe(0)
    expect(averageMs(emptyHistogram())).toBe(0)
  })
})

describe('merging', () => {
  test('gives the same as adding all the values to one histogram', () => {
    fc.assert(
      fc.property(durationsMs, durationsMs, (left, right) => {
        const merged = mergeHistograms(histogramOf(left), histogramOf(right))
        expect(merged).toEqual(histogramOf([...left, ...right]))
      }),
    )
  })

  test('is associative and commutative, and nothing is its neutral', () => {
    fc.assert(
      fc.property(durationsMs, durationsMs, durationsMs, (...lists) => {
        const [a, b, c] = lists.map(histogramOf) as [Histogram, Histogram, Histogram]
        const right = mergeHistograms(a, mergeHistograms(b, c))
        expect(mergeHistograms(mergeHistograms(a, b), c)).toEqual(right)
        expect(mergeHistograms(b, a)).toEqual(mergeHistograms(a, b))
        expect(mergeHistograms(a, emptyHistogram())).toEqual(a)
      }),
    )
  })

  test('survives JSON', () => {
    fc.assert(
      fc.property(durationsMs, (values) => {
        const histogram = histogramOf(values)
        expect(JSON.parse(JSON.stringify(histogram))).toEqual(histogram)
      }),
    )
  })
})

describe('what is added', () => {
  test('is counted and summed to the microsecond', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1_000_000 })), (values) => {
        const histogram = histogramOf(values)
        const sumMs = values.reduce((sum, value) => sum + value, 0)
        expect(histogram.count).toBe(values.length)
        expect(histogram.sumMicroseconds).toBe(sumMs * 1000)
        expect(averageMs(histogram)).toBeCloseTo(values.length === 0 ? 0 : sumMs / values.length)
      }),
    )
  })

  test('is ignored if it is NaN, and bounded if no duration can be that long or short', () => {
    expect(histogramOf([Number.NaN])).toEqual(emptyHistogram())
    expect(histogramOf([-5])).toEqual(histogramOf([0]))
    expect(histogramOf([Number.POSITIVE_INFINITY])).toEqual(histogramOf([durationMaxMs]))
  })

  test('never needs more than 700 buckets', () => {
    const widest = histogramOf([durationMinMs, durationMaxMs])
    const indexes = Object.keys(widest.buckets).map(Number)
    expect(Math.min(...indexes)).toBe(0)
    expect(Math.max(...indexes)).toBeLessThan(700)
  })
})

test('the values up to a bound are counted exactly, the bound included', () => {
  fc.assert(
    fc.property(durationsMs, fc.constantFrom(1, 5, 10, 250, 1_000), (values, boundMs) => {
      const upperMs = upperBoundMs(boundMs)
      expect(upperMs).toBeGreaterThanOrEqual(boundMs * (1 - 1e-12))
      expect(upperMs).toBeLessThanOrEqual(boundMs * 1.041)
      const within = values.filter((value) => value <= upperMs).length
      expect(countUpTo(histogramOf(values), boundMs)).toBe(within)
    }),
  )
})
