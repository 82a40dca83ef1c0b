import { z } from 'zod'
import { limits } from '../limits.ts'
import { redisDatabaseNames, redisNamespaceNames } from '../redis/names.ts'
import { operatorNameSchema } from './operator-name.ts'

/**
 * The routes for operators about Redis (SPEC 12), all in the envelope `{"success": true, "data": …}`:
 *
 *   GET    /api/admin/redis                                      RedisReport
 *   GET    /api/admin/redis/keys?database=&prefix=&cursor=       RedisKeys
 *   DELETE /api/admin/redis?database=   {"confirm", "everywhere"?}   RedisCleared
 *
 * They are for the internal key and for admins of the operators' workspace; METRICS_TOKEN only gets the report. `redis_unavailable`
 * (503) while the Redis in question does not answer: then nothing was cleared.
 */
const count = z.int().nonnegative()
const stateSchema = z.enum(['healthy', 'degraded', 'unhealthy', 'disabled'])

const databaseSchema = z.object({
  database: z.enum(redisDatabaseNames),
  /** `degraded`: it answers, but from its second Redis, or some of its calls fail. `disabled`: switched off. */
  status: stateSchema,
  connected: z.boolean(),
  /** Counted by the scheduled walk that ended at `asOf`, those that are being swept included; null before the first one. */
  keys: count.nullable(),
  /** Keys and values with an allowance for each key, estimated from a sample; null before the first walk. */
  memoryBytes: count.nullable(),
  asOf: z.iso.datetime().nullable(),
  /** The Redis that it is on, by the name of one of `servers`; null for queues, and if it is switched off. */
  server: z.string().nullable(),
  /** The shortest and the longest lifetime that its keys are given, in seconds. */
  lifetimeSeconds: z.object({ min: count, max: count }).nullable(),
})
export type RedisDatabase = z.output<typeof databaseSchema>

const serverSchema = z.object({
  /** `main`, or the namespace that has this Redis to itself. */
  name: z.string(),
  databases: z.array(z.enum(redisNamespaceNames)),
  connected: z.boolean(),
  latencyMs: z.number().nonnegative().nullable(),
  /** Whether there is a second URL, and whether it answers; null if there is none. */
  second: z.object({ connected: z.boolean() }).nullable(),
  /** Null where neither the server nor the configuration says it. */
  usedMemoryBytes: count.nullable(),
  maxMemoryBytes: count.nullable(),
})
export type RedisServer = z.output<typeof serverSchema>

const clearSchema = z.object({
  id: z.string(),
  database: z.enum(redisNamespaceNames),
  everywhere: z.boolean(),
  by: operatorNameSchema,
  at: z.iso.datetime(),
  /** `unconfirmed`: Redis did not answer, so the caller got a 503. */
  outcome: z.enum(['cleared', 'unconfirmed', 'started']),
  /** Keys that the sweep behind it has removed; null if it has not ended yet. */
  swept: count.nullable(),
})
export type RedisClear = z.output<typeof clearSchema>

export const redisReportSchema = z.object({
  overall: stateSchema,
  databases: z.object({
    sessions: databaseSchema,
    cache: databaseSchema,
    queues: databaseSchema,
    rateLimit: databaseSchema,
    emailCache: databaseSchema,
  }),
  servers: z.array(serverSchema),
  /** The newest first. */
  clears: z.array(clearSchema).max(limits.redisClearsKeptMax),
  timestamp: z.iso.datetime(),
})
export type RedisReport = z.output<typeof redisReportSchema>

export const redisNamespaceSchema = z.enum(redisNamespaceNames)

/** A key is shown by its digest: it may name a user, and a session's key is as good as its token. */
export const redisKeysSchema = z.object({
  keys: z
    .array(
      z.object({
        /** The first 16 bytes of the SHA-256 of the key without its namespace, in hexadecimal. */
        digest: z.string(),
        kind: z.enum(['value', 'counter']),
        /** Null if the key does not expire. */
        lifetimeSeconds: z.number().nonnegative().nullable(),
        bytes: count,
        /** Whether it was written before the last clearing, so that no reader gets it. Null for a value. */
        isCleared: z.boolean().nullable(),
      }),
    )
    .max(limits.redisWalkKeysMax),
  /** Null at the end. A page may be short, or even empty, before it. */
  nextCursor: z.string().nullable(),
})

export const redisClearBodySchema = z.strictObject({
  /** The name of the database again. */
  confirm: z.string(),
  /** Only for `cache`: all workspaces' tags move besides, so that every tier everywhere starts again. */
  everywhere: z.boolean().default(false),
})

export const redisClearedSchema = z.object({
  database: redisNamespaceSchema,
  clearedAt: z.iso.datetime(),
  everywhere: z.boolean(),
  /** The record of this clearing. */
  id: z.string(),
})
