import { env } from 'cloudflare:test'
import { createKvTier } from '../../worker/tiers/kv.ts'
import { tierSuite } from './tier-suite.ts'

/** A namespace that rejects every call, as KV does when it is down. */
const away: KVNamespace = new Proxy(env.BOARD_CACHE, {
  get: () => () => Promise.reject(new Error('KV is away')),
})

tierSuite('KV', () => ({
  make: (clock) => createKvTier(env.BOARD_CACHE, clock),
  writeRaw: (key, text) => env.BOARD_CACHE.put(key, text),
  makeAway: (clock) => createKvTier(away, clock),
}))
