import type { CacheHealth } from '../../shared/contract/management.ts'
import { cacheHealthSchema, cacheStatusSchema } from '../../shared/contract/management.ts'
import { limits } from '../../shared/limits.ts'
import { ok } from '../../shared/result.ts'
import { statsOf } from '../deployment/metrics/render.ts'
import { enveloped, respondData } from '../http/answers.ts'
import { defineRoute, type Route } from '../http/route.ts'
import type { Services } from '../services.ts'

/** The cache metrics of the deployment, and whether KV and Redis answer. */
export async function readCacheHealth({
  services,
  edgeLocation,
}: {
  readonly services: Services
  readonly edgeLocation: string
}): Promise<CacheHealth> {
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

/** Public routes. Their metrics describe the whole deployment and never a workspace. */
export const cacheStatsRoutes: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path: '/api/cache-settings/health',
    summary: 'Whether the cache tiers answer, with the hits and misses of the deployment',
    access: 'public',
    takes: {},
    gives: enveloped(cacheHealthSchema),
    errors: [],
    handle: async (call) => ok(respondData(await readCacheHealth(call))),
  }),
  defineRoute({
    method: 'GET',
    path: '/api/cache-settings/status',
    summary: 'The cache metrics, the health of the tiers, and whether Redis is switched on',
    access: 'public',
    takes: {},
    gives: enveloped(cacheStatusSchema),
    errors: [],
    async handle(call) {
      const healthCheck = await readCacheHealth(call)
      return ok(
        respondData({
          cacheStats: healthCheck.stats,
          healthCheck,
          redisEnabled: call.services.tiers.redis !== null,
          timestamp: healthCheck.timestamp,
        }),
      )
    },
  }),
]
