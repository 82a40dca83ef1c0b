import { z } from 'zod'
import { queueNameSchema } from '../../../shared/contract/queue-names.ts'
import { queueFiguresSchema } from '../../../shared/contract/queues.ts'
import { byTier, type TierName, wireNamesOfTiers } from '../../../shared/contract/tier-names.ts'
import type { CounterFamily, DurationFamily } from './families.ts'
import { counterFamilies, durationFamilies, seriesOfFamily } from './families.ts'
import type { ReadSums } from './figures.ts'
import type { Histogram } from './histogram.ts'
import { averageMs, emptyHistogram, mergeHistograms, quantileMs } from './histogram.ts'
import type { Reading } from './metrics-client.ts'
import { readSums } from './read-sums.ts'
import type { Totals } from './totals.ts'

const count = z.int().nonnegative()
const latencySchema = z.object({
  count,
  avg_ms: z.number(),
  p50_ms: z.number(),
  p95_ms: z.number(),
  p99_ms: z.number(),
})
/** How often each outcome occurred. */
const outcomesSchema = z.record(z.string(), count)
const callsSchema = z.object({ calls: outcomesSchema, latency: latencySchema })
const tierSchema = z.object({ gets: outcomesSchema, puts: outcomesSchema, latency: latencySchema })

/** The body of `/metrics` (SPEC 6), and the share of each part in it. */
export const metricsBodySchema = z.object({
  worker: z.literal('boardcache'),
  edge_location: z.string(),
  /** False while the overview is out of reach: the figures are then only the latest of one isolate. */
  complete: z.boolean(),
  metrics: z.object({
    requests: z.object({ total: count, cache_hits: count, cache_misses: count, errors: count }),
    performance: z.object({
      avg_response_time_ms: z.number(),
      p95_response_time_ms: z.number(),
      p99_response_time_ms: z.number(),
    }),
    cache: z.object({
      hit_rate: z.number(),
      memory_hits: count,
      edge_cache_hits: count,
      kv_hits: count,
      redis_hits: count,
      database_hits: count,
    }),
    tiers: z.object(byTier(() => tierSchema)),
    ledger: callsSchema,
    origin: callsSchema,
    consistency: z.object({ checks: outcomesSchema, violations: count }),
    invalidations: z.object({ events: count, tags: count }),
    /** The work in the background, by queue; null if there are no queues, or they do not answer. */
    queues: z.partialRecord(queueNameSchema, queueFiguresSchema).nullable(),
  }),
  timestamp: z.iso.datetime(),
})
type MetricsBody = z.output<typeof metricsBodySchema>

/** `/metrics` as JSON. Latencies cover all time, within 2 %. */
export function renderJson(reading: Reading, edgeLocation: string, nowMs: number): MetricsBody {
  const reads = readSums(reading)
  const latency = latencyOf(reading, 'read')
  return {
    worker: 'boardcache',
    edge_location: edgeLocation,
    complete: reading.isComplete,
    metrics: {
      requests: {
        total: reads.requests,
        cache_hits: reads.hits,
        cache_misses: reads.requests - reads.hits,
        errors: reads.errors,
      },
      performance: {
        avg_response_time_ms: latency.avg_ms,
        p95_response_time_ms: latency.p95_ms,
        p99_response_time_ms: latency.p99_ms,
      },
      cache: {
        hit_rate: rounded(hitRate(reads), 4),
        memory_hits: reads.sources.memory,
        edge_cache_hits: reads.sources[wireNamesOfTiers['edge-cache'].source],
        kv_hits: reads.sources[wireNamesOfTiers.kv.source],
        redis_hits: reads.sources[wireNamesOfTiers.redis.source],
        database_hits: reads.sources.database,
      },
      tiers: byTier((tier) => tierOf(reading, tier)),
      ledger: { calls: outcomesOf(reading, 'ledger_calls'), latency: latencyOf(reading, 'ledger_call') },
      origin: { calls: outcomesOf(reading, 'origin_calls'), latency: latencyOf(reading, 'origin_call') },
      consistency: {
        checks: outcomesOf(reading, 'consistency_checks'),
        violations: sumOf(reading, 'consistency_violations'),
      },
      invalidations: {
        events: sumOf(reading, 'invalidation_events'),
        tags: sumOf(reading, 'invalidation_tags'),
      },
      queues: reading.figures?.origin?.jobs ?? null,
    },
    timestamp: new Date(nowMs).toISOString(),
  }
}

