import type { Clock } from '../../shared/clock.ts'
import type { Tier } from '../../worker/tiers/tier.ts'
import { withBreaker } from '../../worker/tiers/with-breaker.ts'
import { withDeadline } from '../../worker/tiers/with-deadline.ts'
import { withMetrics } from '../../worker/tiers/with-metrics.ts'
import { withWritePause } from '../../worker/tiers/with-write-pause.ts'
import { createFakeTier } from '../support/fake-tier.ts'
import { type TierUnderTest, tierSuite } from './tier-suite.ts'

/** Every tier made here stores its entries in one place, as every isolate uses the same KV. */
const stored = new Map<string, Uint8Array>()

function underTest(around: (tier: Tier, clock: Clock) => Tier): TierUnderTest {
  return {
    make: (clock) => around(createFakeTier('kv', clock, stored), clock),
    async writeRaw(key, text) {
      stored.set(key, new TextEncoder().encode(text))
    },
    makeAway(clock) {
      const tier = createFakeTier('kv', clock)
      tier.failure = { kind: 'unavailable' }
      return around(tier, clock)
    },
  }
}

const recorder = { record: () => undefined }

tierSuite('of other tests', () => underTest((tier) => tier))

tierSuite('of other tests, with all policies', () =>
  underTest((tier, clock) =>
    withMetrics(
      withWritePause(withBreaker(withDeadline(tier, clock, 1_000), clock, recorder), clock),
      clock,
      recorder,
    ),
  ),
)
