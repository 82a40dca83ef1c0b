import type { Clock } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'
import { err, ok } from '../../shared/result.ts'
import { decodeEntry, encodeEntry } from '../entry/entry.ts'
import type { CacheKey } from '../entry/key.ts'
import type { LocationCache } from '../platform/location-cache.ts'
import type { Tier } from './tier.ts'

/** A host that does not exist: only the Worker's Cache API uses it, and no request from outside can reach it. */
const base = 'https://entries.boardcache.internal/'

/** A key that is never written. Looking it up shows that the cache answers. */
const probeUrl = `${base}probe`

/**
 * The cache of one data centre (Cache API, `caches.default`), which its isolates share. It is read and written only
 * there. Entries are stored as the same bytes as in every tier; `Cache-Control` only allows the cache to drop expired
 * ones. Where the Cache API does nothing (workers.dev, previews, behind Access), every put is lost and every get is a
 * miss, which does no harm. Stored entries may vanish at any time. Calls take no signal: the deadline around the tier
 * ends the waiting.
 */
export function createEdgeCacheTier(cache: LocationCache, clock: Clock): Tier {
  return {
    name: 'edge-cache',
    heedsSignals: false,
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
        // Only this call of the Cache API is limited: "Unable to delete cached response. Rate-limit exceeded."
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

/** Different keys get different URLs: keys are ASCII, and every character with a meaning in a URL is escaped. */
function urlOf(key: CacheKey): string {
  return `${base}${encodeURIComponent(key)}`
}

/** A plain 200 of opaque bytes, with nothing that the cache would vary on, refuse (`Set-Cookie`, 206) or transform. */
function storedResponse(bytes: Uint8Array, leftSeconds: number): Response {
  return new Response(bytes, {
    headers: { 'Content-Type': 'application/octet-stream', 'Cache-Control': `max-age=${leftSeconds}` },
  })
}
