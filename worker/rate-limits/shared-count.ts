import { Ratelimit } from '@upstash/ratelimit'
import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { LimitScope } from '../events.ts'
import { createBreaker, tierPace } from '../outbound/circuit-breaker.ts'
import { createRedisClient, type RedisAccess } from '../tiers/redis.ts'

/** So many requests of one who is limited, to be added to what all isolates counted. */
interface CountRequest {
  readonly scope: LimitScope
  /** Names who is limited, and tells nothing of them. */
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

/** What all isolates count together. Never rejects, settles within `limits.rateLimitCountDeadlineMs`. */
export interface SharedCount {
  count(request: CountRequest): Promise<Result<Counted, CountFailure>>
  /** The latest question was not answered. */
  isAway(): boolean
}

/** Counts in one place. May throw. */
export type Counter = (request: CountRequest, signal: AbortSignal) => Promise<Counted>

/** Policy around `counter`: a short deadline, and a breaker that leaves it alone while it fails. */
export function createSharedCount(counter: Counter, clock: Clock): SharedCount {
  const breaker = createBreaker(clock, tierPace, () => undefined)
  let isAway = false

  async function attempt(request: CountRequest, signal: AbortSignal): Promise<Result<Counted, CountFailure>> {
    try {
      return ok(await counter(request, signal))
    } catch {
      // What the SDK throws is never logged: its message holds the whole command.
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
 * Upstash's sliding window, under keys `limits:<scope>:<key>:<window>` of their own: each lives two windows and a second.
 * A client a call, so that no request's I/O hangs on another's; the shield (who is refused is not asked about again before the
 * window ends) is the isolate's. The SDK reads the system's clock.
 */
export function createRedisCounter(access: RedisAccess): Counter {
  const shields = { user: new Shield(), workspace: new Shield() }
  return async ({ scope, key, weight, requestsMax, windowMs }, signal) => {
    const limiter = new Ratelimit({
      redis: createRedisClient(access, signal),
      limiter: Ratelimit.slidingWindow(requestsMax, `${windowMs} ms`),
      prefix: `limits:${scope}`,
      ephemeralCache: shields[scope],
      analytics: false,
      // Its own timeout lets everybody through: ours is outside, and says so.
      timeout: 0,
    })
    const { success, remaining, reset } = await limiter.limit(key, { rate: weight })
    return { isWithin: success, remaining, resetAtMs: reset }
  }
}

/** A Map because the library asks for one; the oldest leaves when it is full. */
class Shield extends Map<string, number> {
  override set(key: string, untilMs: number): this {
    const [oldest] = this.keys()
    if (this.size >= limits.isolateLimitedMax && oldest !== undefined && !this.has(key)) this.delete(oldest)
    return super.set(key, untilMs)
  }
}
