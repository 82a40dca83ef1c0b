import { z } from 'zod'
import { alertRuleNameSchema } from './alerts.ts'
import { bySource } from './tier-names.ts'

/**
 * Figures by hour, and where reads and misses come from. Nothing here is a metric's label. `at_ms` is the beginning of an hour. Rates and
 * times are null where nothing was read. A hit is an answer from a tier, fresh or stale; every other read is a miss, errors included.
 *
 *   GET /api/monitoring/history            HistoryReport: reads by hour, by resource and by route
 *   GET /api/monitoring/marks              Marks: deploys and changes of alerts
 *   GET /api/monitoring/hottest            Hottest: the most read keys and boards, the workspaces with the most misses
 *   GET /api/monitoring/hottest/board      BoardReport: one board
 *   GET /api/workspace/statistics          WorkspaceStatistics: the caller's own workspace
 */
const count = z.int().nonnegative()
const milliseconds = z.number().nonnegative()
const rate = z.number().min(0).max(1)

/** Reads of a span of hours. Percentiles of hours cannot be merged, so there is that of the worst hour. */
const readsSchema = z.object({
  requests: count,
  hits: count,
  misses: count,
  errors: count,
  client_errors: count,
  hit_rate: rate.nullable(),
  avg_ms: milliseconds.nullable(),
  worst_p95_ms: milliseconds.nullable(),
})

/** Reads by hour, in columns. Hours without reads are left out. Percentiles are those of all reads of the hour, within 2 %. */
const hourColumnsSchema = z.object({
  at_ms: z.array(z.int()),
  requests: z.array(count),
  hits: z.array(count),
  errors: z.array(count),
  client_errors: z.array(count),
  avg_ms: z.array(milliseconds.nullable()),
  p50_ms: z.array(milliseconds.nullable()),
  p95_ms: z.array(milliseconds.nullable()),
  p99_ms: z.array(milliseconds.nullable()),
  sources: z.object(bySource(() => z.array(count))),
})
export type HourColumns = z.output<typeof hourColumnsSchema>

export const historyReportSchema = z.object({
  from_ms: z.int(),
  to_ms: z.int(),
  /** The oldest hour that is kept, at most 30 days ago; null if there is none. */
  kept_from_ms: z.int().nullable(),
  hours: hourColumnsSchema,
  /** Over all of these hours, the most read first. */
  resources: z.array(readsSchema.extend({ resource: z.string() })),
  /** By the pattern of the route, the most requested first. The hit rate is that of the resource that the route serves. */
  routes: z.array(
    z.object({
      route: z.string(),
      resource: z.string().nullable(),
      requests: count,
      errors: count,
      client_errors: count,
      hit_rate: rate.nullable(),
      avg_ms: milliseconds.nullable(),
      worst_p95_ms: milliseconds.nullable(),
    }),
  ),
})
export type HistoryReport = z.output<typeof historyReportSchema>

export const marksSchema = z.object({
  /** When each version of the Worker was first seen, and when it ran again after another one, the newest first. */
  deploys: z.array(z.object({ at_ms: z.int(), version: z.string() })),
  /** Alerts that fired and were resolved, the newest first. */
  alerts: z.array(
    z.object({
      at_ms: z.int(),
      name: z.string(),
      rule: alertRuleNameSchema,
      severity: z.enum(['critical', 'warning']),
      to: z.enum(['firing', 'resolved']),
    }),
  ),
})
export type Marks = z.output<typeof marksSchema>

/**
 * Reads that were counted. The true number is from `reads` to `reads_max`; the difference is 0 unless more things are read in an hour
 * than are tracked. The other figures are of the counted reads.
 */
const countedShape = {
  reads: count,
  reads_max: count,
  misses: count,
  errors: count,
  hit_rate: rate.nullable(),
  avg_ms: milliseconds.nullable(),
}

/** Whatever is not listed has at most this many reads (or misses). */
const unlistedMax = count

const boardSchema = z.object({ workspace_id: z.string(), board_id: z.string(), ...countedShape })

export const hottestSchema = z.object({
  from_ms: z.int(),
  to_ms: z.int(),
  /** All reads of these hours. */
  reads: count,
  keys: z.object({
    unlisted_max: unlistedMax,
    rows: z.array(
      z.object({
        /** Of the key of the entry, as `/api/admin/redis/keys` shows it. */
        digest: z.string(),
        resource: z.string(),
        workspace_id: z.string().nullable(),
        /** Parameters by name. */
        params: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
        /** Parameters that were given and are never shown, such as a search or a phone number. */
        hidden: z.array(z.string()),
        ...countedShape,
      }),
    ),
  }),
  boards: z.object({ unlisted_max: unlistedMax, rows: z.array(boardSchema) }),
  workspaces: z.object({
    unlisted_max: unlistedMax,
    rows: z.array(
      z.object({
        workspace_id: z.string(),
        /** The true number is from `misses` to `misses_max`. */
        misses: count,
        misses_max: count,
        errors: count,
        /** The resources with the most misses of it, at most three. */
        resources: z.array(z.object({ resource: z.string(), misses: count })),
      }),
    ),
  }),
})
export type Hottest = z.output<typeof hottestSchema>

export const boardReportSchema = z.object({
  from_ms: z.int(),
  to_ms: z.int(),
  /** Null if the board is not tracked. Then it has at most `unlisted_max` reads. */
  board: boardSchema.nullable(),
  unlisted_max: unlistedMax,
  resources: z.array(z.object({ resource: z.string(), reads: count, misses: count, errors: count })),
})
export type BoardReport = z.output<typeof boardReportSchema>

const ownReadsShape = {
  reads: count,
  hits: count,
  misses: count,
  errors: count,
  hit_rate: rate.nullable(),
  avg_ms: milliseconds.nullable(),
}

/** The reads of one workspace. Nothing in it depends on other workspaces, except `unlisted_max`. */
export const workspaceStatisticsSchema = z.object({
  from_ms: z.int(),
  to_ms: z.int(),
  whole: z.object(ownReadsShape),
  /** Oldest first. Hours without reads are left out. */
  hours: z.array(z.object({ at_ms: z.int(), ...ownReadsShape })),
  /** The most read first. */
  resources: z.array(z.object({ resource: z.string(), ...ownReadsShape })),
  /** Reads that may be missing. 0 unless more workspaces than are tracked are read within an hour. */
  unlisted_max: unlistedMax,
})
export type WorkspaceStatistics = z.output<typeof workspaceStatisticsSchema>
