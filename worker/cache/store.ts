import type { Clock } from '../../shared/clock.ts'
import type { Entry } from '../entry/entry.ts'
import type { CacheKey } from '../entry/key.ts'
import type { Recorder, StoreCause } from '../events.ts'
import type { TierSlot } from '../tiers/slots.ts'

/** Puts entries into tiers after the answer is sent. The tier counts a put that fails, and nothing else happens. */
export interface Store {
  /**
   * Stores a loaded entry in the tiers that take every fill. If none of the far tiers among them took it, or with `everywhere`,
   * it goes to the other tiers as well.
   */
  fill(key: CacheKey, entry: Entry, everywhere: boolean): Promise<void>
  /** After a hit at `depth`, stores the entry in the tiers nearer to the reader. */
  promote(key: CacheKey, entry: Entry, depth: number): Promise<void>
}

/** After this time a put is taken for lost: its request ended and took the I/O with it. Every tier's deadline is far shorter. */
const putLostMs = 10_000

interface StoreOptions {
  readonly clock: Clock
  readonly recorder: Recorder
}

export function createStore(slots: readonly TierSlot[], { clock, recorder }: StoreOptions): Store {
  /** The puts in flight. Simultaneous readers would put the same entry, and KV accepts one write a second for each key. */
  const putting = new Map<string, number>()

  async function put(slot: TierSlot, key: CacheKey, entry: Entry, cause: StoreCause): Promise<boolean> {
    const name = `${slot.tier.name} ${key}`
    const sinceMs = clock.now()
    const otherSinceMs = putting.get(name)
    if (otherSinceMs !== undefined && sinceMs - otherSinceMs < putLostMs) return true
    putting.set(name, sinceMs)
    try {
      const put = await slot.tier.put(key, entry)
      const isStored = put.ok && put.value === 'stored'
      if (isStored) {
        recorder.record({ kind: 'entry-stored', tier: slot.tier.name, cause, bodyBytes: entry.body.length })
      }
      return isStored
    } finally {
      if (putting.get(name) === sinceMs) putting.delete(name)
    }
  }

  return {
    async fill(key, entry, everywhere) {
      const first = slots.filter((slot) => everywhere || slot.admits === 'every-fill')
      const taken = await Promise.all(
        first.map(async (slot) => (await put(slot, key, entry, 'fill')) && !slot.isNear),
      )
      if (taken.includes(true)) return
      const rest = slots.filter((slot) => !first.includes(slot))
      await Promise.all(rest.map((slot) => put(slot, key, entry, 'fill')))
    },
    async promote(key, entry, depth) {
      await Promise.all(slots.slice(0, depth).map((slot) => put(slot, key, entry, 'back-fill')))
    },
  }
}
