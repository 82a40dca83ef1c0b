import { describe, expect, it } from 'vitest'
import { appended, latest, spansOf } from '../../../worker/dashboard/src/live/history.ts'
import { nowhere, sampleAt as sample } from './samples.ts'

describe('the history of the live figures', () => {
  it('takes no sample twice, however connections overlap', () => {
    const before = [sample(1_000), sample(2_000)]
    const after = appended(before, [sample(1_000), sample(2_000), sample(3_000)])
    expect(after.map(({ at_ms }) => at_ms)).toEqual([1_000, 2_000, 3_000])
  })

  it('keeps an hour, and no more', () => {
    const after = appended([sample(1_000), sample(2_000)], [sample(3_602_000)])
    expect(after.map(({ at_ms }) => at_ms)).toEqual([3_602_000])
  })

  it('adds counts up, weighs the hit rate and p50 by reads, and shows the worst p95 of a span', () => {
    const busy = {
      requests: 9,
      client_errors: 2,
      hit_rate: 1,
      p50_ms: 10,
      p95_ms: 20,
      sources: { ...nowhere, memory: 9 },
    }
    const idle = { requests: 1, hit_rate: 0, p50_ms: 110, p95_ms: 200, sources: { ...nowhere, database: 1 } }
    const all = [sample(11_000, busy), sample(12_000, idle), sample(20_000)]
    const [span, ...others] = spansOf(all, 10, { fromMs: 0, toMs: 20_000 })
    expect(others).toEqual([])
    expect(span).toMatchObject({
      atMs: 10_000,
      seconds: 3,
      requests: 10,
      clientErrors: 2,
      hitRate: 0.9,
      p50Ms: 20,
      p95Ms: 200,
    })
    expect(span?.sources).toEqual({ ...nowhere, memory: 9, database: 1 })
  })

  it('draws seconds and spans of ten alike, and no span before it is over', () => {
    const coarse = sample(20_000, { seconds: 10, requests: 100 })
    const fine = Array.from({ length: 15 }, (_, second) => sample(21_000 + second * 1_000, { requests: 10 }))
    const spans = spansOf([coarse, ...fine], 10, { fromMs: 0, toMs: 35_000 })
    expect(spans.map(({ atMs, seconds, requests }) => [atMs, seconds, requests])).toEqual([
      [10_000, 10, 100],
      [20_000, 10, 100],
    ])
  })

  it('claims no hit rate and no latency where nothing was read', () => {
    expect(latest([sample(1_000), sample(2_000)], 60)).toMatchObject({
      requests: 0,
      hitRate: null,
      p95Ms: null,
    })
  })
})
