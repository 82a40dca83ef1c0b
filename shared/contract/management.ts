import { z } from 'zod'
import { boardIdSchema } from '../ids.ts'

/** The `data` of the routes that manage a workspace's cache (SPEC 5). Times are in milliseconds. */
const measured = <const Type extends string>(type: Type) =>
  z.object({ timeMs: z.number(), type: z.literal(type), improvementPercent: z.number() })

/** A measurement is null if its tier is switched off or did not answer. */
const performanceSchema = z.object({
  standard: z.object({ timeMs: z.number(), type: z.literal('database') }),
  redisCold: measured('redis_miss').nullable(),
  redisWarm: measured('redis_hit').nullable(),
  edge: measured('kv_hit').nullable(),
})

/** The metrics of the deployment since their start. */
const cacheStatsSchema = z.object({
  hits: z.int(),
  misses: z.int(),
  sets: z.int(),
  deletes: z.int(),
  errors: z.int(),
  hitRate: z.string(),
  total: z.int(),
})

/** The `data` of `/api/cache-settings/health`, and the `healthCheck` of `/status`. */
export const cacheHealthSchema = z.object({
  /** Whether KV answers, and Redis if it is switched on. */
  healthy: z.boolean(),
  stats: cacheStatsSchema,
  timestamp: z.iso.datetime(),
})
export type CacheHealth = z.output<typeof cacheHealthSchema>

export const cacheStatusSchema = z.object({
  cacheStats: cacheStatsSchema,
  healthCheck: cacheHealthSchema,
  redisEnabled: z.boolean(),
  timestamp: z.iso.datetime(),
})

export const performanceAnswerSchema = z.object({
  /** The declared resource that was read. */
  resource: z.string(),
  performance: performanceSchema,
  cacheStats: cacheStatsSchema,
})
export type PerformanceAnswer = z.output<typeof performanceAnswerSchema>

export const warmUpSchema = z.object({
  warmupTimeMs: z.number(),
  /** The entries that are cached now. It counts those that were cached before, and none that the settings exclude. */
  entriesWarmed: z.int(),
  /** The boards of which every entry is warm. */
  boards: z.array(boardIdSchema),
  /** The number of these boards. */
  boardsWarmed: z.int(),
  /** Whether the workspace's counts are warm. */
  counts: z.boolean(),
  /** The number of warm entries of each resource. */
  resources: z.record(z.string(), z.int()),
})
export type WarmUp = z.output<typeof warmUpSchema>

/** `deletedEntries` counts the scopes that moved. The entries that depend on them are outdated everywhere at once. */
export const workspaceInvalidatedSchema = z.object({
  deletedEntries: z.int(),
  patterns: z.array(z.string()),
  version: z.int(),
})
