/**
 * The tiers, from near to far, by the one name that each has in the code. The names were chosen for callers at different
 * times, so the same tier is spelled differently on the wire; `wireNamesOfTiers` says how. Nothing else spells them.
 */
export const tierNames = ['memory', 'edge-cache', 'kv', 'redis'] as const
export type TierName = (typeof tierNames)[number]

interface WireNames {
  /** In `_cache.source`, `_source` and every figure by source: where an answer came from. */
  readonly source: string
}

/** The label `tier` of the metrics is the name in the code. */
export const wireNamesOfTiers = {
  memory: { source: 'memory' },
  'edge-cache': { source: 'edge_cache' },
  kv: { source: 'cloudflare_kv' },
  redis: { source: 'redis_cache' },
} as const satisfies Record<TierName, WireNames>

const { memory, 'edge-cache': edgeCache, kv, redis } = wireNamesOfTiers

/** Everything that an answer can come from, from near to far. */
export const sourceNames = [memory.source, edgeCache.source, kv.source, redis.source, 'database'] as const
export type SourceName = (typeof sourceNames)[number]
