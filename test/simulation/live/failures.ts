import type { WorkspaceId } from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'

/**
 * Remembers when something failed, so that the checker knows how late a change may be: told at once while nothing fails, within one
 * comparison after a failure.
 */
export interface Failures {
  /** Something fails from now until the function returned is called. */
  begin(scope: Scope): () => void
  /** Something failed at this moment. */
  note(scope: Scope): void
  /**
   * The instant until which a client may miss what its ledger wrote down at `writtenAtMs`. It is no earlier than `leastMs`, until when the
   * client may believe what it holds although nothing fails.
   */
  dueAtMs(who: Who, writtenAtMs: number, leastMs?: number): number
}

/** The part of the world that a failure concerns; null for all of them. */
export interface Scope {
  readonly workspaceId: WorkspaceId | null
  /** One browser. */
  readonly client: string | null
}

export interface Who {
  readonly workspaceId: WorkspaceId
  readonly client: string
}

/** After a failure a hub compares itself with its ledger, which takes a call, loads and frames more. */
const comparedMs = limits.liveCompareEveryMs + limits.ledgerDeadlineMs + limits.originDeadlineMs

interface Interval {
  readonly scope: Scope
  readonly fromMs: number
  toMs: number
}

/**
 * `atOnceMs` is the promise while everything runs. It covers a call to the hub, two loads, a frame, and what the client has to ask over
 * HTTP.
 */
export function createFailures(nowMs: () => number, atOnceMs: number): Failures {
  const intervals: Interval[] = []
  const begin = (scope: Scope) => {
    const interval = { scope, fromMs: nowMs(), toMs: Number.POSITIVE_INFINITY }
    intervals.push(interval)
    return () => {
      interval.toMs = Math.min(interval.toMs, nowMs())
    }
  }
  return {
    begin,
    note: (scope) => begin(scope)(),
    dueAtMs(who, writtenAtMs, leastMs = writtenAtMs) {
      let dueMs = Math.max(writtenAtMs + atOnceMs, leastMs)
      // Each failure that begins before the change is due gives one comparison more, counted from its end.
      for (const { scope, fromMs, toMs } of intervals)
        if (fromMs <= dueMs && concerns(scope, who)) dueMs = Math.max(dueMs, toMs + comparedMs + atOnceMs)
      return dueMs
    },
  }
}

function concerns({ workspaceId, client }: Scope, who: Who): boolean {
  return (
    (workspaceId === null || workspaceId === who.workspaceId) && (client === null || client === who.client)
  )
}
