import { LRUCache } from 'lru-cache'
import type { Clock } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'

/** Bounds a user's lookups about workspaces that the user is not in. Each of them costs the origin a query. */
export interface LookupBudget {
  /** Counts a lookup and answers 0; or answers the milliseconds until the user may cause another one. */
  take(userId: string): number
  /** Uncounts a lookup that began at `calledAtMs`, because the user turned out to be a member. */
  giveBack(userId: string, calledAtMs: number): void
}

/** Counts each user's lookups in windows. A window begins with its first lookup. */
export function createLookupBudget(clock: Clock): LookupBudget {
  const windows = new LRUCache<string, { count: number; readonly sinceMs: number }>({
    max: limits.isolateLookupUsersMax,
  })
  const windowMs = limits.membershipLookupsSeconds * 1_000
  return {
    take(userId) {
      const nowMs = clock.now()
      const window = windows.get(userId)
      if (window === undefined || nowMs - window.sinceMs >= windowMs) {
        windows.set(userId, { count: 1, sinceMs: nowMs })
        return 0
      }
      if (window.count >= limits.membershipLookupsMax) return window.sinceMs + windowMs - nowMs
      window.count += 1
      return 0
    },
    giveBack(userId, calledAtMs) {
      const window = windows.get(userId)
      if (window !== undefined && window.sinceMs <= calledAtMs) window.count -= 1
    },
  }
}
