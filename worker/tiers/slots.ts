import type { Source } from '../../shared/resources/resource.ts'
import type { TierName } from '../metrics/events.ts'
import type { Tier } from './tier.ts'

/** A tier at its depth in the read path: shallow and near the reader first. */
export interface TierSlot {
  readonly tier: Tier
  /** How answers name it. */
  readonly source: Source
  /**
   * Which entries it takes. `every-fill`: each that was loaded. `second-use`: only those that are read again, where a
   * deeper tier holds the first copy: a page that is looked at once is not worth a write there.
   */
  readonly admits: 'every-fill' | 'second-use'
}

/** Who finds an entry that a tier took: this isolate, this data centre, or every location. */
export const tierReach: Readonly<Record<TierName, 'isolate' | 'location' | 'everywhere'>> = {
  memory: 'isolate',
  'edge-cache': 'location',
  kv: 'everywhere',
  redis: 'everywhere',
}

/** The tiers there are, each with its policy around it. Null: switched off. */
export interface Tiers {
  readonly memory: Tier
  readonly edgeCache: Tier
  readonly kv: Tier
  readonly redis: Tier | null
}

/**
 * The tiers from near to far. Memory and the edge cache cost nothing to write and take every fill. With Redis, a page
 * reaches KV on its second use: Redis keeps the first copy for all locations, and a page looked at once is not worth
 * KV's dearer write. Without Redis every fill goes to KV.
 */
export function arrangeTiers({ memory, edgeCache, kv, redis }: Tiers): readonly TierSlot[] {
  const near: TierSlot[] = [
    { tier: memory, source: 'memory', admits: 'every-fill' },
    { tier: edgeCache, source: 'edge_cache', admits: 'every-fill' },
  ]
  if (redis === null) return [...near, { tier: kv, source: 'cloudflare_kv', admits: 'every-fill' }]
  return [
    ...near,
    { tier: kv, source: 'cloudflare_kv', admits: 'second-use' },
    { tier: redis, source: 'redis_cache', admits: 'every-fill' },
  ]
}
