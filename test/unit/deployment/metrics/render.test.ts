import { describe, expect, test } from 'vitest'
import type { Reading } from '../../../../worker/deployment/metrics/metrics-client.ts'
import { metricsBodySchema, renderJson, statsOf } from '../../../../worker/deployment/metrics/render.ts'
import { totalsOf } from '../../../../worker/deployment/metrics/totals.ts'
import type { CacheEvent } from '../../../../worker/events.ts'
import { failedRead, readEvent } from './events.ts'
import { readingOf } from './figures.ts'

const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5)

function times(number: number, event: CacheEvent): CacheEvent[] {
  return Array.from({ length: number }, () => event)
}

function reading(events: CacheEvent[], isComplete = true): Reading {
  return readingOf(events, isComplete ? {} : null)
}

/** The figures of SPEC section 6: 8,500 hits of KV, 600 of Redis, 900 from the database; scaled down by 100. */
const day = [
  ...times(85, readEvent('HIT', 'cloudflare_kv', 20)),
  ...times(6, readEvent('HIT', 'redis_cache', 40)),
  ...times(9, readEvent('MISS', 'database', 120)),
]

describe('/metrics as JSON', () => {
  test("has the interface's members, summed over all reads", () => {
    expect(renderJson(reading(day), 'LAX', nowMs)).toMatchObject({
      worker: 'boardcache',
      edge_location: 'LAX',
      complete: true,
      metrics: {
        requests: { total: 100, cache_hits: 91, cache_misses: 9, errors: 0 },
        cache: { hit_rate: 0.91, kv_hits: 85, redis_hits: 6, database_hits: 9 },
      },
      timestamp: '2026-01-02T03:04:05.000Z',
    })
  })

  test('times all reads: the average exactly, the percentiles within 2 %', () => {
    const { performance } = renderJson(reading(day), 'LAX', nowMs).metrics
    expect(performance.avg_response_time_ms).toBe(30.2)
    for (const percentile of [performance.p95_response_time_ms, performance.p99_response_time_ms]) {
      expect(Math.abs(percentile - 120)).toBeLessThanOrEqual(2.4)
    }
  })

  test.each([
    { name: 'HIT', event: readEvent('HIT', 'cloudflare_kv'), hits: 1, errors: 0 },
    { name: 'STALE', event: readEvent('STALE', 'redis_cache'), hits: 1, errors: 0 },
    { name: 'MISS', event: readEvent('MISS', 'database'), hits: 0, errors: 0 },
    { name: 'BYPASS', event: readEvent('BYPASS', 'database'), hits: 0, errors: 0 },
    { name: 'a 503', event: failedRead(503), hits: 0, errors: 1 },
    { name: 'a 504', event: failedRead(504), hits: 0, errors: 1 },
    { name: 'a 400', event: failedRead(400), hits: 0, errors: 0 },
  ])('counts $name as $hits hits and $errors errors', ({ event, hits, errors }) => {
    const { requests } = renderJson(reading([event]), 'LAX', nowMs).metrics
    expect(requests).toEqual({ total: 1, cache_hits: hits, cache_misses: 1 - hits, errors })
  })

  test('shows each tier, the ledger, the origin and the invalidations by outcome', () => {
    const { metrics } = renderJson(
      reading([
        { kind: 'tier-get', tier: 'kv', outcome: 'miss', durationMs: 4 },
        { kind: 'tier-get', tier: 'redis', outcome: 'timeout', durationMs: 1_000 },
        { kind: 'tier-get', tier: 'redis', outcome: 'hit', durationMs: 8 },
        { kind: 'tier-get', tier: 'memory', outcome: 'hit', durationMs: 0 },
        { kind: 'tier-get', tier: 'edge-cache', outcome: 'miss', durationMs: 2 },
        { kind: 'tier-put', tier: 'kv', outcome: 'rate-limited' },
        { kind: 'ledger', call: 'since', outcome: 'done', durationMs: 7 },
        { kind: 'ledger', call: 'advance', outcome: 'done', durationMs: 15 },
        { kind: 'origin', outcome: 'not-found', durationMs: 30 },
        { kind: 'invalidation', events: 3, tags: 12 },
      ]),
      'LAX',
      nowMs,
    )
    expect(metrics).toMatchObject({
      tiers: {
        memory: { gets: { hit: 1 }, puts: {} },
        edge_cache: { gets: { miss: 1 }, puts: {}, latency: { count: 1, avg_ms: 2 } },
        kv: { gets: { miss: 1 }, puts: { 'rate-limited': 1 }, latency: { count: 1, avg_ms: 4 } },
        redis: { gets: { timeout: 1, hit: 1 }, puts: {}, latency: { count: 2, avg_ms: 504 } },
      },
      ledger: { calls: { done: 2 }, latency: { count: 2, avg_ms: 11 } },
      origin: { calls: { 'not-found': 1 }, latency: { count: 1, avg_ms: 30 } },
      invalidations: { events: 3, tags: 12 },
    })
  })

  test('takes no time for a call that a breaker refused, which would hide how long the others took', () => {
    const events: CacheEvent[] = [
      { kind: 'tier-get', tier: 'redis', outcome: 'timeout', durationMs: 1_000 },
      { kind: 'tier-get', tier: 'redis', outcome: 'breaker-open', durationMs: 0 },
    ]
    expect(renderJson(reading(events), 'LAX', nowMs).metrics.tiers.redis).toMatchObject({
      gets: { timeout: 1, 'breaker-open': 1 },
      latency: { count: 1, avg_ms: 1_000 },
    })
  })

  test('contains zeros, and no division by zero, before the first read', () => {
    const body = renderJson(reading([]), 'local', nowMs)
    expect(body.metrics.requests).toEqual({ total: 0, cache_hits: 0, cache_misses: 0, errors: 0 })
    expect(body.metrics.cache.hit_rate).toBe(0)
    expect(body.metrics.performance).toEqual({
      avg_response_time_ms: 0,
      p95_response_time_ms: 0,
      p99_response_time_ms: 0,
    })
  })

  test('says when the figures are those of a single isolate', () => {
    expect(renderJson(reading(day, false), 'LAX', nowMs).complete).toBe(false)
  })

  test('is of the shape that the OpenAPI document promises', () => {
    for (const events of [[], day, [failedRead(503)]]) {
      const body = renderJson(reading(events), 'LAX', nowMs)
      expect(metricsBodySchema.parse(JSON.parse(JSON.stringify(body)))).toEqual(body)
    }
  })

  test('leaves out families it does not know: those of another version of the Worker', () => {
    const later: Reading = {
      counters: { 'reads contact-list 200 HIT cloudflare_kv one-label-more': 5, 'unheard of': 1 },
      durations: {},
      isComplete: true,
      figures: null,
    }
    expect(renderJson(later, 'LAX', nowMs).metrics.requests.total).toBe(0)
  })
})

