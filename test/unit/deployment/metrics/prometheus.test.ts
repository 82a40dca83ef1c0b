import { describe, expect, test } from 'vitest'
import type { Reading } from '../../../../worker/deployment/metrics/metrics-client.ts'
import { renderPrometheus } from '../../../../worker/deployment/metrics/prometheus.ts'
import type { CacheEvent } from '../../../../worker/events.ts'
import { failedRead, readEvent } from './events.ts'
import { readingOf } from './figures.ts'

const events: CacheEvent[] = [
  readEvent('HIT', 'cloudflare_kv', 5),
  readEvent('HIT', 'cloudflare_kv', 5),
  readEvent('HIT', 'cloudflare_kv', 6),
  readEvent('MISS', 'database', 20_000),
  failedRead(503),
  { kind: 'tier-get', tier: 'redis', outcome: 'rate-limited', durationMs: 0 },
  { kind: 'breaker', tier: 'redis', side: 'get', state: 'half-open' },
  { kind: 'invalidation', events: 2, tags: 7 },
]

const figures = {
  gauges: { LAX: { 'breaker_state kv put': 2, memory_tier_bytes: 1_234, isolates: 3 } },
  origin: {
    fetchedAtMs: 0,
    isUp: true,
    queriesRunning: 4,
    queriesRunningMax: 16,
    jobs: null,
    queriesWaiting: 0,
    outbox: { status: 'lagging' as const, depth: 7, oldestAgeMs: 31_500, parked: 1, relayed: 9 },
  },
}

function reading(isComplete = true): Reading {
  return readingOf(events, isComplete ? figures : null)
}

interface Sample {
  readonly name: string
  readonly labels: string
  readonly value: number
}

function samplesOf(text: string): Sample[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name = '', labels = '', value] = /^(\w+)(\{.*\})? (\S+)$/.exec(line) ?? []
      return { name, labels, value: Number(value) }
    })
}

describe('the figures as text', () => {
  test('count reads by how they were answered', () => {
    const lines = renderPrometheus(reading()).split('\n')
    expect(lines).toContain(
      'boardcache_reads_total{resource="contact-list",code="200",status="HIT",source="cloudflare_kv"} 3',
    )
    expect(lines).toContain(
      'boardcache_reads_total{resource="contact-counts",code="503",status="none",source="none"} 1',
    )
    expect(lines).toContain('boardcache_tier_gets_total{tier="redis",outcome="rate-limited"} 1')
    expect(lines).toContain('boardcache_breaker_changes_total{tier="redis",side="get",state="half-open"} 1')
    expect(lines).toContain('boardcache_invalidation_tags_total 7')
  })

  test('give histograms in seconds, cumulative, whose last bucket is the count', () => {
    const samples = samplesOf(renderPrometheus(reading())).filter(
      ({ name, labels }) => name.startsWith('boardcache_read_duration_seconds') && labels.includes('kv'),
    )
    const buckets = samples.filter(({ name }) => name.endsWith('_bucket'))
    const counts = buckets.map(({ value }) => value)
    expect(counts).toEqual(counts.toSorted((left, right) => left - right))
    expect(buckets.at(-1)).toMatchObject({ labels: expect.stringContaining('le="+Inf"'), value: 3 })
    expect(samples.find(({ name }) => name.endsWith('_count'))?.value).toBe(3)
    expect(samples.find(({ name }) => name.endsWith('_sum'))?.value).toBe(0.016)
  })

  test('count a whole number of milliseconds below the bound that names it', () => {
    const buckets = samplesOf(renderPrometheus(reading())).filter(
      ({ name, labels }) => name === 'boardcache_read_duration_seconds_bucket' && labels.includes('kv'),
    )
    const atFive = buckets.find(({ labels }) => /le="0\.005\d*"/.test(labels))
    const atTen = buckets.find(({ labels }) => /le="0\.010?\d*"/.test(labels))
    expect([atFive?.value, atTen?.value]).toEqual([2, 3])
  })

  test.each(['openmetrics', 'prometheus'] as const)('(%s) name, type and explain every family', (format) => {
    const text = renderPrometheus(reading(), format)
    const families = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => ({ name, type }))
    const helped = [...text.matchAll(/^# HELP (\S+) \S/gm)].map(([, name]) => name)
    expect(families.map(({ name }) => name)).toEqual(helped)
    expect(new Set(helped).size).toBe(helped.length)
    for (const { name } of samplesOf(text)) {
      const suffixes = /^(_total|_bucket|_sum|_count)?$/
      const owners = families.filter((family) => name.startsWith(family.name ?? '-'))
      expect(owners.filter((family) => suffixes.test(name.slice(family.name?.length)))).toHaveLength(1)
    }
  })

  test('show the gauges: by location, or without one if the deployment has only one', () => {
    const lines = renderPrometheus(reading()).split('\n')
    expect(lines).toEqual(
      expect.arrayContaining([
        'boardcache_breaker_state{location="LAX",tier="kv",side="put"} 2',
        'boardcache_memory_tier_bytes{location="LAX"} 1234',
        'boardcache_isolates{location="LAX"} 3',
        'boardcache_origin_up 1',
        'boardcache_outbox_rows 7',
        'boardcache_outbox_oldest_age_seconds 31.5',
        'boardcache_outbox_parked_rows 1',
      ]),
    )
  })

  test('show no figures of an origin before its first report', () => {
    const text = renderPrometheus(readingOf(events))
    expect(samplesOf(text).filter(({ name }) => /_(origin_up|outbox_rows)$/.test(name))).toEqual([])
  })

  test('name units in OpenMetrics alone', () => {
    expect(renderPrometheus(reading())).toContain('# UNIT boardcache_stored_bytes bytes\n')
    expect(renderPrometheus(reading(), 'prometheus')).not.toContain('# UNIT')
  })

  test('end with EOF in OpenMetrics alone, where a counter family has no suffix', () => {
    const openMetrics = renderPrometheus(reading())
    expect(openMetrics).toMatch(/# TYPE boardcache_reads counter\n/)
    expect(openMetrics).toMatch(/\n# EOF\n$/)
    const older = renderPrometheus(reading(), 'prometheus')
    expect(older).toMatch(/# TYPE boardcache_reads_total counter\n/)
    expect(older).not.toContain('# EOF')
  })

  test('keep the labels few: none names a workspace, a user or a key', () => {
    const labels = [...renderPrometheus(reading()).matchAll(/(\w+)="/g)].map(([, label]) => label)
    expect(new Set(labels)).toEqual(
      new Set(['resource', 'code', 'status', 'source', 'tier', 'side', 'state', 'outcome', 'location', 'le']),
    )
  })

  test('show no counter while the sum is out of reach: it would look like a restart', () => {
    const text = renderPrometheus(reading(false))
    expect(samplesOf(text)).toEqual([{ name: 'boardcache_figures_complete', labels: '', value: 0 }])
  })
})
