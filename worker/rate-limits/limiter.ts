import { LRUCache } from 'lru-cache'
import type { Clock } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'
import { createSlidingWindow, type SlidingWindow } from '../../shared/sliding-window.ts'
import type { LimitScope, Recorder } from '../events.ts'
import { keyOf } from './limited-key.ts'
import type { DecideWithoutRedis } from './platform-decision.ts'
import type { SharedCount } from './shared-count.ts'

/** The rest of a limit after a request. */
export interface Allowance {
  readonly scope: LimitScope
  readonly requestsMax: number
  readonly windowSeconds: number
  /** As far as this isolate knows: other isolates may have counted more since. */
  readonly remaining: number
  /** If nothing remains, the time until a request may pass again; otherwise the time until the window ends. */
  readonly resetSeconds: number
}

/** The outcome of counting one request. */
export interface Taken {
  readonly allowance: Allowance
  readonly isRefused: boolean
  /**
   * Whether the platform refuses the request, if it had to decide. Settles within `limits.rateLimitDecisionDeadlineMs`.
   */
  readonly refusal: Promise<boolean> | null
}

/** Counts requests against one limit. Never throws, and never waits for Redis. */
export interface Limiter {
  take(id: string, keepAlive: (work: Promise<unknown>) => void): Taken
}

interface LimiterOptions {
  readonly scope: LimitScope
  readonly requestsMax: number
  readonly windowMs: number
  /** The common count of all isolates; null if Redis is switched off. */
  readonly shared: SharedCount | null
  readonly withoutRedis: DecideWithoutRedis
  readonly clock: Clock
  readonly recorder: Recorder
}

interface Subject {
  readonly window: SlidingWindow
  /** Requests let through here that Redis does not know of yet: at most a batch. */
  unreported: number
  windowIndex: number
  /**
   * The last answer of Redis: how many requests remained, and how many this isolate had let through in that window at
   * the time.
   */
  answer: { readonly windowIndex: number; readonly remaining: number; readonly taken: number } | null
  blockedUntilMs: number
}

/**
 * A rate limit that costs a cache hit nothing. Each isolate counts by itself and lets nobody past the whole limit. Each
 * time it has let a batch through (a twentieth of the limit), it reports to Redis after the answer was sent, and learns
 * whether all isolates together are past the limit: then it refuses until the window is over. A caller with less than a
 * batch in a window never costs a command. While it refuses anybody, it looks once a second whether operators have cleared the limits,
 * and forgets everything then.
 *
 * In one window, one isolate lets through no more than the limit, and n isolates no more than limit + (n + 1) batches,
 * and what each lets through while its report is in flight (half a second at most). A browser is served by one isolate
 * or a few, so the excess is 10 to 20 %. The window slides like that of @upstash/ratelimit: of two fixed windows, the
 * earlier one is weighted by what is left of it, which assumes that its requests were spread evenly. Across a boundary
 * a burst may reach twice the limit.
 */
export function createLimiter(options: LimiterOptions): Limiter {
  const { scope, requestsMax, windowMs, shared, withoutRedis, clock, recorder } = options
  const subjects = new LRUCache<string, Subject>({ max: limits.isolateLimitedMax })
  const batch = Math.max(1, Math.floor(requestsMax * limits.rateLimitBatchShare))
  // Requests that Redis counts past the limit, at most a batch, still weigh on the next window for this long.
  const afterWindowMs = Math.floor((windowMs * (batch - 1)) / (requestsMax + batch - 1)) + 1
  let clearings = 0

  /** After operators have cleared the limits, this isolate forgets what it counted, and whom it refused. */
  function forgetIfCleared(): void {
    if (shared === null || shared.clearings() === clearings) return
    clearings = shared.clearings()
    subjects.clear()
  }

  function subjectOf(id: string, nowMs: number): Subject {
    const windowIndex = Math.floor(nowMs / windowMs)
    const subject = subjects.get(id) ?? createSubject(windowMs, windowIndex)
    if (!subjects.has(id)) subjects.set(id, subject)
    // A late report would be counted in a window it does not belong to.
    if (subject.windowIndex !== windowIndex) subject.unreported = 0
    subject.windowIndex = windowIndex
    return subject
  }

  async function report(id: string, subject: Subject, counts: SharedCount): Promise<void> {
    const { unreported: weight, windowIndex } = subject
    const taken = subject.window.current()
    subject.unreported = 0
    const counted = await counts.count({ key: await keyOf(scope, id), weight, requestsMax, windowMs, scope })
    if (counted.ok) {
      const { isWithin, remaining, resetAtMs } = counted.value
      if (isWithin) subject.answer = { windowIndex, remaining, taken }
      else subject.blockedUntilMs = Math.max(subject.blockedUntilMs, resetAtMs + afterWindowMs)
    } else if (counted.error.kind !== 'timeout' && subject.windowIndex === windowIndex) {
      // A report that timed out may have been counted all the same, so it is not repeated.
      subject.unreported = Math.min(subject.unreported + weight, batch)
    }
  }

  return {
    take(id, keepAlive) {
      const nowMs = clock.now()
      forgetIfCleared()
      const subject = subjectOf(id, nowMs)
      const waitMs = Math.max(subject.blockedUntilMs - nowMs, subject.window.waitMs(nowMs, requestsMax))
      if (waitMs > 0) {
        recorder.record({ kind: 'rate-limited', scope, outcome: 'refused' })
        // Refused requests are not reported, so no report would tell this isolate that the limits were cleared.
        const looking = shared?.lookForClearing() ?? null
        if (looking !== null) keepAlive(looking)
        return { allowance: allowanceOf(options, 0, waitMs), isRefused: true, refusal: null }
      }
      subject.window.take(nowMs)
      subject.unreported = Math.min(subject.unreported + 1, batch)
      const isAway = shared === null || shared.isAway()
      if (shared !== null && (isAway || subject.unreported >= batch)) {
        keepAlive(report(id, subject, shared))
      }
      const allowance = allowanceOf(
        options,
        remainingOf(requestsMax, subject, nowMs),
        windowMs - (nowMs % windowMs),
      )
      return { allowance, isRefused: false, refusal: isAway ? withoutRedis(id) : null }
    },
  }
}

function createSubject(windowMs: number, windowIndex: number): Subject {
  const window = createSlidingWindow(windowMs)
  return { window, unreported: 0, windowIndex, answer: null, blockedUntilMs: 0 }
}

function remainingOf(requestsMax: number, { window, answer, windowIndex }: Subject, nowMs: number): number {
  const here = requestsMax - window.used(nowMs)
  if (answer === null || answer.windowIndex !== windowIndex) return Math.max(0, here)
  return Math.max(0, Math.min(here, answer.remaining - (window.current() - answer.taken)))
}

function allowanceOf(
  { scope, requestsMax, windowMs }: LimiterOptions,
  remaining: number,
  resetMs: number,
): Allowance {
  const resetSeconds = Math.max(1, Math.ceil(resetMs / 1_000))
  return { scope, requestsMax, windowSeconds: windowMs / 1_000, remaining, resetSeconds }
}
