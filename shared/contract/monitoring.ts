import { z } from 'zod'
import { alertChangeSchema, alertSchema, alertSummarySchema } from './alerts.ts'
import { byPart, bySource, byTier, partNames } from './tier-names.ts'

/**
 * What the routes under `/api/monitoring` answer, and what the stream sends. Health and figures come bare, as `/health`
 * and `/metrics` do; the rest in the envelope `{"success": true, "data": …}`. Nothing here names a workspace, a user or
 * a key. Counts are whole numbers, rates from 0 to 1, and what nobody knows is null.
 *
 *   GET  /api/monitoring/health               MonitoringHealth (bare)
 *   GET  /api/monitoring/health/redis         RedisHealth (bare)
 *   GET  /api/monitoring/metrics              as /metrics (bare)
 *   GET  /api/monitoring/metrics/performance  PerformanceReport (bare)
 *   GET  /api/monitoring/stats/cache          CacheReport
 *   GET  /api/monitoring/stream               text/event-stream of StreamEvent
 *   GET  /api/monitoring/alerts               AlertReportAnswer (contract/alerts.ts)
 *   GET, POST /api/monitoring/alerts/settings AlertSettings; AlertSettingsChange → AlertSettings (contract/alerts.ts)
 */
const count = z.int().nonnegative()
const rate = z.number().min(0).max(1)
const milliseconds = z.number().nonnegative()

const eachSource = <Schema extends z.ZodType>(schema: Schema) => z.object(bySource(() => schema))

/** What happened in one span of time that ended at `at_ms`: reads of cached resources. */
const sampleSchema = z.object({
  at_ms: z.int(),
  /** How long the span is: 1 for the newest, more for older ones. */
  seconds: z.number().positive(),
  requests: count,
  /** Answers of 500 and above. */
  errors: count,
  /** Null where nothing was read, like the latencies. */
  hit_rate: rate.nullable(),
  avg_ms: milliseconds.nullable(),
  p50_ms: milliseconds.nullable(),
  p95_ms: milliseconds.nullable(),
  p99_ms: milliseconds.nullable(),
  /** How many were answered from where; errors from nowhere. */
  sources: eachSource(count),
})
export type Sample = z.output<typeof sampleSchema>

/** Samples in columns, oldest first; all columns are of one length. */
const sampleColumnsSchema = z.object({
  at_ms: z.array(z.int()),
  seconds: z.array(z.number().positive()),
  requests: z.array(count),
  errors: z.array(count),
  hit_rate: z.array(rate.nullable()),
  avg_ms: z.array(milliseconds.nullable()),
  p50_ms: z.array(milliseconds.nullable()),
  p95_ms: z.array(milliseconds.nullable()),
  p99_ms: z.array(milliseconds.nullable()),
  sources: eachSource(z.array(count)),
})
export type SampleColumns = z.output<typeof sampleColumnsSchema>

const breakerStateSchema = z.enum(['closed', 'open', 'half-open'])

/**
 * How a part stands, as its callers everywhere saw it: `healthy`, `failing` (some of the last minute's calls failed),
 * `away` (none succeeded since the first failure), `idle` (nobody called it in the last minute), `disabled` (switched off).
 */
const partHealthSchema = z.object({
  part: z.enum(partNames),
  state: z.enum(['healthy', 'failing', 'away', 'idle', 'disabled']),
  /** In the last minute; `failures` counts calls that a breaker kept back too. */
  calls: count,
  failures: count,
  p95_ms: milliseconds.nullable(),
  /** From the first failure to the latest, without a success between or since; null where it is not away. */
  away_seconds: z.number().nonnegative().nullable(),
  /** The state most in need of attention that any location last told of; null where there is no such breaker. */
  breakers: z.object({ get: breakerStateSchema.nullable(), put: breakerStateSchema.nullable() }),
})
export type PartHealth = z.output<typeof partHealthSchema>

/** The queue of what the database committed and the ledgers have not been told, as the origin last told of it. */
const outboxSchema = z.object({
  status: z.enum(['off', 'running', 'failing', 'lagging', 'parked']),
  depth: count.nullable(),
  oldest_age_ms: milliseconds.nullable(),
  parked: count.nullable(),
  relayed: count,
})
export type Outbox = z.output<typeof outboxSchema>

/** The deployment now. */
export const snapshotSchema = z.object({
  /** The latest sample's instant, which is the event's id. */
  at_ms: z.int(),
  sample: sampleSchema,
  /** Since the figures began. */
  totals: z.object({ requests: count, errors: count, hit_rate: rate.nullable() }),
  parts: z.array(partHealthSchema),
  outbox: outboxSchema.nullable(),
  /** Every alert there is, quiet ones too. */
  alerts: z.array(alertSchema),
  /**
   * With the first snapshot of a stream: the last hour; or, where `Last-Event-ID` said what the client has
   * (`is_resumed`), only the samples after it, to be appended. So too where a reader was too slow for the snapshots
   * before. Else null. It ends with this snapshot's own sample.
   */
  history: z.object({ is_resumed: z.boolean(), samples: sampleColumnsSchema }).nullable(),
})
export type Snapshot = z.output<typeof snapshotSchema>

