import { createFakeTier } from '../support/fake-tier.ts'
import { tierSuite } from './tier-suite.ts'

/** Every tier made here keeps its entries in one place, as every isolate's does in the one KV. */
const stored = new Map<string, Uint8Array>()

tierSuite('that stands in for the others in tests', () => ({
  make: (clock) => createFakeTier('kv', clock, stored),
  async writeRaw(key, text) {
    stored.set(key, new TextEncoder().encode(text))
  },
  makeAway(clock) {
    const tier = createFakeTier('kv', clock)
    tier.failure = { kind: 'unavailable' }
    return tier
  },
}))
