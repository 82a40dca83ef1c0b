import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { metricsBodySchema } from '../../worker/deployment/metrics/render.ts'
import { ask } from '../support/api-client.ts'
import { eventually } from '../support/eventually.ts'
import { asClientSees, type MetricsProof, proveMetrics } from '../support/metrics-proof.ts'
import { samplesBy, scrape } from '../support/metrics-text.ts'
import { percentile } from '../support/percentile.ts'
import { hasProgram } from '../support/programs.ts'
import { type Prometheus, startPrometheus } from '../support/prometheus.ts'

let proof: MetricsProof

beforeAll(async () => {
  proof = await proveMetrics(3_000, { quick: 2, slow: 16 })
})
afterAll(async () => {
  await proof?.stop()
})

async function figures() {
  const { text } = await ask(`${proof.stack.worker}/metrics`)
  return metricsBodySchema.parse(JSON.parse(text))
}

const sumOf = (values: ReadonlyMap<string, number>) =>
  [...values.values()].reduce((sum, each) => sum + each, 0)

describe('after three thousand requests of a known mix', () => {
  it("/metrics has the client's exact counts by method, route and status", () => {
    expect(proof.requests).toEqual(proof.client.requests)
    expect(sumOf(proof.requests)).toBe(3_000)
  })

  it('/metrics has the exact counts of reads by status and source', () => {
    expect(asClientSees(proof.reads)).toEqual(proof.client.reads)
    const from = (source: string) =>
      [...proof.reads]
        .filter(([key]) => key.endsWith(` ${source}`))
        .reduce((sum, [, times]) => sum + times, 0)
    for (const source of ['memory', 'cloudflare_kv', 'redis_cache', 'database']) {
      expect(from(source)).toBeGreaterThan(10)
    }
  })

  it('each counted request has a duration', () => {
    const of = (name: string) => samplesBy(proof.after, name, ['route'])
    const counted = of('boardcache_http_requests_total')
    expect(of('boardcache_http_request_duration_seconds_count')).toEqual(counted)
  })

  it('p95 and p99 agree within 5 % with those of the times that the answers stated', async () => {
    const { performance } = (await figures()).metrics
    const readMs = proof.readTimes.map(({ statedMs }) => statedMs)
    for (const [counted, measured] of [
      [performance.p95_response_time_ms, percentile(readMs, 0.95)],
      [performance.p99_response_time_ms, percentile(readMs, 0.99)],
    ] as const) {
      expect(Math.abs(counted / measured - 1)).toBeLessThanOrEqual(0.05)
    }
  })

  it('/metrics has the counts of the origin too, and the state of each location', async () => {
    await eventually(async () => {
      const samples = await scrape(proof.stack)
      const queries = samplesBy(samples, 'boardcache_origin_queries_total', ['query'])
      return (
        queries.get('contact-list') === (await proof.stack.queriesOf('contact-list')) &&
        samplesBy(samples, 'boardcache_origin_up', []).get('') === 1
      )
    })
    const samples = await scrape(proof.stack)
    const { edge_location: location } = await figures()
    expect(samplesBy(samples, 'boardcache_isolates', ['location'])).toEqual(new Map([[location, 1]]))
    expect(samplesBy(samples, 'boardcache_breaker_state', ['location', 'tier', 'side'])).toEqual(
      new Map(
        ['kv get', 'kv put', 'redis get', 'redis put', 'origin get'].map((each) => [
          `${location} ${each}`,
          0,
        ]),
      ),
    )
  })
})

describe.skipIf(!hasProgram('prometheus'))('a real Prometheus', () => {
  let prometheus: Prometheus
  beforeAll(async () => {
    prometheus = await startPrometheus(proof.stack.worker)
  })
  afterAll(async () => {
    await prometheus?.stop()
  })

  it('scrapes the Worker, and answers queries with the right numbers', async () => {
    const bySource = samplesBy(proof.after, 'boardcache_reads_total', ['source'])
    await eventually(async () => {
      const answer = await prometheus.query('sum by (source) (boardcache_reads_total)')
      const given = answer.map(({ labels, value }) => [
        z.object({ source: z.string() }).parse(labels).source,
        value,
      ])
      return JSON.stringify(given.sort()) === JSON.stringify([...bySource].sort())
    })
    const [p95] = await prometheus.query(
      'histogram_quantile(0.95, sum by (le) (boardcache_read_duration_seconds_bucket))',
    )
    // Prometheus's buckets are wider than ours, so it can only tell the bucket.
    expect(p95?.value).toBeGreaterThan(0.1)
    expect(p95?.value).toBeLessThan(1.1)
  })

  it('accepts every line, knows the type of every family, and evaluates the alert rules', async () => {
    const targets = await prometheus.get(
      '/api/v1/targets',
      z.object({ activeTargets: z.array(z.object({ health: z.string(), lastError: z.string() })) }),
    )
    expect(targets.activeTargets).toEqual([{ health: 'up', lastError: '' }])
    const types = await prometheus.get(
      '/api/v1/metadata',
      z.record(z.string(), z.array(z.object({ type: z.string(), unit: z.string() }))),
    )
    expect(types['boardcache_reads']?.[0]?.type ?? types['boardcache_reads_total']?.[0]?.type).toBe('counter')
    expect(types['boardcache_read_duration_seconds']?.[0]).toMatchObject({
      type: 'histogram',
      unit: 'seconds',
    })
    await eventually(async () => {
      const { groups } = await prometheus.get(
        '/api/v1/rules',
        z.object({ groups: z.array(z.object({ rules: z.array(z.object({ health: z.string() })) })) }),
      )
      return groups.length === 1 && groups.every(({ rules }) => rules.every(({ health }) => health === 'ok'))
    })
  })
})
