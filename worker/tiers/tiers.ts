import type { Clock } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'
import type { Config } from '../config.ts'
import type { Recorder } from '../metrics/events.ts'
import { createKvTier } from './kv.ts'
import { createRedisTier } from './redis.ts'
import type { TierSlot } from './slots.ts'
import type { Tier } from './tier.ts'
import { withDeadline } from './with-deadline.ts'
import { withMetrics } from './with-metrics.ts'

export interface Tiers {
  readonly kv: Tier
  /** Null: switched off. */
  readonly redis: Tier | null
  /** From near to far. */
  readonly slots: readonly TierSlot[]
}

interface TiersOptions {
  readonly namespace: KVNamespace
  readonly config: Config
  readonly clock: Clock
  readonly recorder: Recorder
}

/**
 * The tiers of this deployment. With Redis, a page reaches KV on its second use: Redis keeps the first copy for all
 * locations, and a page looked at once is not worth KV's dearer write. Without Redis every fill goes to KV.
 */
export function createTiers({ namespace, config, clock, recorder }: TiersOptions): Tiers {
  const guarded = (tier: Tier, deadlineMs: number) =>
    withMetrics(withDeadline(tier, clock, deadlineMs), clock, recorder)
  const kv = guarded(createKvTier(namespace, clock), limits.kvDeadlineMs)
  const redis =
    config.redis === null ? null : guarded(createRedisTier(config.redis, clock), limits.redisDeadlineMs)
  const slots: TierSlot[] = [
    {
      tier: kv,
      source: 'cloudflare_kv',
      isNear: false,
      admits: redis === null ? 'every-fill' : 'second-use',
    },
  ]
  if (redis !== null) slots.push({ tier: redis, source: 'redis_cache', isNear: false, admits: 'every-fill' })
  return { kv, redis, slots }
}
