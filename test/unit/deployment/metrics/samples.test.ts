import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Sample } from '../../../../worker/deployment/metrics/figures.ts'
import { readSums } from '../../../../worker/deployment/metrics/read-sums.ts'
import { createSamples } from '../../../../worker/deployment/metrics/samples.ts'
import { emptyTotals, mergeTotals, totalsOf } from '../../../../worker/deployment/metrics/totals.ts'
import { cacheEvent, failedRead, readEvent } from './events.ts'

const startMs = 1_750_000_000_000

function sampleOf(
  second: number,
  events: Parameters<typeof totalsOf>[0] = [readEvent('HIT', 'memory')],
): Sample {
  const totals = totalsOf(events)
  return { atMs: startMs + second * 1_000, spanMs: 1_000, totals, sums: readSums(totals) }
}

function afterSeconds(seconds: number) {
  const samples = createSamples([])
  for (let second = 1; second <= seconds; second += 1) samples.add(sampleOf(second))
  return samples
}

test('the newest five minutes have a sample a second, and older ones a span of ten', () => {
  const spansMs = afterSeconds(1_000)
    .since(0)
    .map(({ spanMs }) => spanMs)
  expect(spansMs.slice(-290)).toEqual(Array(290).fill(1_000))
  const coarse = spansMs.filter((spanMs) => spanMs !== 1_000)
  expect(new Set(coarse.slice(1))).toEqual(new Set([10_000]))
  expect(coarse.length).toBeGreaterThan(60)
})

test('samples are kept for an hour, and never more than some hundred of them', () => {
  const kept = afterSeconds(8_000).since(0)
  expect(kept.length).toBeLessThan(700)
  expect(kept[0]?.atMs).toBeGreaterThan(startMs + (8_000 - 3_620) * 1_000)
  expect(kept.reduce((sum, { spanMs }) => sum + spanMs, 0)).toBeGreaterThan(3_580_000)
})

test('nothing is lost or counted twice when spans are merged', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(cacheEvent, { maxLength: 5 }), { minLength: 320, maxLength: 400 }),
      (seconds) => {
        const samples = createSamples([])
        for (const [second, events] of seconds.entries()) samples.add(sampleOf(second + 1, events))
        const { totals } = samples.over(3_600)
        expect(totals).toEqual(seconds.map((events) => totalsOf(events)).reduce(mergeTotals, emptyTotals()))
        expect(samples.sumsOver(3_600).requests).toBe(readSums(totals).requests)
      },
    ),
    { numRuns: 5 },
  )
})

test('a window holds what was counted in it', () => {
  const samples = afterSeconds(100)
  samples.add(sampleOf(101, [failedRead(503), failedRead(400)]))
  expect(samples.sumsOver(1)).toMatchObject({ requests: 2, errors: 1, clientErrors: 1, hits: 0 })
  expect(samples.sumsOver(10)).toMatchObject({ requests: 11, errors: 1, clientErrors: 1, hits: 9 })
  expect(samples.sumsOver(10)).toMatchObject({ sources: { memory: 9 } })
  expect(samples.over(60).spanMs).toBe(60_000)
  expect(samples.over(600).spanMs).toBe(101_000)
})

test('a client that reconnects gets the samples that it missed', () => {
  const missed = afterSeconds(100).since(startMs + 97_000)
  expect(missed.map(({ atMs }) => atMs - startMs)).toEqual([98_000, 99_000, 100_000])
})

test('there is no sample before the first, and a window of nothing is empty', () => {
  const samples = createSamples([])
  expect(samples.newest()).toBeNull()
  expect(samples.over(60)).toEqual({ spanMs: 0, totals: emptyTotals() })
  expect(samples.sumsOver(60).requests).toBe(0)
})
