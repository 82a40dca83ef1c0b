import { byPart, type PartName } from '../../../shared/contract/tier-names.ts'
import type { PartStatus, WatchedPart } from './observation.ts'
import { watchedParts } from './observation.ts'

/** The outcomes of a part's calls in one span of time. */
export interface PartCalls {
  readonly succeeded: number
  /** Includes calls that a breaker held back: their callers did not reach the part either. */
  readonly failed: number
}

type CallsOfParts = Readonly<Record<WatchedPart, PartCalls>>

/** Tracks which parts are away, span by span. */
interface PartWatch {
  /** Adds the calls of the span that ends at `atMs` and lasted `spanMs`. */
  note(calls: CallsOfParts, atMs: number, spanMs: number): void
  statuses(): Readonly<Record<WatchedPart, PartStatus>>
}

const unheard: PartStatus = { awayMs: 0, heardAtMs: null, calls: 0 }

/**
 * A part goes away in a span in which calls failed and none succeeded, and comes back with the first success at any
 * location. A part that answers some of its callers is in trouble, but not away: the error rate shows that. A span
 * without calls says nothing. The state is kept in memory only: after a restart nothing is known until the next call.
 */
export function createPartWatch(): PartWatch {
  const known = new Map<PartName, PartStatus & { readonly awaySinceMs: number | null }>()
  return {
    note(calls, atMs, spanMs) {
      for (const part of watchedParts) {
        const { succeeded, failed } = calls[part]
        if (succeeded + failed === 0) continue
        const before = known.get(part)
        const isAway = succeeded === 0
        const goesOn = before !== undefined && (before.awaySinceMs !== null) === isAway
        const awaySinceMs = isAway ? (before?.awaySinceMs ?? atMs - spanMs) : null
        known.set(part, {
          awaySinceMs,
          awayMs: awaySinceMs === null ? 0 : Math.max(1, atMs - awaySinceMs),
          heardAtMs: atMs,
          calls: (goesOn ? before.calls : 0) + succeeded + failed,
        })
      }
    },
    statuses() {
      const of = (part: PartName) => known.get(part) ?? unheard
      return byPart(of)
    },
  }
}