/** The `stats` of `/api/cache-settings/health` (SPEC 5). */
interface CacheStats {
  readonly hits: number
  readonly misses: number
  /** Entries that a tier stored. */
  readonly sets: number
  /** Tags that invalidations moved: an invalidation does not delete anything. */
  readonly deletes: number
  /** Failed calls to tiers. */
  readonly errors: number
  /** The share of hits among all reads, in percent: `"75.00%"`. */
  readonly hitRate: string
  readonly total: number
}

export function statsOf(totals: Totals): CacheStats {
  const reads = readSums(totals)
  const gets = outcomesOf(totals, 'tier_gets')
  const puts = outcomesOf(totals, 'tier_puts')
  const failures = [...Object.entries(gets), ...Object.entries(puts)].filter(
    ([outcome]) => !faultless.has(outcome),
  )
  return {
    hits: reads.hits,
    misses: reads.requests - reads.hits,
    sets: puts['done'] ?? 0,
    deletes: sumOf(totals, 'invalidation_tags'),
    errors: failures.reduce((sum, [, times]) => sum + times, 0),
    hitRate: `${(hitRate(reads) * 100).toFixed(2)}%`,
    total: reads.requests,
  }
}

/** Outcomes that are no failed call: the call succeeded, or none was made. */
const faultless = new Set(['hit', 'miss', 'done', 'skipped', 'breaker-open'])

function hitRate({ hits, requests }: ReadSums): number {
  return requests === 0 ? 0 : hits / requests
}

function tierOf(totals: Totals, tier: TierName): z.output<typeof tierSchema> {
  return {
    gets: outcomesOf(totals, 'tier_gets', tier),
    puts: outcomesOf(totals, 'tier_puts', tier),
    latency: latencyOf(totals, 'tier_get', { tier }),
  }
}

export function sumOf(totals: Totals, family: CounterFamily): number {
  const { labels } = counterFamilies[family]
  return seriesOfFamily<string, number>(totals.counters, family, labels).reduce(
    (sum, { value }) => sum + value,
    0,
  )
}

export function outcomesOf(
  totals: Totals,
  family: 'tier_gets' | 'tier_puts' | 'ledger_calls' | 'origin_calls' | 'consistency_checks',
  tier?: TierName,
): Record<string, number> {
  const outcomes: Record<string, number> = {}
  const series = seriesOfFamily<'tier' | 'call' | 'outcome', number>(
    totals.counters,
    family,
    counterFamilies[family].labels,
  )
  for (const { labels, value } of series) {
    if (tier !== undefined && labels.tier !== tier) continue
    const outcome = labels.outcome ?? ''
    outcomes[outcome] = (outcomes[outcome] ?? 0) + value
  }
  return outcomes
}

/** The latency of a family, over all series that have the labels in `where`. */
export function latencyOf(
  totals: Totals,
  family: DurationFamily,
  where: Readonly<Record<string, string>> = {},
): z.output<typeof latencySchema> {
  const series = seriesOfFamily<string, Histogram>(totals.durations, family, durationFamilies[family].labels)
  const histogram = series
    .filter(({ labels }) => Object.entries(where).every(([label, value]) => labels[label] === value))
    .reduce((sum, { value }) => mergeHistograms(sum, value), emptyHistogram())
  return {
    count: histogram.count,
    avg_ms: rounded(averageMs(histogram), 2),
    p50_ms: rounded(quantileMs(histogram, 0.5), 2),
    p95_ms: rounded(quantileMs(histogram, 0.95), 2),
    p99_ms: rounded(quantileMs(histogram, 0.99), 2),
  }
}

function rounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals))
}
