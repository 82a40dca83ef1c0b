import { LRUCache } from 'lru-cache'
import type { Clock } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'
import { createSlidingWindow, type SlidingWindow } from '../../shared/sliding-window.ts'
import type { LimitScope, Recorder } from '../events.ts'
import { keyOf } from './limited-key.ts'
import type { DecideWithoutRedis } from './platform-decision.ts'
import type { SharedCount } from './shared-count.ts'

/** How one who is limited stands after a request. */
export interface Allowance {
  readonly scope: LimitScope
  readonly requestsMax: number
  readonly windowSeconds: number
  /** As far as this isolate knows: others may have counted since. */
  readonly remaining: number
  /** When it is worth trying again, where nothing remains; else when the window ends. */
  readonly resetSeconds: number
}

/** What became of counting one request. */
export interface Taken {
  readonly allowance: Allowance
  readonly isRefused: boolean
  /** Whether the platform refuses it, where that had to be asked; settles within `limits.rateLimitDecisionDeadlineMs`. */
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
  /** What all isolates count together; null: Redis is switched off. */
  readonly shared: SharedCount | null
  readonly withoutRedis: DecideWithoutRedis
  readonly clock: Clock
  readonly recorder: Recorder
}

interface Subject {
  readonly window: SlidingWindow
  /** Let through here, and not told to Redis yet: at most a batch. */
  unreported: number
  windowIndex: number
  /** What Redis said remained, and how many had been let through here in that window when it was asked. */
  answer: { readonly windowIndex: number; readonly remaining: number; readonly taken: number } | null
  blockedUntilMs: number
}

/**
 * A limit that costs a hit nothing. Each isolate counts by itself and lets nobody past the whole limit; each time it has let
 * a batch through (a twentieth of the limit) it tells Redis, behind the answer, and hears whether all isolates together are
 * past it: then it refuses until the window is over. Who asks less than a batch a window never costs a command.
 *
 * Guaranteed in a window: no more than the limit from one isolate, and no more than limit + (n + 1) batches from n of
 * them, and what each lets through while its question is on its way (half a second at most). A browser is served by one isolate
 * or a few, so that is 10 to 20 %. The window slides as @upstash/ratelimit's does: two fixed ones, the earlier weighted by what is
 * left of it, which takes its requests as evenly spread; across a boundary a burst may reach twice the limit.
 */
export function createLimiter(options: LimiterOptions): Limiter {
  const { scope, requestsMax, windowMs, shared, withoutRedis, clock, recorder } = options
  const subjects = new LRUCache<string, Subject>({ max: limits.isolateLimitedMax })
  const batch = Math.max(1, Math.floor(requestsMax * limits.rateLimitBatchShare))
  // What Redis counts past the limit, a batch at most, weighs on the next window until then.
  const afterWindowMs = Math.floor((windowMs * (batch - 1)) / (requestsMax + batch - 1)) + 1

  function subjectOf(id: string, nowMs: number): Subject {
    const windowIndex = Math.floor(nowMs / windowMs)
    const subject = subjects.get(id) ?? {
      window: createSlidingWindow(windowMs),
      unreported: 0,
      windowIndex,
      answer: null,
      blockedUntilMs: 0,
    }
    if (!subjects.has(id)) subjects.set(id, subject)
    // What is told late would be counted in a window it does not belong to.
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
      // Not so where it was late: it may have been counted all the same.
      subject.unreported = Math.min(subject.unreported + weight, batch)
    }
  }

  function remainingOf({ window, answer, windowIndex }: Subject, nowMs: number): number {
    const here = requestsMax - window.used(nowMs)
    if (answer === null || answer.windowIndex !== windowIndex) return Math.max(0, here)
    return Math.max(0, Math.min(here, answer.remaining - (window.current() - answer.taken)))
  }

  function allowanceOf(remaining: number, resetMs: number): Allowance {
    const resetSeconds = Math.max(1, Math.ceil(resetMs / 1_000))
    return { scope, requestsMax, windowSeconds: windowMs / 1_000, remaining, resetSeconds }
  }

  return {
    take(id, keepAlive) {
      const nowMs = clock.now()
      const subject = subjectOf(id, nowMs)
      const waitMs = Math.max(subject.blockedUntilMs - nowMs, subject.window.waitMs(nowMs, requestsMax))
      if (waitMs > 0) {
        recorder.record({ kind: 'rate-limited', scope, outcome: 'refused' })
        return { allowance: allowanceOf(0, waitMs), isRefused: true, refusal: null }
      }
      subject.window.take(nowMs)
      subject.unreported = Math.min(subject.unreported + 1, batch)
      const isAway = shared === null || shared.isAway()
      if (shared !== null && (isAway || subject.unreported >= batch)) {
        keepAlive(report(id, subject, shared))
      }
      const allowance = allowanceOf(remainingOf(subject, nowMs), windowMs - (nowMs % windowMs))
      return { allowance, isRefused: false, refusal: isAway ? withoutRedis(id) : null }
    },
  }
}
