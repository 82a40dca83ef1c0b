import { type SourceName, wireNamesOfTiers } from '../../../../shared/contract/tier-names.ts'

const { memory, 'edge-cache': edgeCache, kv, redis } = wireNamesOfTiers

/** The names that people read for the places an answer can come from, from near to far. */
export const sourceTitles: Readonly<Record<SourceName, string>> = {
  [memory.source]: 'Memory',
  [edgeCache.source]: 'Edge cache',
  [kv.source]: 'KV',
  [redis.source]: 'Redis',
  database: 'Database',
}
