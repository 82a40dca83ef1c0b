import { z } from 'zod'
import { boardIdSchema } from '../ids.ts'

/** What the routes that manage a workspace's cache answer under `data` (SPEC 5). Times in milliseconds. */
const measured = <const Type extends string>(type: Type) =>
  z.object({ timeMs: z.number(), type: z.literal(type), improvementPercent: z.number() })

/** Null where the tier is switched off or did not answer: what was not measured is not told. */
const performanceSchema = z.object({
  standard: z.object({ timeMs: z.number(), type: z.literal('database') }),
  redisCold: measured('redis_miss').nullable(),
  redisWarm: measured('redis_hit').nullable(),
  edge: measured('kv_hit').nullable(),
})

/** Figures of the deployment since they began. */
const cacheStatsSchema = z.object({
  hits: z.int(),
  misses: z.int(),
  sets: z.int(),
  deletes: z.int(),
  errors: z.int(),
  hitRate: z.string(),
  total: z.int(),
})

/** What `/api/cache-settings/health` answers, and `/status` as its `healthCheck`. */
export const cacheHealthSchema = z.object({
  /** Whether KV answers, and Redis where it is switched on. */
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
  /** Entries that are now cached: what was there already counts too, what settings keep out does not. */
  entriesWarmed: z.int(),
  /** The boards all of whose entries are warm, and how many they are. */
  boards: z.array(boardIdSchema),
  boardsWarmed: z.int(),
  /** Whether the workspace's counts are warm. */
  counts: z.boolean(),
  /** How many of the entries are of each resource that is warmed. */
  resources: z.record(z.string(), z.int()),
})
export type WarmUp = z.output<typeof warmUpSchema>

/** `deletedEntries` counts the tags that moved on: what depended on them is outdated everywhere at once. */
export const workspaceInvalidatedSchema = z.object({
  deletedEntries: z.int(),
  patterns: z.array(z.string()),
  version: z.int(),
})
