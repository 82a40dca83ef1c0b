import { z } from 'zod'
import {
  type RedisDatabase,
  type RedisReport,
  type RedisServer,
  redisClearBodySchema,
  redisClearedSchema,
  redisKeysSchema,
  redisNamespaceSchema,
  redisReportSchema,
} from '../../shared/contract/redis.ts'
import { limits } from '../../shared/limits.ts'
import { listKeys } from '../../shared/redis/list-keys.ts'
import { byRedisNamespace, type RedisNamespaceName } from '../../shared/redis/names.ts'
import { err, ok } from '../../shared/result.ts'
import { text } from '../../shared/text.ts'
import type { RedisFindings } from '../deployment/redis/keeper.ts'
import { enveloped, respondData } from '../http/answers.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { probeQueues, type QueueState } from '../outbound/queue-probe.ts'
import { type DatabaseState, type ProbedServer, probeServers, statesOf } from '../redis/probe.ts'

const path = '/api/admin/redis'
const clearBody = { schema: redisClearBodySchema, bytesMax: limits.redisClearBodyBytesMax }

/** The shortest and the longest lifetime of the keys of each namespace, in seconds. */
const lifetimes: Readonly<Record<RedisNamespaceName, { readonly min: number; readonly max: number }>> = {
  sessions: { min: 0, max: 604_800 },
  cache: { min: limits.lifetimeSecondsMin, max: limits.lifetimeSecondsMax },
  rateLimit: { min: 1, max: 2 * limits.rateLimitWindowMaxSeconds + 1 },
  // Senders who were refused are remembered until their limit allows a message more.
  emailCache: { min: 1, max: Math.max(limits.lifetimeSecondsMax, limits.mailCompletedSeconds) },
}

const report = defineRoute({
  method: 'GET',
  path,
  summary: 'Every Redis database: its health, its size, the Redis that it is on, and who cleared it',
  description:
    'Health is probed by this request. Sizes are those of the last scheduled walk, with their time, and null before the first one; while the object that keeps them is away, all of them are null and `clears` is empty.',
  access: 'operator-reading',
  takes: {},
  gives: enveloped(redisReportSchema),
  errors: [],
  async handle({ services }) {
    const { redis, clock, config, monitoring } = services
    const [probed, queues, findings] = await Promise.all([
      probeServers(redis, clock),
      probeQueues(config, clock),
      monitoring.redisFindings(),
    ])
    const known = findings.ok ? findings.value : { sizes: {}, memories: {}, clears: [] }
    return ok(respondData(reportOf(probed, queues, known, clock.now())))
  },
})

function reportOf(
  probed: readonly ProbedServer[],
  queues: QueueState,
  { sizes, memories, clears }: RedisFindings,
  nowMs: number,
): RedisReport {
  const states = statesOf(probed)
  const databases = {
    ...byRedisNamespace((name): RedisDatabase => {
      const size = sizes[name]
      const its = probed.find(({ server }) => server.config.namespaces.includes(name))
      return {
        database: name,
        status: states[name],
        connected: states[name] !== 'unhealthy' && states[name] !== 'disabled',
        keys: size?.keys ?? null,
        memoryBytes: size?.memoryBytes ?? null,
        asOf: size === undefined ? null : new Date(size.atMs).toISOString(),
        server: its?.server.config.name ?? null,
        lifetimeSeconds: lifetimes[name],
      }
    }),
    queues: {
      database: 'queues' as const,
      status: queues.status,
      connected: queues.isConnected,
      keys: queues.jobs,
      memoryBytes: null,
      asOf: queues.jobs === null ? null : new Date(nowMs).toISOString(),
      server: null,
      lifetimeSeconds: null,
    },
  }
  return {
    overall: overallOf(Object.values(databases).map(({ status }) => status)),
    databases,
    servers: probed.map((one): RedisServer => {
      const { config } = one.server
      return {
        name: config.name,
        databases: [...config.namespaces],
        connected: one.isConnected,
        latencyMs: one.latencyMs,
        second: one.isSecondConnected === null ? null : { connected: one.isSecondConnected },
        usedMemoryBytes: memories[config.name]?.usedBytes ?? null,
        maxMemoryBytes: memories[config.name]?.maxBytes ?? null,
      }
    }),
    clears: [...clears],
    timestamp: new Date(nowMs).toISOString(),
  }
}

