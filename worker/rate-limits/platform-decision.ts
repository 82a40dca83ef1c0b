import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'
import type { LimitOutcome, LimitScope, Recorder } from '../events.ts'
import { keyOf } from './limited-key.ts'

/** The part of the platform's rate-limit binding that is used. */
export interface PlatformLimit {
  limit(options: { readonly key: string }): Promise<{ readonly success: boolean }>
}

/** Decides whether a request is refused while Redis is away; null if it passes without a call. */
export type DecideWithoutRedis = (id: string) => Promise<boolean> | null

interface PlatformDecisionOptions {
  readonly scope: LimitScope
  /** Null if it is not configured. */
  readonly platform: PlatformLimit | null
  readonly clock: Clock
  readonly recorder: Recorder
}

/**
 * Decides by the platform's own limit, which counts a location, if it is configured and answers in time. Otherwise the
 * request passes. Each decision is counted.
 */
export function createPlatformDecision(options: PlatformDecisionOptions): DecideWithoutRedis {
  const { scope, platform, clock, recorder } = options
  const note = (outcome: LimitOutcome) => recorder.record({ kind: 'rate-limited', scope, outcome })

  async function isWithin(id: string, binding: PlatformLimit): Promise<boolean | null> {
    try {
      return (await binding.limit({ key: await keyOf(scope, id) })).success
    } catch {
      return null
    }
  }

  async function isRefused(id: string, binding: PlatformLimit): Promise<boolean> {
    const { rateLimitDecisionDeadlineMs: deadlineMs } = limits
    const success = await withinDeadline(clock, deadlineMs, () => isWithin(id, binding), null)
    note(success === null ? 'let-through' : success ? 'passed-by-platform' : 'refused-by-platform')
    return success === false
  }

  return (id) => {
    if (platform !== null) return isRefused(id, platform)
    note('let-through')
    return null
  }
}
