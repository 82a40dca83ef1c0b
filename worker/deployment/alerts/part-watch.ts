import { byPart, type PartName } from '../../../shared/contract/tier-names.ts'
import type { PartStatus, WatchedPart } from './observation.ts'
import { watchedParts } from './observation.ts'

/** What became of the calls of a part in one span of time. */
export interface PartCalls {
  readonly succeeded: number
  /** Calls that a breaker kept back count too: the part was not there for their callers. */
  readonly failed: number
}

type CallsOfParts = Readonly<Record<WatchedPart, PartCalls>>

/** Follows which parts are away, span by span. */
interface PartWatch {
  /** Takes the calls of the span that ends at `atMs` and took `spanMs`. */
  note(calls: CallsOfParts, atMs: number, spanMs: number): void
  statuses(): Readonly<Record<WatchedPart, PartStatus>>
}

const unheard: PartStatus = { awayMs: 0, heardAtMs: null, calls: 0 }

/**
 * A part is away from the span in which its calls failed and none succeeded, until one succeeds, at any location: one that
 * answers some of its callers is in trouble, and the error rate tells of it, but it is there. Spans without a call say
 * nothing. In memory alone: after a restart nothing is known until somebody calls.
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
