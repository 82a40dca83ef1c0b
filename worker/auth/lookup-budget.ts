import { LRUCache } from 'lru-cache'
import type { Clock } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'

/** Bounds the calls of the origin about workspaces that a user turns out not to be in, each of which is a query. */
export interface LookupBudget {
  /** Counts a call, and answers 0; or answers in how many milliseconds the user may cause another. */
  take(userId: string): number
  /** Takes a call back that began at `calledAtMs`: the user is a member there. */
  giveBack(userId: string, calledAtMs: number): void
}

/** Counts each user's calls in windows that begin with the first of them. */
export function createLookupBudget(clock: Clock): LookupBudget {
  const windows = new LRUCache<string, { count: number; readonly sinceMs: number }>({
    max: limits.isolateQuestionersMax,
  })
  const windowMs = limits.membershipQuestionsSeconds * 1_000
  return {
    take(userId) {
      const nowMs = clock.now()
      const window = windows.get(userId)
      if (window === undefined || nowMs - window.sinceMs >= windowMs) {
        windows.set(userId, { count: 1, sinceMs: nowMs })
        return 0
      }
      if (window.count >= limits.membershipQuestionsMax) return window.sinceMs + windowMs - nowMs
      window.count += 1
      return 0
    },
    giveBack(userId, calledAtMs) {
      const window = windows.get(userId)
      if (window !== undefined && window.sinceMs <= calledAtMs) window.count -= 1
    },
  }
}
