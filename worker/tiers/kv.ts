import type { Clock } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'
import { err, ok } from '../../shared/result.ts'
import { decodeEntry, encodeEntry } from '../entry/entry.ts'
import type { Tier } from './tier.ts'

/** A key that is never written. Reading it shows that KV answers. */
const probeKey = 'bc2:probe'

/**
 * Workers KV, which is read near the reader and written far away. A change takes up to 60 s to become visible, and
 * misses are cached too (Cloudflare, How KV works); the stamp of an entry makes that harmless. KV calls take no signal:
 * the deadline around the tier ends the waiting.
 */
export function createKvTier(namespace: KVNamespace, clock: Clock): Tier {
  return {
    name: 'kv',
    heedsSignals: false,
    async get(key) {
      try {
        const bytes = await namespace.get(key, 'arrayBuffer')
        if (bytes === null) return ok(null)
        const entry = decodeEntry(new Uint8Array(bytes))
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
        await namespace.put(key, bytes, {
          expirationTtl: Math.max(leftSeconds, limits.kvExpirationSecondsMin),
        })
        return ok('stored')
      } catch (error) {
        return err({ kind: kindOfRefusal(error) })
      }
    },
    async remove(keys) {
      try {
        await Promise.all(keys.map((key) => namespace.delete(key)))
        return ok(undefined)
      } catch (error) {
        return err({ kind: kindOfRefusal(error) })
      }
    },
    async probe() {
      try {
        await namespace.get(probeKey, 'text')
        return ok(undefined)
      } catch {
        return err({ kind: 'unavailable' })
      }
    },
  }
}

/** KV takes one write a second for each key, deletions included: "KV PUT failed: 429 Too Many Requests". */
function kindOfRefusal(error: unknown): 'rate-limited' | 'unavailable' {
  return /failed: 429\b/.test(String(error)) ? 'rate-limited' : 'unavailable'
}
