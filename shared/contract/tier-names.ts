/**
 * The tiers, from near to far, by the one name that each has in the code. The names were chosen for callers at different
 * times, so the same tier is spelled differently on the wire; `wireNamesOfTiers` says how. Nothing else spells them.
 */
export const tierNames = ['memory', 'edge-cache', 'kv', 'redis'] as const
export type TierName = (typeof tierNames)[number]

interface WireNames {
  /** In `_cache.source`, `_source` and every figure by source: where an answer came from. */
  readonly source: string
  /** Under `/api/monitoring` and in the bodies of `/metrics`: a part of the deployment that has a health of its own. */
  readonly part: string
}

/** The label `tier` of the metrics is the name in the code. */
export const wireNamesOfTiers = {
  memory: { source: 'memory', part: 'memory' },
  'edge-cache': { source: 'edge_cache', part: 'edge_cache' },
  kv: { source: 'cloudflare_kv', part: 'kv' },
  redis: { source: 'redis_cache', part: 'redis' },
} as const satisfies Record<TierName, WireNames>

const { memory, 'edge-cache': edgeCache, kv, redis } = wireNamesOfTiers

/** Everything that an answer can come from, from near to far. */
export const sourceNames = [memory.source, edgeCache.source, kv.source, redis.source, 'database'] as const
export type SourceName = (typeof sourceNames)[number]

/** A tier under the name that monitoring gives it. */
type TierPartName = (typeof wireNamesOfTiers)[TierName]['part']

/** Every part of the deployment whose health is watched. */
export const partNames = [memory.part, edgeCache.part, kv.part, redis.part, 'ledger', 'origin'] as const
export type PartName = (typeof partNames)[number]

/** A record with one value for each source. */
export function bySource<Value>(of: (source: SourceName) => Value): Record<SourceName, Value> {
  return {
    [memory.source]: of(memory.source),
    [edgeCache.source]: of(edgeCache.source),
    [kv.source]: of(kv.source),
    [redis.source]: of(redis.source),
    database: of('database'),
  }
}

/** A record with one value for each tier, under the names of monitoring. */
export function byTier<Value>(of: (tier: TierName) => Value): Record<TierPartName, Value> {
  return {
    [memory.part]: of('memory'),
    [edgeCache.part]: of('edge-cache'),
    [kv.part]: of('kv'),
    [redis.part]: of('redis'),
  }
}

/** A record with one value for each part. */
export function byPart<Value>(of: (part: PartName) => Value): Record<PartName, Value> {
  return {
    ...byTier((tier) => of(wireNamesOfTiers[tier].part)),
    ledger: of('ledger'),
    origin: of('origin'),
  }
}

const tiersByPart = {
  [memory.part]: 'memory',
  [edgeCache.part]: 'edge-cache',
  [kv.part]: 'kv',
  [redis.part]: 'redis',
} as const satisfies Record<TierPartName, TierName>

/** The tier that monitoring calls `part`. */
export function tierOfPart(part: TierPartName): TierName {
  return tiersByPart[part]
}
