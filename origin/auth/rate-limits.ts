import { LRUCache } from 'lru-cache'
import type { Clock } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'
import type { SlidingWindow } from '../../shared/sliding-window.ts'
import { createSlidingWindow } from '../../shared/sliding-window.ts'

/** What a user, and a workspace's users together, may write in any window; 0: no limit. */
export interface RateLimitSettings {
  readonly userMax: number
  readonly workspaceMax: number
  readonly windowSeconds: number
}

/** Counts a request; answers null where it is within the limit, else after how many seconds one more will be. */
type Take = (id: string) => number | null

export interface RateLimits {
  readonly user: Take
  readonly workspace: Take
}

/**
 * Limits of this process alone, in memory: several origins behind one name each let the whole limit through. What the
 * Worker passes on is not counted here, since the Worker has counted it.
 */
export function createRateLimits(settings: RateLimitSettings, clock: Clock): RateLimits {
  const windowMs = settings.windowSeconds * 1_000
  return {
    user: createLimit(settings.userMax, windowMs, clock),
    workspace: createLimit(settings.workspaceMax, windowMs, clock),
  }
}

function createLimit(requestsMax: number, windowMs: number, clock: Clock): Take {
  if (requestsMax === 0) return () => null
  const windows = new LRUCache<string, SlidingWindow>({ max: limits.isolateLimitedMax })
  return (id) => {
    const window = windows.get(id) ?? createSlidingWindow(windowMs)
    windows.set(id, window)
    const nowMs = clock.now()
    const waitMs = window.waitMs(nowMs, requestsMax)
    if (waitMs > 0) return Math.ceil(waitMs / 1_000)
    window.take(nowMs)
    return null
  }
}
