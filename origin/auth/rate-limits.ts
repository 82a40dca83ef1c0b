import { LRUCache } from 'lru-cache'
import type { Clock } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'
import type { SlidingWindow } from '../../shared/sliding-window.ts'
import { createSlidingWindow } from '../../shared/sliding-window.ts'

/** The most requests of a user, and of a workspace's users together, in any window. 0 means no limit. */
export interface RateLimitSettings {
  readonly userMax: number
  readonly workspaceMax: number
  readonly windowSeconds: number
}

/** Counts a request and answers null if it is within the limit. Else answers the seconds until another one would be. */
type Take = (id: string) => number | null

export interface RateLimits {
  readonly user: Take
  readonly workspace: Take
}

/**
 * Limits of this process alone, in memory: each of several origins lets the whole limit through. Requests that the Worker
 * passes on are not counted here, because the Worker has counted them.
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
