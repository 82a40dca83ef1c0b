import type { Clock } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'
import { err, ok } from '../../shared/result.ts'
import { decodeEntry, encodeEntry } from '../entry/entry.ts'
import type { Tier } from './tier.ts'

/** A key that is never written: asking for it shows that KV answers. */
const probeKey = 'bc2:probe'

/**
 * Workers KV: read near the reader, written far. A change takes up to 60 s to be seen and misses are cached too
 * (Cloudflare, How KV works); the stamp makes that harmless. KV calls take no signal: the deadline around the tier
 * stops the waiting.
 */
export function createKvTier(namespace: KVNamespace, clock: Clock): Tier {
  return {
    name: 'kv',
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

/** One write a second a key is all KV takes, removals included: "KV PUT failed: 429 Too Many Requests". */
function kindOfRefusal(error: unknown): 'rate-limited' | 'unavailable' {
  return /failed: 429\b/.test(String(error)) ? 'rate-limited' : 'unavailable'
}
