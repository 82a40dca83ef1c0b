import { LRUCache } from 'lru-cache'
import type { Clock } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'
import { err, ok } from '../../shared/result.ts'
import type { Entry } from '../entry/entry.ts'
import type { CacheKey } from '../entry/key.ts'
import type { Tier } from './tier.ts'

/** A memory tier that reports how full it is. */
export interface MemoryTier extends Tier {
  heldBytes(): number
}

/** An estimate of what an entry costs besides its texts and its body: objects, array headers, its place in the list. */
const entryOverheadBytes = 512

/**
 * The entries in the memory of one isolate, bounded in bytes; the least recently used entry is evicted first. It keeps
 * the entries themselves, so a hit copies, parses and awaits nothing, and nobody may modify an entry. It cannot fail,
 * so it needs neither a deadline nor a breaker.
 */
export function createMemoryTier(
  clock: Clock,
  bytesMax: number,
  onEviction: () => void = () => undefined,
): MemoryTier {
  const entryBytesMax = bytesMax * limits.memoryEntryShareMax
  const held = new LRUCache<CacheKey, Entry>({
    maxSize: bytesMax,
    sizeCalculation: (entry, key) => heldBytesOf(key, entry),
    dispose: (_entry, _key, reason) => {
      if (reason === 'evict') onEviction()
    },
  })

  return {
    name: 'memory',
    heedsSignals: false,
    heldBytes: () => held.calculatedSize,
    get(key) {
      const entry = held.get(key)
      if (entry === undefined) return ok(null)
      if (clock.now() < entry.deleteAtMs) return ok(entry)
      held.delete(key)
      return ok(null)
    },
    async put(key, entry) {
      const owned = { ...entry, body: ownedBody(entry.body) }
      if (heldBytesOf(key, owned) > entryBytesMax) return err({ kind: 'too-large' })
      if (clock.now() >= entry.deleteAtMs) return ok('skipped')
      held.set(key, owned)
      return ok('stored')
    },
    async remove(keys) {
      for (const key of keys) held.delete(key)
      return ok(undefined)
    },
    async probe() {
      return ok(undefined)
    },
  }
}

/**
 * A body is often a view into the bytes that a tier read, header included, and keeps all of them alive. A header is
 * small and is counted with it. A body that is a small part of a large buffer is copied out of it.
 */
function ownedBody(body: Uint8Array): Uint8Array {
  return body.buffer.byteLength - body.length > limits.entryHeaderBytesMax ? body.slice() : body
}

function heldBytesOf(key: CacheKey, { tags, etag, stamp, body }: Entry): number {
  const characters = key.length + etag.length + stamp.ledgerId.length
  // At most two bytes a character, and most texts here take one; eight a number.
  return entryOverheadBytes + 2 * characters + 8 * tags.length + body.buffer.byteLength
}
