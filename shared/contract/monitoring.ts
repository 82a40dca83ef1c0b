import { z } from 'zod'
import { alertChangeSchema, alertSchema, alertSummarySchema } from './alerts.ts'
import { byPart, bySource, byTier, partNames } from './tier-names.ts'

/**
 * The answers of the routes under `/api/monitoring`, and the events of the stream. Health and figures come bare, as `/health`
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

/** Reads of cached resources in a span of time that ended at `at_ms`. */
const sampleSchema = z.object({
  at_ms: z.int(),
  /** The length of the span: 1 for the newest samples, more for older ones. */
  seconds: z.number().positive(),
  requests: count,
  /** Answers with a status of 500 or above. */
  errors: count,
  /** Answers with a status from 400 to 499, among them that something does not exist. A release that does not count them sends none. */
  client_errors: count.default(0),
  /** Null if nothing was read, like the latencies. */
  hit_rate: rate.nullable(),
  avg_ms: milliseconds.nullable(),
  p50_ms: milliseconds.nullable(),
  p95_ms: milliseconds.nullable(),
  p99_ms: milliseconds.nullable(),
  /** How many reads each source answered. Errors have no source. */
  sources: eachSource(count),
})
export type Sample = z.output<typeof sampleSchema>

/** Samples in columns of equal length, oldest first. */
const sampleColumnsSchema = z.object({
  at_ms: z.array(z.int()),
  seconds: z.array(z.number().positive()),
  requests: z.array(count),
  errors: z.array(count),
  client_errors: z.array(count).default(() => []),
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
 * The health of a part, as seen by its callers everywhere: `healthy`, `failing` (some calls of the last minute failed),
 * `away` (none has succeeded since the first failure), `idle` (no calls in the last minute), `disabled` (switched off).
 */
const partHealthSchema = z.object({
  part: z.enum(partNames),
  state: z.enum(['healthy', 'failing', 'away', 'idle', 'disabled']),
  /** In the last minute. `failures` includes calls that a breaker held back. */
  calls: count,
  failures: count,
  p95_ms: milliseconds.nullable(),
  /** Time from the first failure to the latest, with no success in between or since; null if the part is not away. */
  away_seconds: z.number().nonnegative().nullable(),
  /** The worst state that any location last reported; null if there is no such breaker. */
  breakers: z.object({ get: breakerStateSchema.nullable(), put: breakerStateSchema.nullable() }),
})
export type PartHealth = z.output<typeof partHealthSchema>

/**
 * The queue of changes that the database has committed and the ledgers do not know yet, as the origin last reported it.
 */
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
  /** The time of the latest sample, which is also the event's id. */
  at_ms: z.int(),
  sample: sampleSchema,
  /** Since the figures began. */
  totals: z.object({ requests: count, errors: count, hit_rate: rate.nullable() }),
  parts: z.array(partHealthSchema),
  outbox: outboxSchema.nullable(),
  /** All alerts, inactive ones included. */
  alerts: z.array(alertSchema),
  /**
   * The first snapshot of a stream has the last hour or, if `Last-Event-ID` named what the client has (`is_resumed`),
   * only the samples after it, to be appended. A reader that was too slow for earlier snapshots gets what it missed in
   * the same way. Otherwise null. The last sample is this snapshot's own.
   */
  history: z.object({ is_resumed: z.boolean(), samples: sampleColumnsSchema }).nullable(),
})
export type Snapshot = z.output<typeof snapshotSchema>

/** Sent every 15 s. A connection on which no heartbeat arrives is dead. */
const heartbeatSchema = z.object({ at_ms: z.int() })

/** Events of the stream, by their `event:` field. Only a snapshot has an `id:`. */
export const streamEventSchemas = {
  snapshot: snapshotSchema,
  /** An alert changed its state. After a reconnect the same change may be sent again, with the same `id`. */
  alert: alertChangeSchema,
  heartbeat: heartbeatSchema,
} as const
export type StreamEventName = keyof typeof streamEventSchemas

const serviceStateSchema = z.enum(['healthy', 'unhealthy', 'disabled'])

/**
 * `GET /api/monitoring/health`: probes of this moment, and the health that all locations saw. 503 if nothing can serve.
 */
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
    /** The object that sums the figures. While it is away, `parts` is empty, and `outbox` and `alerts` are null. */
    metrics: serviceStateSchema,
  }),
  parts: z.array(partHealthSchema),
  outbox: outboxSchema.nullable(),
  alerts: alertSummarySchema.nullable(),
  timestamp: z.iso.datetime(),
  response_time_ms: milliseconds,
})
export type MonitoringHealth = z.output<typeof monitoringHealthSchema>

/** `GET /api/monitoring/health/redis`: 503 while Redis does not answer; 200 if it does, or is switched off. */
export const redisHealthSchema = z.object({
  status: serviceStateSchema,
  /** The duration of a PING; null if it was not answered. */
  latency_ms: milliseconds.nullable(),
  /** From INFO, if the server supports it. */
  memory: z
    .object({ used_bytes: count, peak_bytes: count.nullable(), max_bytes: count.nullable() })
    .nullable(),
  /** Those of the isolate that answers. */
  breakers: z
    .object({
      get: z.object({ state: breakerStateSchema, since: z.iso.datetime() }),
      put: z.object({ state: breakerStateSchema, since: z.iso.datetime() }),
    })
    .nullable(),
  timestamp: z.iso.datetime(),
})
export type RedisHealth = z.output<typeof redisHealthSchema>

/** Durations within 2 %; all 0 if `count` is 0. */
const latencySchema = z.object({
  count,
  avg_ms: milliseconds,
  p50_ms: milliseconds,
  p95_ms: milliseconds,
  p99_ms: milliseconds,
})

const performanceWindowSchema = z.object({
  /** The time really covered, which is less than the name says while the figures are young; null for all time. */
  seconds: z.number().nonnegative().nullable(),
  /** Reads of cached resources, as long as their readers waited. */
  whole: latencySchema,
  /** The same reads by source. */
  sources: eachSource(latencySchema),
  /** Calls to each part, hits and misses alike. */
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
  /** How many reads each source answered. */
  sources: eachSource(count),
})
export type CacheWindow = z.output<typeof cacheWindowSchema>

/** How often each outcome of a tier's calls occurred (`hit`, `miss`, `timeout`, `breaker-open`, …). */
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
