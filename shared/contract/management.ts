import { z } from 'zod'

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
export type Performance = z.output<typeof performanceSchema>

/** Figures of the deployment since they began. */
export const cacheStatsSchema = z.object({
  hits: z.int(),
  misses: z.int(),
  sets: z.int(),
  deletes: z.int(),
  errors: z.int(),
  hitRate: z.string(),
  total: z.int(),
})

export const performanceAnswerSchema = z.object({
  performance: performanceSchema,
  cacheStats: cacheStatsSchema,
})
export type PerformanceAnswer = z.output<typeof performanceAnswerSchema>

export const warmUpSchema = z.object({
  warmupTimeMs: z.number(),
  /** Entries that are now cached: what was there already counts too, what settings keep out does not. */
  entriesWarmed: z.int(),
  boards: z.int(),
  counts: z.boolean(),
})
export type WarmUp = z.output<typeof warmUpSchema>

/** `deletedEntries` counts the tags that moved on: what depended on them is outdated everywhere at once. */
export const workspaceInvalidatedSchema = z.object({
  deletedEntries: z.int(),
  patterns: z.array(z.string()),
  version: z.int(),
})
