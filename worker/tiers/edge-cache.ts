import type { Clock } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'
import { err, ok } from '../../shared/result.ts'
import { decodeEntry, encodeEntry } from '../entry/entry.ts'
import type { CacheKey } from '../entry/key.ts'
import type { LocationCache } from '../platform/location-cache.ts'
import type { Tier } from './tier.ts'

/** Names no host there is: only a Worker's Cache API ever asks for it, and no request from outside can. */
const base = 'https://entries.boardcache.internal/'

/** A key that is never written: asking for it shows that the cache answers. */
const probeUrl = `${base}probe`

/**
 * The cache of one data centre (Cache API, `caches.default`): shared by its isolates, written and read within it alone.
 * Entries are stored as the bytes every tier stores; `Cache-Control` only lets the place drop them when they are over.
 * Where the Cache API does nothing (workers.dev, previews, behind Access) every put is lost and every get a miss, which
 * does no harm. What is kept may vanish at any time. Calls take no signal: the deadline around the tier stops the waiting.
 */
export function createEdgeCacheTier(cache: LocationCache, clock: Clock): Tier {
  return {
    name: 'edge-cache',
    async get(key) {
      try {
        const response = await cache.match(urlOf(key))
        if (response === undefined) return ok(null)
        const entry = decodeEntry(new Uint8Array(await response.arrayBuffer()))
        if (!entry.ok) return err({ kind: 'corrupt' })
        return ok(clock.now() < entry.value.deleteAtMs ? entry.value : null)
      } catch {
        return err({ kind: 'unavailable' })
      }
    },
    async put(key, entry) {
      const bytes = encodeEntry(entry)
      if (bytes.length > limits.entryBytesMax) return err({ kind: 'too-large' })
      const leftSeconds = Math.ceil((entry.deleteAtMs - clock.now()) / 1000)
      if (leftSeconds <= 0) return ok('skipped')
      try {
        await cache.put(urlOf(key), storedResponse(bytes, leftSeconds))
        return ok('stored')
      } catch {
        return err({ kind: 'unavailable' })
      }
    },
    async remove(keys) {
      try {
        await Promise.all(keys.map((key) => cache.delete(urlOf(key))))
        return ok(undefined)
      } catch (error) {
        // The one call of the Cache API that is limited: "Unable to delete cached response. Rate-limit exceeded."
        return err({ kind: String(error).includes('Rate-limit') ? 'rate-limited' : 'unavailable' })
      }
    },
    async probe() {
      try {
        await cache.match(probeUrl)
        return ok(undefined)
      } catch {
        return err({ kind: 'unavailable' })
      }
    },
  }
}

/** Injective: keys are ASCII, and every character that means something in a URL is escaped. */
function urlOf(key: CacheKey): string {
  return `${base}${encodeURIComponent(key)}`
}

/** A plain 200 of opaque bytes: nothing the cache would vary on, refuse (`Set-Cookie`, 206) or transform. */
function storedResponse(bytes: Uint8Array, leftSeconds: number): Response {
  return new Response(bytes, {
    headers: { 'Content-Type': 'application/octet-stream', 'Cache-Control': `max-age=${leftSeconds}` },
  })
}
