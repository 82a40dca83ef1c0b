import { describe, expect, it } from 'vitest'
import { systemClock } from '../../shared/clock.ts'
import type { CacheKey } from '../../worker/entry/key.ts'
import { createEdgeCacheTier } from '../../worker/tiers/edge-cache.ts'
import { entryOf } from '../support/entries.ts'
import { tierSuite } from './tier-suite.ts'

/** A Cache API that rejects every call. */
const away: Cache = new Proxy(caches.default, {
  get: () => () => Promise.reject(new Error('the cache is away')),
})

tierSuite('edge cache', () => ({
  make: (clock) => createEdgeCacheTier(caches.default, clock),
  writeRaw: (key, text) =>
    caches.default.put(
      `https://entries.boardcache.internal/${encodeURIComponent(key)}`,
      new Response(text, { headers: { 'Cache-Control': 'max-age=3600' } }),
    ),
  makeAway: (clock) => createEdgeCacheTier(away, clock),
}))

describe('a Cache API without effect, as on workers.dev', () => {
  const without: Cache = new Proxy(caches.default, {
    get: (_cache, name) => async () => (name === 'delete' ? false : undefined),
  })
  const tier = createEdgeCacheTier(without, systemClock)
  const key = 'bc1:15213:contact-list:b1' as CacheKey
  const { signal } = new AbortController()

  it('is a tier of misses, and no failure', async () => {
    const entry = entryOf({ deleteAtMs: Date.now() + 60_000 })
    expect(await tier.put(key, entry, signal)).toEqual({ ok: true, value: 'stored' })
    expect(await tier.get(key, signal)).toEqual({ ok: true, value: null })
    expect(await tier.remove([key], signal)).toEqual({ ok: true, value: undefined })
    expect(await tier.probe(signal)).toEqual({ ok: true, value: undefined })
  })
})
