import { Ratelimit } from '@upstash/ratelimit'
import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { LimitScope } from '../events.ts'
import { createBreaker, tierPace } from '../outbound/circuit-breaker.ts'
import { createRedisClient, type RedisAccess } from '../tiers/redis.ts'

/** Requests of one user or workspace, or calls of one number or organization, to be added to the common count. */
interface CountRequest {
  readonly scope: LimitScope
  /** Names the one that is counted without revealing it. */
  readonly key: string
  readonly weight: number
  readonly requestsMax: number
  readonly windowMs: number
}

interface Counted {
  readonly isWithin: boolean
  readonly remaining: number
  /** When the fixed window ends. */
  readonly resetAtMs: number
}

type CountFailure = { readonly kind: 'timeout' | 'unavailable' | 'breaker-open' }

/** The common count of all isolates. Never rejects, and settles within `limits.rateLimitCountDeadlineMs`. */
export interface SharedCount {
  count(request: CountRequest): Promise<Result<Counted, CountFailure>>
  /** Whether the latest call failed. */
  isAway(): boolean
}

/** Counts in one place. May throw. */
export type Counter = (request: CountRequest, signal: AbortSignal) => Promise<Counted>

/** Puts policy around `counter`: a short deadline, and a breaker that stops calling it while it fails. */
export function createSharedCount(counter: Counter, clock: Clock): SharedCount {
  const breaker = createBreaker(clock, tierPace, () => undefined)
  let isAway = false

  async function attempt(request: CountRequest, signal: AbortSignal): Promise<Result<Counted, CountFailure>> {
    try {
      return ok(await counter(request, signal))
    } catch {
      // The SDK's error is never logged: its message contains the whole command.
      return err({ kind: signal.aborted ? 'timeout' : 'unavailable' })
    }
  }

  return {
    isAway: () => isAway,
    async count(request) {
      const settle = breaker.admit()
      if (settle === null) return err({ kind: 'breaker-open' })
      const counted = await withinDeadline<Result<Counted, CountFailure>>(
        clock,
        limits.rateLimitCountDeadlineMs,
        (signal) => attempt(request, signal),
        err({ kind: 'timeout' }),
      )
      isAway = !counted.ok
      settle(counted.ok ? 'answered' : 'failed')
      return counted
    },
  }
}

/**
 * The sliding window of @upstash/ratelimit, under keys `limits:<scope>:<key>:<window>`, each of which lives two windows
 * and a second. Every call has its own client, so that no request depends on the I/O of another. The shield, by which a
 * refused caller costs no further command before the window ends, belongs to the isolate. The SDK reads the system's
 * clock.
 */
export function createRedisCounter(access: RedisAccess): Counter {
  const shields: Readonly<Record<LimitScope, Shield>> = {
    user: new Shield(),
    workspace: new Shield(),
    'call-number': new Shield(),
    'call-organization': new Shield(),
  }
  return async ({ scope, key, weight, requestsMax, windowMs }, signal) => {
    const limiter = new Ratelimit({
      redis: createRedisClient(access, signal),
      limiter: Ratelimit.slidingWindow(requestsMax, `${windowMs} ms`),
      prefix: `limits:${scope}`,
      ephemeralCache: shields[scope],
      analytics: false,
      // The SDK's own timeout would let every request pass silently. Our deadline around it reports the failure.
      timeout: 0,
    })
    const { success, remaining, reset } = await limiter.limit(key, { rate: weight })
    return { isWithin: success, remaining, resetAtMs: reset }
  }
}

/** The library requires a Map. When it is full, the oldest key leaves. */
class Shield extends Map<string, number> {
  override set(key: string, untilMs: number): this {
    const [oldest] = this.keys()
    if (this.size >= limits.isolateLimitedMax && oldest !== undefined && !this.has(key)) this.delete(oldest)
    return super.set(key, untilMs)
  }
}
