import { describe, expect, it } from 'vitest'
import type { Sample } from '../../../shared/contract/monitoring.ts'
import { appended, latest, spansOf } from '../../../worker/dashboard/src/live/history.ts'

const nowhere = { memory: 0, edge_cache: 0, cloudflare_kv: 0, redis_cache: 0, database: 0 }

function sample(at_ms: number, more: Partial<Sample> = {}): Sample {
  return {
    at_ms,
    seconds: 1,
    requests: 0,
    errors: 0,
    hit_rate: null,
    avg_ms: null,
    p50_ms: null,
    p95_ms: null,
    p99_ms: null,
    sources: nowhere,
    ...more,
  }
}

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
    const busy = { requests: 9, hit_rate: 1, p50_ms: 10, p95_ms: 20, sources: { ...nowhere, memory: 9 } }
    const idle = { requests: 1, hit_rate: 0, p50_ms: 110, p95_ms: 200, sources: { ...nowhere, database: 1 } }
    const [span, ...others] = spansOf([sample(10_000, busy), sample(11_000, idle)], 10, 0)
    expect(others).toEqual([])
    expect(span).toMatchObject({
      atMs: 10_000,
      seconds: 2,
      requests: 10,
      hitRate: 0.9,
      p50Ms: 20,
      p95Ms: 200,
    })
    expect(span?.sources).toEqual({ ...nowhere, memory: 9, database: 1 })
  })

  it('claims no hit rate and no latency where nothing was read', () => {
    expect(latest([sample(1_000), sample(2_000)], 60)).toMatchObject({
      requests: 0,
      hitRate: null,
      p95Ms: null,
    })
  })
})
