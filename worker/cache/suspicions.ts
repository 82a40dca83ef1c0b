import type { Clock } from '../../shared/clock.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Entry } from '../entry/entry.ts'
import type { View } from '../ledger/view.ts'
import { hasMoved } from './freshness.ts'

/** An entry that differed from the database, although none of its tags had moved. The relay may still be on its way. */
export interface Suspicion extends Pick<Entry, 'stamp' | 'tags' | 'etag'> {
  readonly workspaceId: WorkspaceId
  readonly resource: string
  readonly keyDigest: string
  /** An instant of the marks' clock after the comparison. */
  readonly instantMs: number
  /** When the entry was compared, by the isolate's clock. */
  readonly atMs: number
  /** The ages of the entry and of its view when it was served. */
  readonly ageMs: number
  readonly viewAgeMs: number | null
  /** The places at which the answers differed (difference-places.ts). */
  readonly places: readonly string[]
}

interface Settled {
  readonly suspicion: Suspicion
  /** `violated`: everything committed until after the comparison was told, and nothing moved. `unknown`: nothing proved it in time. */
  readonly outcome: 'excused' | 'violated' | 'unknown'
}

/** The suspicions of an isolate. They are bounded, and lost with it. */
interface Suspicions {
  /** Answers how many suspicions had to be dropped. */
  add(suspicion: Suspicion): number
  /** Whether an entry is under suspicion. It is not compared again meanwhile. */
  includes(entry: Pick<Entry, 'workspaceId' | 'etag' | 'stamp'>): boolean
  /** Takes out those of a workspace that a view decides, and those that have waited too long. */
  settled(workspaceId: WorkspaceId, view: View | null): readonly Settled[]
}

export function createSuspicions(clock: Clock): Suspicions {
  let open: readonly Suspicion[] = []
  const none: readonly Settled[] = []

  return {
    add(suspicion) {
      const kept = [...open, suspicion].slice(-limits.suspicionsMax)
      const dropped = open.length + 1 - kept.length
      open = kept
      return dropped
    },
    includes: ({ workspaceId, etag, stamp }) =>
      open.some(
        (each) =>
          each.workspaceId === workspaceId && each.etag === etag && each.stamp.version === stamp.version,
      ),
    settled(workspaceId, view) {
      // This runs on every read, and there are hardly ever suspicions.
      if (open.length === 0) return none
      const settled = open
        .filter((each) => each.workspaceId === workspaceId)
        .map((suspicion) => ({ suspicion, outcome: outcomeOf(suspicion, view, clock.now()) }))
        .filter((each): each is Settled => each.outcome !== null)
      const gone = new Set(settled.map(({ suspicion }) => suspicion))
      if (gone.size > 0) open = open.filter((each) => !gone.has(each))
      return settled
    },
  }
}

function outcomeOf(suspicion: Suspicion, view: View | null, nowMs: number): Settled['outcome'] | null {
  if (view !== null && hasMoved(suspicion, view)) return 'excused'
  if (view !== null && view.provedAtMs > suspicion.instantMs) return 'violated'
  return nowMs - suspicion.atMs > limits.suspicionMs ? 'unknown' : null
}
