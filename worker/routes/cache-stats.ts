import { z } from 'zod'
import { cacheStatsSchema } from '../../shared/contract/management.ts'
import { limits } from '../../shared/limits.ts'
import { ok } from '../../shared/result.ts'
import { statsOf } from '../deployment/metrics/render.ts'
import { enveloped, respondData, respondJson } from '../http/answers.ts'
import { defineRoute, type Route } from '../http/route.ts'
import type { Services } from '../services.ts'

const cacheHealthSchema = z.object({
  healthy: z.boolean(),
  stats: cacheStatsSchema,
  timestamp: z.iso.datetime(),
})

/** The deployment's cache figures, and whether a tier answers. */
export async function readCacheStats({
  services,
  edgeLocation,
}: {
  readonly services: Services
  readonly edgeLocation: string
}): Promise<z.output<typeof cacheHealthSchema>> {
  const signal = AbortSignal.timeout(limits.probeDeadlineMs)
  const [totals, kv, redis] = await Promise.all([
    services.metrics.read(edgeLocation),
    services.tiers.kv.probe(signal),
    services.tiers.redis?.probe(signal) ?? ok(undefined),
  ])
  return {
    healthy: kv.ok && redis.ok,
    stats: statsOf(totals),
    timestamp: new Date(services.clock.now()).toISOString(),
  }
}

/** Public: figures of the whole deployment, none of a workspace. */
export const cacheStatsRoutes: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path: '/api/cache-settings/health',
    summary: 'Whether the cache tiers answer, and how often they hit',
    access: 'public',
    takes: {},
    gives: cacheHealthSchema,
    errors: [],
    handle: async (call) => ok(respondJson(await readCacheStats(call))),
  }),
  defineRoute({
    method: 'GET',
    path: '/api/cache-settings/status',
    summary: 'The cache figures, the tiers, and whether Redis is switched on',
    access: 'public',
    takes: {},
    gives: enveloped(
      z.object({
        cacheStats: cacheStatsSchema,
        healthCheck: z.object({ healthy: z.boolean() }),
        redisEnabled: z.boolean(),
        timestamp: z.iso.datetime(),
      }),
    ),
    errors: [],
    async handle(call) {
      const { healthy, stats, timestamp } = await readCacheStats(call)
      return ok(
        respondData({
          cacheStats: stats,
          healthCheck: { healthy },
          redisEnabled: call.services.tiers.redis !== null,
          timestamp,
        }),
      )
    },
  }),
]
