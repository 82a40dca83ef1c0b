import type { Clock } from '../../shared/clock.ts'
import { wireNamesOfTiers } from '../../shared/contract/tier-names.ts'
import { limits } from '../../shared/limits.ts'
import type { Config } from '../config.ts'
import type { Recorder } from '../events.ts'
import type { LocationCache } from '../platform/location-cache.ts'
import type { RedisDatabases, RedisServer } from '../redis/databases.ts'
import { createTierByNamespace } from './by-namespace.ts'
import { createTierByRegion, type RegionTier } from './by-region.ts'
import { createEdgeCacheTier } from './edge-cache.ts'
import { createKvTier } from './kv.ts'
import type { MemoryTier } from './memory.ts'
import { createMemoryTier } from './memory.ts'
import { createRedisTier, type EntryNamespaces } from './redis.ts'
import type { TierSlot } from './slots.ts'
import type { Tier } from './tier.ts'
import type { BreakerTier } from './with-breaker.ts'
import { withBreaker } from './with-breaker.ts'
import { withDeadline } from './with-deadline.ts'
import { withMetrics } from './with-metrics.ts'
import { withWritePause } from './with-write-pause.ts'

interface TiersOptions {
  readonly namespace: KVNamespace
  /** The cache of the location. */
  readonly cache: LocationCache
  readonly redisServers: RedisDatabases['servers']
  /** The other regions, and the order in which all are tried; absent where there is one region. */
  readonly regions?: RegionalTiers | undefined
  readonly config: Pick<Config, 'memoryCacheBytes' | 'isEdgeCacheEnabled'>
  readonly clock: Clock
  readonly recorder: Recorder
}

interface RegionalTiers {
  readonly firstName: string
  readonly others: readonly { readonly name: string; readonly redis: RedisServer | null }[]
  readonly order: () => readonly number[]
}

/** The tiers of a deployment, each with its policy around it. Null if switched off. */
export interface Tiers {
  readonly memory: MemoryTier | null
  readonly edgeCache: BreakerTier | null
  readonly kv: BreakerTier
  readonly redis: BreakerTier | null
  /** The tier on the Redis of each region; empty where there is one region. */
  readonly redisOfRegions: readonly RegionTier[]
  /** From near to far. */
  readonly slots: readonly TierSlot[]
}

/**
 * Creates the tiers of this deployment. Memory and the edge cache cost nothing to write and store every fill. Redis
 * keeps the first copy of what a workspace shares for all locations. With Redis, KV stores what is found in Redis a while
 * after its load: its write costs more and is seen late elsewhere. Without Redis every fill is written to KV. The same
 * holds for the entries of a namespace that is switched off, since Redis does not store them.
 */
export function createTiers({
  namespace,
  cache,
  redisServers,
  regions,
  config,
  clock,
  recorder,
}: TiersOptions): Tiers {
  const counted = <Kind extends Tier>(tier: Kind) => withMetrics(tier, clock, recorder)
  const guarded = (tier: Tier, deadlineMs: number) =>
    withBreaker(withDeadline(tier, clock, deadlineMs), clock, recorder)

  const dropped = () => recorder.record({ kind: 'eviction', tier: 'memory' })
  const memory =
    config.memoryCacheBytes === 0 ? null : counted(createMemoryTier(clock, config.memoryCacheBytes, dropped))
  const edgeCache = config.isEdgeCacheEnabled
    ? counted(guarded(createEdgeCacheTier(cache, clock), limits.edgeCacheDeadlineMs))
    : null
  const kv = counted(withWritePause(guarded(createKvTier(namespace, clock), limits.kvDeadlineMs), clock))
  const { onRedis, redisOfRegions } = createRedisTiers({ redisServers, regions, clock, recorder })
  const redis = onRedis === null ? null : counted(onRedis)

  const everyFill = { admits: 'every-fill' } as const
  const slots: (TierSlot | null)[] = [
    memory && { tier: memory, source: wireNamesOfTiers.memory.source, isNear: true, ...everyFill },
    edgeCache && {
      tier: edgeCache,
      source: wireNamesOfTiers['edge-cache'].source,
      isNear: true,
      ...everyFill,
    },
    {
      tier: kv,
      source: wireNamesOfTiers.kv.source,
      isNear: false,
      admits: redis === null ? 'every-fill' : 'settled',
    },
    redis && {
      tier: redis,
      source: wireNamesOfTiers.redis.source,
      isNear: false,
      // Without a cache that the isolates of a location share, they share a user's own entries through Redis.
      admits: edgeCache === null ? 'every-fill' : 'shared-fill',
    },
  ]
  return { memory, edgeCache, kv, redis, redisOfRegions, slots: slots.filter((slot) => slot !== null) }
}

/** One tier of all entries on Redis, or null if it is switched off; and where there are several regions, the tier of each. */
function createRedisTiers({
  redisServers,
  regions,
  clock,
  recorder,
}: Pick<TiersOptions, 'redisServers' | 'regions' | 'clock' | 'recorder'>): {
  readonly onRedis: BreakerTier | null
  readonly redisOfRegions: readonly RegionTier[]
} {
  const tierOn = (servers: readonly RedisServer[], by: Recorder) =>
    redisTierOf(servers, (namespaces) =>
      withBreaker(withDeadline(createRedisTier(namespaces, clock), clock, limits.redisDeadlineMs), clock, by),
    )
  const first = tierOn(redisServers, recorder)
  if (regions === undefined) return { onRedis: first, redisOfRegions: [] }
  // The breaker of the first region's Redis is the one that counts as that of "redis". Those of others have gauges of their own.
  const quiet: Recorder = { record: () => undefined }
  const redisOfRegions = [
    { name: regions.firstName, tier: first },
    ...regions.others.map(({ name, redis }) => ({ name, tier: redis && tierOn([redis], quiet) })),
  ]
  const isAny = redisOfRegions.some(({ tier }) => tier !== null)
  return {
    onRedis: isAny ? createTierByRegion(redisOfRegions, regions.order, recorder) : null,
    redisOfRegions,
  }
}

/** One tier of all entries on Redis: of one Redis, or of two if the namespaces of entries are apart. Null if there is none. */
function redisTierOf(
  servers: RedisDatabases['servers'],
  make: (namespaces: EntryNamespaces) => BreakerTier,
): BreakerTier | null {
  const [one, other] = servers
    .map(({ namespaces: { cache = null, emailCache = null } }) => ({ cache, emailCache }))
    .filter(({ cache, emailCache }) => cache !== null || emailCache !== null)
  if (one === undefined) return null
  if (other === undefined) return make(one)
  return createTierByNamespace(
    one.cache === null
      ? { cache: make(other), emailCache: make(one) }
      : { cache: make(one), emailCache: make(other) },
  )
}