describe('the cache stats', () => {
  test('have the hit rate in per cent with two decimals', () => {
    const events = [...times(3, readEvent('HIT', 'cloudflare_kv')), readEvent('MISS', 'database')]
    expect(statsOf(totalsOf(events))).toMatchObject({ hits: 3, misses: 1, hitRate: '75.00%', total: 4 })
  })

  test('count stored entries as sets, moved tags as deletes, failed tier calls as errors', () => {
    const events: CacheEvent[] = [
      { kind: 'tier-put', tier: 'kv', outcome: 'done' },
      { kind: 'tier-put', tier: 'redis', outcome: 'done' },
      { kind: 'tier-put', tier: 'redis', outcome: 'unavailable' },
      { kind: 'tier-put', tier: 'kv', outcome: 'skipped' },
      { kind: 'tier-put', tier: 'redis', outcome: 'breaker-open' },
      { kind: 'tier-get', tier: 'redis', outcome: 'breaker-open', durationMs: 0 },
      { kind: 'tier-get', tier: 'redis', outcome: 'timeout', durationMs: 1_000 },
      { kind: 'tier-get', tier: 'kv', outcome: 'miss', durationMs: 3 },
      { kind: 'invalidation', events: 1, tags: 4 },
    ]
    expect(statsOf(totalsOf(events))).toEqual({
      hits: 0,
      misses: 0,
      sets: 2,
      deletes: 4,
      errors: 2,
      hitRate: '0.00%',
      total: 0,
    })
  })
})
