import { Ratelimit } from '@upstash/ratelimit'
import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'
import type { RedisNamespace } from '../../shared/redis/namespace.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { LimitScope } from '../events.ts'
import { createBreaker, tierPace } from '../outbound/circuit-breaker.ts'
import { createScripts } from './scripts.ts'

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
  /** The time since the last clearing, under which the request was counted. */
  readonly generation: string
}

type CountFailure = { readonly kind: 'timeout' | 'unavailable' | 'breaker-open' }

/** The common count of all isolates. Never rejects, and settles within `limits.rateLimitCountDeadlineMs`. */
export interface SharedCount {
  count(request: CountRequest): Promise<Result<Counted, CountFailure>>
  /** Whether the latest call failed. */
  isAway(): boolean
  /** How often this isolate has seen that the limits were cleared. */
  clearings(): number
  /** Looks whether they were cleared, at most every `limits.rateLimitClearedCheckMs`; null if it is too early for that. */
  lookForClearing(): Promise<void> | null
}

/** Counts in one place. Both may throw. */
export interface Counter {
  count(request: CountRequest, signal: AbortSignal): Promise<Counted>
  /** Names the time since the limits were last cleared. */
  generation(signal: AbortSignal): Promise<string>
}

/** Puts policy around `counter`: a short deadline, and a breaker that stops calling it while it fails. */
export function createSharedCount(counter: Counter, clock: Clock): SharedCount {
  const breaker = createBreaker(clock, tierPace, () => undefined)
  let isAway = false
  let generation: string | null = null
  let clearings = 0
  let lookedAtMs = Number.NEGATIVE_INFINITY

  function note(seen: string): void {
    if (generation !== null && seen !== generation) clearings += 1
    generation = seen
  }

  /** One call, behind the breaker and within the deadline. */
  async function call<Value>(
    use: (signal: AbortSignal) => Promise<Value>,
  ): Promise<Result<Value, CountFailure>> {
    const settle = breaker.admit()
    if (settle === null) return err({ kind: 'breaker-open' })
    const answer = await withinDeadline<Result<Value, CountFailure>>(
      clock,
      limits.rateLimitCountDeadlineMs,
      async (signal) => {
        try {
          return ok(await use(signal))
        } catch {
          return err({ kind: signal.aborted ? 'timeout' : 'unavailable' })
        }
      },
      err({ kind: 'timeout' }),
    )
    isAway = !answer.ok
    settle(answer.ok ? 'answered' : 'failed')
    return answer
  }

  async function look(): Promise<void> {
    const seen = await call((signal) => counter.generation(signal))
    if (seen.ok) note(seen.value)
  }

  return {
    isAway: () => isAway,
    clearings: () => clearings,
    async count(request) {
      const counted = await call((signal) => counter.count(request, signal))
      if (counted.ok) note(counted.value.generation)
      return counted
    },
    lookForClearing() {
      const nowMs = clock.now()
      if (nowMs - lookedAtMs < limits.rateLimitClearedCheckMs) return null
      lookedAtMs = nowMs
      return look()
    },
  }
}

/**
 * The sliding window of @upstash/ratelimit, in counters `bc:rateLimit#<generation>:<scope>:<key>:<window>`, each of which lives two
 * windows and a second. The library's script is sent in one request with a look at the generation. Every call has its own limiter, so
 * that no request depends on the I/O of another. The shield, by which a refused caller costs no further command before the window
 * ends, belongs to the isolate and to the generation. The library reads the system's clock.
 */
export function createRedisCounter(namespace: RedisNamespace): Counter {
  const shields = createShields()
  let shielded: string | null = null

  function seen(generation: string): string {
    // The limits were cleared, so nobody is refused any more.
    if (generation !== shielded) for (const shield of Object.values(shields)) shield.clear()
    shielded = generation
    return generation
  }

  return {
    async count({ scope, key, weight, requestsMax, windowMs }, signal) {
      const limiter = new Ratelimit({
        redis: createScripts(namespace, signal, seen),
        limiter: Ratelimit.slidingWindow(requestsMax, `${windowMs} ms`),
        prefix: scope,
        ephemeralCache: shields[scope],
        analytics: false,
        // The library's own timeout would let every request pass silently. Our deadline around it reports the failure.
        timeout: 0,
      })
      const { success, remaining, reset } = await limiter.limit(key, { rate: weight })
      return { isWithin: success, remaining, resetAtMs: reset, generation: shielded ?? '' }
    },
    async generation(signal) {
      const looked = await namespace.generations.sendUnder(() => [], { signal })
      if (!looked.ok) throw new Error(looked.error.kind)
      return seen(looked.value.generation)
    },
  }
}

function createShields(): Readonly<Record<LimitScope, Shield>> {
  return {
    user: new Shield(),
    workspace: new Shield(),
    'call-number': new Shield(),
    'call-organization': new Shield(),
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
