import type { Clock } from '../../shared/clock.ts'
import type { Entry } from '../entry/entry.ts'
import type { CacheKey } from '../entry/key.ts'
import type { Recorder, StoreCause } from '../events.ts'
import type { TierSlot } from '../tiers/slots.ts'

/** Puts entries into tiers, after the answer is sent. A put that fails is counted by the tier and does no harm. */
export interface Store {
  /**
   * After a load: the tiers that take every fill, and the others too where none that other locations can read took
   * it.
   */
  fill(key: CacheKey, entry: Entry, everywhere: boolean): Promise<void>
  /** After a hit at `depth`: the tiers above it. */
  promote(key: CacheKey, entry: Entry, depth: number): Promise<void>
}

/** After which a put is not heard of any more: its request's I/O was cut off. Deadlines of tiers are far below. */
const putLostMs = 10_000

interface StoreOptions {
  readonly clock: Clock
  readonly recorder: Recorder
}

export function createStore(slots: readonly TierSlot[], { clock, recorder }: StoreOptions): Store {
  /** One put a key at a time: KV takes one write a second a key, and simultaneous readers bring the same entry. */
  const putting = new Map<string, number>()

  async function put(slot: TierSlot, key: CacheKey, entry: Entry, cause: StoreCause): Promise<boolean> {
    const name = `${slot.tier.name} ${key}`
    const sinceMs = clock.now()
    const otherSinceMs = putting.get(name)
    if (otherSinceMs !== undefined && sinceMs - otherSinceMs < putLostMs) return true
    putting.set(name, sinceMs)
    try {
      const put = await slot.tier.put(key, entry)
      if (put.ok && put.value === 'stored') {
        recorder.record({ kind: 'entry-stored', tier: slot.tier.name, cause, bodyBytes: entry.body.length })
      }
      return put.ok
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
