import type { Clock } from '../shared/clock.ts'
import { systemClock } from '../shared/clock.ts'
import { limits } from '../shared/limits.ts'
import type { Bearer } from './auth/bearer.ts'
import { createBearer } from './auth/bearer.ts'
import type { Memberships } from './auth/membership.ts'
import { createMemberships } from './auth/membership.ts'
import type { Ask } from './cache/ask.ts'
import { createAsk } from './cache/ask.ts'
import { createLoader } from './cache/load.ts'
import { createReader } from './cache/read.ts'
import type { SettingsReader } from './cache/settings.ts'
import { createSettingsReader } from './cache/settings.ts'
import { createStore } from './cache/store.ts'
import type { Config, Env } from './config.ts'
import { parseConfig } from './config.ts'
import type { LedgerClient } from './ledger/client.ts'
import { createLedgerClient } from './ledger/client.ts'
import { createViews } from './ledger/view.ts'
import type { MetricsClient } from './metrics/client.ts'
import { createMetricsClient } from './metrics/client.ts'
import type { Origin } from './origin/origin.ts'
import { createOrigin } from './origin/origin.ts'
import { createKvTier } from './tiers/kv.ts'
import { createRedisTier } from './tiers/redis.ts'
import type { TierSlot } from './tiers/slots.ts'
import type { Tier } from './tiers/tier.ts'
import { withDeadline } from './tiers/with-deadline.ts'
import { withMetrics } from './tiers/with-metrics.ts'

/** The parts of the Worker, put together once an isolate. */
export interface Services {
  readonly config: Config
  readonly clock: Clock
  readonly metrics: MetricsClient
  readonly bearer: Bearer
  readonly memberships: Memberships
  readonly ledger: LedgerClient
  readonly origin: Origin
  readonly kv: Tier
  /** Null: switched off. */
  readonly redis: Tier | null
  readonly settings: SettingsReader
  readonly ask: Ask
}

export function createServices(env: Env): Services {
  const config = parseConfig(env)
  const clock = systemClock
  const metrics = createMetricsClient(env.METRICS, clock)
  const { recorder } = metrics
  const ledger = createLedgerClient(
    (workspaceId) => env.LEDGER.get(env.LEDGER.idFromName(workspaceId)),
    clock,
    recorder,
  )
  const origin = createOrigin({
    url: config.originUrl,
    internalAuthKey: config.internalAuthKey,
    clock,
    recorder,
  })
  const guarded = (tier: Tier, deadlineMs: number) =>
    withMetrics(withDeadline(tier, clock, deadlineMs), clock, recorder)
  const kv = guarded(createKvTier(env.BOARD_CACHE, clock), limits.kvDeadlineMs)
  const redis =
    config.redis === null ? null : guarded(createRedisTier(config.redis, clock), limits.redisDeadlineMs)
  const slots = tierSlots(kv, redis)
  const views = createViews({ ledger, clock, boundMs: config.stalenessBoundMs })
  const store = createStore(slots)
  const load = createLoader({ views, store, clock, staleIfErrorSeconds: config.staleIfErrorSeconds })
  const reader = createReader({ slots, views, load, store, clock })
  const settings = createSettingsReader(reader, origin, views, clock)

  return {
    config,
    clock,
    metrics,
    bearer: createBearer({
      issuer: config.jwt.issuer,
      audience: config.jwt.audience,
      jwtSecret: config.jwt.secret,
      jwksUrl: config.jwt.jwksUrl,
      clock,
    }),
    memberships: createMemberships({
      clock,
      ask: (principal, workspaceId, requestId) =>
        origin.membership(workspaceId, { token: principal.token, requestId }),
    }),
    ledger,
    origin,
    kv,
    redis,
    settings,
    ask: createAsk(reader, settings, origin),
  }
}

/**
 * The tiers from near to far. With Redis, a page reaches KV on its second use: Redis keeps the first copy for all
 * locations, and a page looked at once is not worth KV's dearer write. Without Redis every fill goes to KV.
 */
function tierSlots(kv: Tier, redis: Tier | null): TierSlot[] {
  if (redis === null) return [{ tier: kv, source: 'cloudflare_kv', admits: 'every-fill' }]
  return [
    { tier: kv, source: 'cloudflare_kv', admits: 'second-use' },
    { tier: redis, source: 'redis_cache', admits: 'every-fill' },
  ]
}
