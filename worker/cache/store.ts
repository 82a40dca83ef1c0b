import type { Clock } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'
import type { Entry } from '../entry/entry.ts'
import type { CacheKey } from '../entry/key.ts'
import type { Recorder, StoreCause } from '../events.ts'
import type { TierSlot } from '../tiers/slots.ts'

/** `shared`: the workspace's entry. `own`: one user's entry. `everywhere`: every tier stores it, as after a warm-up. */
export type FillReach = 'shared' | 'own' | 'everywhere'

/** Puts entries into tiers after the answer is sent. The tier counts a put that fails, and nothing else happens. */
export interface Store {
  /**
   * Stores a loaded entry in the tiers that take such a fill. If the far tiers among them refused it, or with `everywhere`, it goes to
   * the other tiers as well. An entry that is only passing is stored nowhere.
   */
  fill(key: CacheKey, entry: Entry, reach: FillReach): Promise<void>
  /** After a hit at `depth`, stores the entry in the tiers nearer to the reader that take it. */
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
    async fill(key, entry, reach) {
      if (entry.isPassing === true) return
      const first = slots.filter(({ admits }) => takesFill(admits, reach))
      const taken = await Promise.all(
        first.map(async (slot) => (await put(slot, key, entry, 'fill')) && !slot.isNear),
      )
      if (taken.includes(true) || first.every(({ isNear }) => isNear)) return
      const rest = slots.filter((slot) => !first.includes(slot))
      await Promise.all(rest.map((slot) => put(slot, key, entry, 'fill')))
    },
    async promote(key, entry, depth) {
      const isSettled = clock.now() - entry.createdAtMs >= limits.settledMs
      const nearer = slots.slice(0, depth).filter(({ admits }) => admits !== 'settled' || isSettled)
      await Promise.all(nearer.map((slot) => put(slot, key, entry, 'back-fill')))
    },
  }
}

function takesFill(admits: TierSlot['admits'], reach: FillReach): boolean {
  if (reach === 'everywhere' || admits === 'every-fill') return true
  return admits === 'shared-fill' && reach === 'shared'
}
