import { describe, inject, it } from 'vitest'
import { createRedisTier } from '../../worker/tiers/redis.ts'
import { tierSuite } from './tier-suite.ts'

/** Every kind of Redis on this machine. The real one is null if redis-server is not installed. */
for (const [kind, access] of Object.entries(inject('redis'))) {
  if (access === null) {
    describe.skip(`the tier Redis (${kind})`, () =>
      it('has no redis-server on this machine', () => undefined))
    continue
  }
  tierSuite(`Redis (${kind})`, () => ({
    make: (clock) => createRedisTier(access, clock),
    async writeRaw(key, text) {
      await fetch(access.url, {
        method: 'POST',
        headers: { Authorization: `Bearer ${access.token}` },
        body: JSON.stringify(['SET', key, text]),
      })
    },
    // Nothing listens on this port.
    makeAway: (clock) => createRedisTier({ url: 'http://127.0.0.1:9', token: access.token }, clock),
  }))
}
