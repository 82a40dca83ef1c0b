import type { MonitoringHealth, RedisHealth } from '../../shared/contract/monitoring.ts'
import { monitoringHealthSchema, redisHealthSchema } from '../../shared/contract/monitoring.ts'
import { limits } from '../../shared/limits.ts'
import { ok } from '../../shared/result.ts'
import { summaryOf } from '../deployment/streams/snapshot.ts'
import { respondJson } from '../http/answers.ts'
import { defineRoute, type Route } from '../http/route.ts'
import type { BreakerStatus } from '../outbound/circuit-breaker.ts'
import { readRedisMemory } from '../redis/memory.ts'
import { overall, probeAll, probeDatabases } from './health.ts'

const whole = defineRoute({
  method: 'GET',
  path: '/api/monitoring/health',
  summary: 'The health of every part, now and as its callers saw it, with the outbox and the firing alerts',
  description: 'The status is 503, with the same body, while no part can serve reads.',
  access: 'operator',
  takes: {},
  gives: monitoringHealthSchema,
  errors: [],
  async handle(call) {
    const { services, edgeLocation, startedAtMs } = call
    const [{ parts }, databases, seen] = await Promise.all([
      probeAll(services),
      probeDatabases(services),
      services.monitoring.now(),
    ])
    const status = overall(parts, databases)
    const nowMs = services.clock.now()
    const now = seen.ok ? seen.value : null
    const health: MonitoringHealth = {
      status,
      worker: 'boardcache',
      version: services.config.version,
      edge_location: edgeLocation,
      services: { ...parts, metrics: seen.ok ? 'healthy' : 'unhealthy' },
      parts: now?.parts ?? [],
      outbox: now?.outbox ?? null,
      alerts: now === null ? null : summaryOf(now.alerts),
      timestamp: new Date(nowMs).toISOString(),
      response_time_ms: nowMs - startedAtMs,
    }
    return ok(respondJson(health, status === 'unhealthy' ? 503 : 200))
  },
})

const redisHealth = defineRoute({
  method: 'GET',
  path: '/api/monitoring/health/redis',
  summary: 'Whether Redis answers and how fast, its memory, and the circuit breakers in front of it',
  description: 'The status is 503, with the same body, while Redis does not answer.',
  access: 'operator',
  takes: {},
  gives: redisHealthSchema,
  errors: [],
  async handle(call) {
    const { tiers, redis, clock } = call.services
    const timestamp = () => new Date(clock.now()).toISOString()
    const cache = redis.namespaces.cache ?? redis.namespaces.emailCache
    if (tiers.redis === null || cache === null) {
      const off: RedisHealth = {
        ...{ status: 'disabled', latency_ms: null, memory: null, breakers: null },
        timestamp: timestamp(),
      }
      return ok(respondJson(off))
    }
    const startedAtMs = clock.now()
    const probe = await tiers.redis.probe(AbortSignal.timeout(limits.probeDeadlineMs))
    const latencyMs = clock.now() - startedAtMs
    const memory = probe.ok
      ? await readRedisMemory(cache.client, AbortSignal.timeout(limits.probeDeadlineMs))
      : null
    const { get, put } = tiers.redis.breakers()
    const health: RedisHealth = {
      status: probe.ok ? 'healthy' : 'unhealthy',
      latency_ms: probe.ok ? latencyMs : null,
      memory: memory && {
        used_bytes: memory.usedBytes,
        peak_bytes: memory.peakBytes,
        max_bytes: memory.maxBytes,
      },
      breakers: { get: breakerOf(get), put: breakerOf(put) },
      timestamp: timestamp(),
    }
    return ok(respondJson(health, probe.ok ? 200 : 503))
  },
})

function breakerOf({ state, sinceMs }: BreakerStatus) {
  return { state, since: new Date(sinceMs).toISOString() }
}

export const monitoringHealthRoutes: readonly Route[] = [whole, redisHealth]
