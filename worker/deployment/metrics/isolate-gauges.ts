import type { BreakerSide } from '../../events.ts'
import type { BreakerStatus } from '../../outbound/circuit-breaker.ts'
import type { RedisDatabases } from '../../redis/databases.ts'
import type { Tiers } from '../../tiers/tiers.ts'
import { seriesOf } from './families.ts'
import type { Gauges } from './gauges.ts'
import { breakerStateNumbers } from './gauges.ts'

/** The gauges of this isolate now. No I/O. */
export function isolateGauges(
  { memory, edgeCache, kv, redis }: Tiers,
  origin: { breaker(): BreakerStatus },
  redisServers: RedisDatabases['servers'],
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
  for (const { config, second, inUse } of redisServers)
    if (second !== null) gauges[seriesOf('redis_second_in_use', [config.name])] = inUse() === 'second' ? 1 : 0
  if (memory !== null) gauges[seriesOf('memory_tier_bytes', [])] = memory.heldBytes()
  return gauges
}
