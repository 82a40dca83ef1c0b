import type { BreakerSide, RegionPart } from '../../events.ts'
import type { BreakerStatus } from '../../outbound/circuit-breaker.ts'
import type { RegionOrigin } from '../../outbound/regions/regional-origin.ts'
import type { RedisDatabases } from '../../redis/databases.ts'
import type { Tiers } from '../../tiers/tiers.ts'
import { seriesOf } from './families.ts'
import type { Gauges } from './gauges.ts'
import { breakerStateNumbers } from './gauges.ts'

/** The gauges of this isolate now. No I/O. */
export function isolateGauges(
  { memory, edgeCache, kv, redis, redisOfRegions }: Tiers,
  origin: { breaker(): BreakerStatus },
  redisServers: RedisDatabases['servers'],
  regions: readonly RegionOrigin[],
): Gauges {
  const gauges: Record<string, number> = {}
  const note = (tier: string, side: BreakerSide, { state }: BreakerStatus) => {
    gauges[seriesOf('breaker_state', [tier, side])] = breakerStateNumbers[state]
  }
  for (const tier of [edgeCache, kv, redis]) {
    if (tier === null) continue
    const { get, put } = tier.breakers()
    note(tier.name, 'get', get)
    note(tier.name, 'put', put)
  }
  note('origin', 'get', origin.breaker())
  const noteRegion = (region: string, part: RegionPart, states: readonly BreakerStatus[]) => {
    const worst = Math.max(...states.map(({ state }) => breakerStateNumbers[state]))
    gauges[seriesOf('region_breaker_state', [region, part])] = worst
  }
  for (const { name, origin: its } of regions) if (its !== null) noteRegion(name, 'origin', [its.breaker()])
  for (const { name, tier } of redisOfRegions)
    if (tier !== null) noteRegion(name, 'redis', Object.values(tier.breakers()))
  for (const { config, second, inUse } of redisServers)
    if (second !== null) gauges[seriesOf('redis_second_in_use', [config.name])] = inUse() === 'second' ? 1 : 0
  if (memory !== null) gauges[seriesOf('memory_tier_bytes', [])] = memory.heldBytes()
  return gauges
}
