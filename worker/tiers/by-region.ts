import type { Awaitable } from '../../shared/awaitable.ts'
import type { Result } from '../../shared/result.ts'
import { err } from '../../shared/result.ts'
import type { Recorder } from '../events.ts'
import type { TierFailure } from './tier.ts'
import type { BreakerTier } from './with-breaker.ts'

/** The tier on the Redis of a region; null for a region without one. */
export interface RegionTier {
  readonly name: string
  readonly tier: BreakerTier | null
}

/**
 * One tier of the Redis of several regions, each a cache of its own with policy of its own around it. A call goes to the nearest one, and to
 * the next one while its breaker is open. Nothing is copied between them and none is cleared when it comes back: whatever it kept is
 * judged by its stamp, as in every tier.
 */
export function createTierByRegion(
  regions: readonly RegionTier[],
  order: () => readonly number[],
  recorder: Recorder,
): BreakerTier {
  const [anyTier] = regions.flatMap(({ tier }) => tier ?? [])
  if (anyTier === undefined) throw new Error('by-region.ts: no region has a Redis')

  function* near(): Generator<{ readonly name: string; readonly tier: BreakerTier }> {
    for (const index of order()) {
      const { name = '', tier = null } = regions[index] ?? {}
      if (tier !== null) yield { name, tier }
    }
  }

  async function nearest<Value>(
    call: (tier: BreakerTier) => Awaitable<Result<Value, TierFailure>>,
  ): Promise<Result<Value, TierFailure>> {
    let answer: Result<Value, TierFailure> = err({ kind: 'breaker-open' })
    for (const { name: region, tier } of near()) {
      answer = await call(tier)
      const isOpen = !answer.ok && answer.error.kind === 'breaker-open'
      recorder.record({ kind: 'region', region, part: 'redis', outcome: isOpen ? 'passed-on' : 'used' })
      if (!isOpen) return answer
    }
    return answer
  }

  /** The tier that reads go to now. */
  function inUse(otherwise: BreakerTier): BreakerTier {
    const tiers = [...near()].map(({ tier }) => tier)
    return tiers.find((tier) => tier.breakers().get.state !== 'open') ?? tiers[0] ?? otherwise
  }

  return {
    name: anyTier.name,
    heedsSignals: anyTier.heedsSignals,
    get: (key, signal) => nearest((tier) => tier.get(key, signal)),
    put: (key, entry, signal) => nearest((tier) => tier.put(key, entry, signal)),
    remove: (keys, signal) => nearest((tier) => tier.remove(keys, signal)),
    probe: (signal) => inUse(anyTier).probe(signal),
    breakers: () => inUse(anyTier).breakers(),
  }
}
