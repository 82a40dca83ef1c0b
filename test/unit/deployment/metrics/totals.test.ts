import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  createTally,
  emptyTotals,
  isEmpty,
  mergeTotals,
  totalsOf,
  totalsSchema,
} from '../../../../worker/deployment/metrics/totals.ts'
import { cacheEvent, failedRead, readEvent } from './events.ts'

const events = fc.array(cacheEvent, { maxLength: 60 })

describe('totals', () => {
  test('of two parts, merged, equal the totals of the whole', () => {
    fc.assert(
      fc.property(events, events, (left, right) => {
        expect(mergeTotals(totalsOf(left), totalsOf(right))).toEqual(totalsOf([...left, ...right]))
      }),
    )
  })

  test('merge in any order and grouping alike', () => {
    fc.assert(
      fc.property(events, events, events, (first, second, third) => {
        const [a, b, c] = [totalsOf(first), totalsOf(second), totalsOf(third)]
        expect(mergeTotals(mergeTotals(a, b), c)).toEqual(mergeTotals(c, mergeTotals(b, a)))
      }),
    )
  })

  test('do not change what they are merged from', () => {
    const left = totalsOf([readEvent('HIT', 'cloudflare_kv')])
    const before = structuredClone(left)
    mergeTotals(left, totalsOf([readEvent('HIT', 'cloudflare_kv'), readEvent('MISS', 'database')]))
    expect(left).toEqual(before)
  })

  test('come back unchanged from storage', () => {
    fc.assert(
      fc.property(events, (list) => {
        const totals = totalsOf(list)
        expect(totalsSchema.parse(JSON.parse(JSON.stringify(totals)))).toEqual(totals)
      }),
    )
  })

  test.each([
    { counters: { 'reads x': -1 }, durations: {} },
    { counters: { 'reads x': 0.5 }, durations: {} },
    { counters: {} },
    { counters: {}, durations: { read: { count: 1, sumMicroseconds: 1, zeros: 0, buckets: { x: 1 } } } },
    null,
  ])('are refused from storage where they are no totals: %j', (stored) => {
    expect(totalsSchema.safeParse(stored).success).toBe(false)
  })
})

test('a tally is empty until something is counted, and totals that it returned do not change', () => {
  const tally = createTally()
  expect(tally.isEmpty()).toBe(true)
  expect(isEmpty(tally.totals())).toBe(true)
  tally.count(failedRead(503))
  const given = tally.totals()
  tally.count(failedRead(503))
  expect(tally.isEmpty()).toBe(false)
  expect(given).toEqual(totalsOf([failedRead(503)]))
  expect(tally.totals()).toEqual(totalsOf([failedRead(503), failedRead(503)]))
})

test('the number of series is bounded however many events there are', () => {
  fc.assert(
    fc.property(fc.array(cacheEvent, { minLength: 200, maxLength: 400 }), (list) => {
      const { counters, durations } = totalsOf(list)
      expect(Object.keys(counters).length).toBeLessThan(300)
      expect(Object.keys(durations).length).toBeLessThan(40)
    }),
    { numRuns: 20 },
  )
})

test('a duration that is NaN does no harm', () => {
  const totals = totalsOf([readEvent('HIT', 'memory', Number.NaN), readEvent('HIT', 'memory', -1)])
  expect(totals.counters).toEqual({ 'reads contact-list 200 HIT memory': 2 })
  expect(totalsSchema.safeParse(totals).success).toBe(true)
  expect(mergeTotals(emptyTotals(), totals)).toEqual(totals)
})
