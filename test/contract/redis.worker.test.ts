import { describe, inject, it } from 'vitest'
import { type Clock, systemClock } from '../../shared/clock.ts'
import { createRedisDatabases } from '../../worker/redis/databases.ts'
import { createRedisTier } from '../../worker/tiers/redis.ts'
import type { RedisAccess } from '../support/provided.d.ts'
import { tierSuite } from './tier-suite.ts'

function tierOf(access: RedisAccess, clock: Clock) {
  const config = { name: 'main', second: null, memoryMaxBytes: null, namespaces: ['cache'] } as const
  const { namespaces } = createRedisDatabases([{ ...config, first: access }], clock, (url, init) =>
    fetch(url, init),
  )
  return createRedisTier(namespaces, clock)
}

/** Writes a value of the current generation. */
async function writeRaw(access: RedisAccess, key: string, text: string): Promise<void> {
  const config = { name: 'main', second: null, memoryMaxBytes: null, namespaces: ['cache'] } as const
  const { cache } = createRedisDatabases([{ ...config, first: access }], systemClock, (url, init) =>
    fetch(url, init),
  ).namespaces
  const written = await cache?.write(key, text, 60_000)
  if (!written?.ok) throw new Error('the Redis of the suite takes no value')
}

/** Every kind of Redis on this machine. The real one is null if redis-server is not installed. */
for (const [kind, access] of Object.entries(inject('redis'))) {
  if (access === null) {
    describe.skip(`the tier Redis (${kind})`, () =>
      it('has no redis-server on this machine', () => undefined))
    continue
  }
  tierSuite(`Redis (${kind})`, () => ({
    make: (clock) => tierOf(access, clock),
    writeRaw: (key, text) => writeRaw(access, key, text),
    // Nothing listens on this port.
    makeAway: (clock) => tierOf({ url: 'http://127.0.0.1:9', token: access.token }, clock),
  }))
}
