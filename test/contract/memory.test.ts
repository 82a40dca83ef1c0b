import { createMemoryTier } from '../../worker/tiers/memory.ts'
import { tierSuite } from './tier-suite.ts'

tierSuite('memory', () => ({ make: (clock) => createMemoryTier(clock), writeRaw: null, makeAway: null }))