/** Sent every 15 s, whatever else is: a connection on which none comes is dead. */
const heartbeatSchema = z.object({ at_ms: z.int() })

/** Events of the stream, by their `event:` field. Only a snapshot carries an `id:`. */
export const streamEventSchemas = {
  snapshot: snapshotSchema,
  /** An alert changed over to another state. After a break it may come again: its `id` tells. */
  alert: alertChangeSchema,
  heartbeat: heartbeatSchema,
} as const
export type StreamEventName = keyof typeof streamEventSchemas

const serviceStateSchema = z.enum(['healthy', 'unhealthy', 'disabled'])

/** `GET /api/monitoring/health`: asked now, and as all locations saw it. 503 when nothing can serve. */
export const monitoringHealthSchema = z.object({
  status: z.enum(['healthy', 'degraded', 'unhealthy']),
  worker: z.literal('boardcache'),
  version: z.string(),
  edge_location: z.string(),
  /** Probed by this request. */
  services: z.object({
    kv: serviceStateSchema,
    redis: serviceStateSchema,
    origin: serviceStateSchema,
    database: serviceStateSchema,
    ledger: serviceStateSchema,
    /** What sums the figures; while it is away `parts` is empty, `outbox` and `alerts` are null. */
    metrics: serviceStateSchema,
  }),
  parts: z.array(partHealthSchema),
  outbox: outboxSchema.nullable(),
  alerts: alertSummarySchema.nullable(),
  timestamp: z.iso.datetime(),
  response_time_ms: milliseconds,
})
export type MonitoringHealth = z.output<typeof monitoringHealthSchema>

/** `GET /api/monitoring/health/redis`: 503 while it does not answer; 200 when it does, or is switched off. */
export const redisHealthSchema = z.object({
  status: serviceStateSchema,
  /** How long a PING took; null where none came back. */
  latency_ms: milliseconds.nullable(),
  /** From INFO, where the server gives it. */
  memory: z
    .object({ used_bytes: count, peak_bytes: count.nullable(), max_bytes: count.nullable() })
    .nullable(),
  /** Of the isolate that answers. */
  breakers: z
    .object({
      get: z.object({ state: breakerStateSchema, since: z.iso.datetime() }),
      put: z.object({ state: breakerStateSchema, since: z.iso.datetime() }),
    })
    .nullable(),
  timestamp: z.iso.datetime(),
})
export type RedisHealth = z.output<typeof redisHealthSchema>

/** Durations within 2 %; zeros where `count` is 0. */
const latencySchema = z.object({
  count,
  avg_ms: milliseconds,
  p50_ms: milliseconds,
  p95_ms: milliseconds,
  p99_ms: milliseconds,
})

const performanceWindowSchema = z.object({
  /** How long it really is: less than its name says while the figures are young; null for all time. */
  seconds: z.number().nonnegative().nullable(),
  /** Reads of cached resources, as their readers waited. */
  whole: latencySchema,
  /** The same by who answered. */
  sources: eachSource(latencySchema),
  /** Calls of each part, hit or miss. */
  parts: z.object(byPart(() => latencySchema)),
})
export type PerformanceWindow = z.output<typeof performanceWindowSchema>

/** `GET /api/monitoring/metrics/performance`. */
export const performanceReportSchema = z.object({
  windows: z.object({
    '1m': performanceWindowSchema,
    '5m': performanceWindowSchema,
    '1h': performanceWindowSchema,
    all: performanceWindowSchema,
  }),
  timestamp: z.iso.datetime(),
})
export type PerformanceReport = z.output<typeof performanceReportSchema>

const cacheWindowSchema = z.object({
  seconds: z.number().nonnegative().nullable(),
  requests: count,
  hits: count,
  misses: count,
  errors: count,
  hit_rate: rate.nullable(),
  /** How many reads each answered. */
  sources: eachSource(count),
})
export type CacheWindow = z.output<typeof cacheWindowSchema>

/** How often each outcome of a tier's calls came about (`hit`, `miss`, `timeout`, `breaker-open`, …). */
const outcomesSchema = z.record(z.string(), count)

/** `data` of `GET /api/monitoring/stats/cache`. */
export const cacheReportSchema = z.object({
  windows: z.object({
    '1m': cacheWindowSchema,
    '5m': cacheWindowSchema,
    '1h': cacheWindowSchema,
    all: cacheWindowSchema,
  }),
  /** Since the figures began. */
  tiers: z.object(byTier(() => z.object({ gets: outcomesSchema, puts: outcomesSchema }))),
  invalidations: z.object({ events: count, tags: count }),
  consistency: z.object({ checks: outcomesSchema, violations: count }),
  timestamp: z.iso.datetime(),
})
export type CacheReport = z.output<typeof cacheReportSchema>
