import { limits } from '../../shared/limits.ts'
import { createMemoryTier } from '../../worker/tiers/memory.ts'
import { tierSuite } from './tier-suite.ts'

tierSuite('memory', () => ({
  make: (clock) => createMemoryTier(clock, limits.memoryCacheBytesDefault),
  writeRaw: null,
  makeAway: null,
}))