/** Healthy if everything that is switched on is; unhealthy if nothing of it answers. */
function overallOf(states: readonly DatabaseState[]): DatabaseState {
  const on = states.filter((state) => state !== 'disabled')
  if (on.length === 0) return 'disabled'
  if (on.every((state) => state === 'healthy')) return 'healthy'
  return on.every((state) => state === 'unhealthy') ? 'unhealthy' : 'degraded'
}

const keys = defineRoute({
  method: 'GET',
  path: `${path}/keys`,
  summary: 'A page of the keys of a Redis database, each by its digest, with its size and the lifetime left',
  description:
    'Values are never shown, and neither are keys: a key may name a user, and that of a session is as good as its token. `prefix` is the beginning of a key without its namespace.',
  access: 'operator-named',
  takes: {
    query: z.strictObject({
      database: redisNamespaceSchema,
      prefix: text(0, limits.redisPrefixCharactersMax).default(''),
      cursor: z
        .string()
        .regex(/^\d{1,20}$/, 'must be the nextCursor of the page before')
        .default('0'),
    }),
  },
  gives: enveloped(redisKeysSchema),
  errors: ['redis_unavailable'],
  async handle({ services, input }) {
    const { database, prefix, cursor } = input.query
    const server = services.redis.servers.find(({ config }) => config.namespaces.includes(database))
    if (server === undefined) return err({ code: 'redis_unavailable' })
    const signal = AbortSignal.timeout(limits.redisAdminDeadlineMs)
    const page = await listKeys(server.first, database, { prefix, cursor }, signal)
    return page.ok ? ok(respondData(page.value)) : err({ code: 'redis_unavailable' })
  },
})

const clear = defineRoute({
  method: 'DELETE',
  path,
  summary: 'Clear a Redis database: in force at once for every reader of that Redis',
  description:
    'The body repeats the name of the database. What was there is removed behind the answer. Clearing `sessions` signs everybody out, and clearing `rateLimit` lets everybody go who was refused. Clearing `cache` alone leaves the entries in KV, in the edge caches and in memory, which are judged like all entries; with `everywhere` no cached answer counts any more, in any tier, within a few seconds. Who did it and when is kept, and shown by the report.',
  access: 'operator-named',
  takes: { query: z.strictObject({ database: redisNamespaceSchema }), body: clearBody },
  gives: enveloped(redisClearedSchema),
  errors: ['redis_unavailable', 'overloaded', 'origin_unavailable', 'origin_timeout', 'write_unconfirmed'],
  async handle({ services, input, caller }) {
    const { database } = input.query
    const { confirm, everywhere } = input.body
    const faults = [
      ...(confirm === database
        ? []
        : [{ parameter: 'confirm', message: 'must be the name of the database that is to be cleared' }]),
      ...(everywhere && database !== 'cache'
        ? [{ parameter: 'everywhere', message: 'must only be true for the database cache' }]
        : []),
    ]
    if (faults.length > 0) return err({ code: 'invalid_body', details: faults })
    const cleared = await services.monitoring.clearRedis({ database, everywhere, by: caller.by })
    if (!cleared.ok) return cleared
    const { id, atMs } = cleared.value
    return ok(respondData({ database, clearedAt: new Date(atMs).toISOString(), everywhere, id }))
  },
})

/** The routes about Redis for operators (SPEC 12). */
export const redisRoutes: readonly Route[] = [report, keys, clear]
