import type { Clock } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'
import type { RedisClient, RedisCommand, RedisFailure, RedisReply } from '../../shared/redis/client.ts'
import { generationKey, newGeneration } from '../../shared/redis/generation.ts'
import type { RedisNamespaceName } from '../../shared/redis/names.ts'
import type { Result } from '../../shared/result.ts'
import { ok } from '../../shared/result.ts'
import type { BreakerPace, CallOutcome } from '../outbound/circuit-breaker.ts'
import { createBreaker, tierPace } from '../outbound/circuit-breaker.ts'

interface WithSecondOptions {
  readonly first: RedisClient
  readonly second: RedisClient
  /** The namespaces whose values the two may hold. */
  readonly namespaces: readonly RedisNamespaceName[]
  readonly clock: Clock
}

/** A client of two Redis, of which one is in use. */
interface RedisWithSecond extends RedisClient {
  readonly inUse: () => 'first' | 'second'
}

/** It opens before the breaker of the tier around it, so that the tier goes on with the second Redis and notices nothing. */
const pace: BreakerPace = { ...tierPace, failuresMax: 3 }

type Sent = Result<readonly RedisReply[], RedisFailure>

/**
 * Uses the second Redis while the breaker of the first one is open. Values from an earlier time must not count then: they may be hours
 * old, and may have been cleared on the other Redis. So a switch, in either direction, starts new generations on the Redis that it
 * leads to. Isolates switch one by one, and new ones begin during an outage, so a switch joins the generations of another isolate that
 * switched in the last minute, or is still using that second Redis: the key `bc:switched` lives that long, and use prolongs its life.
 */
export function createRedisWithSecond(options: WithSecondOptions): RedisWithSecond {
  const { first, second, namespaces, clock } = options
  const breaker = createBreaker(clock, pace, () => undefined)
  let inUse: 'first' | 'second' = 'first'
  let leasedAtMs = 0
  /** Whether the generations of the Redis in use were started or joined by this isolate. */
  let hasArrived = true

  /** Starts new generations on the Redis that is switched to, unless another isolate has just done so. */
  async function arrive(
    to: RedisClient,
    signal: AbortSignal | undefined,
  ): Promise<Result<void, RedisFailure>> {
    const taken = await to.send([[...lease, 'NX']], { signal })
    if (!taken.ok) return taken
    if (taken.value[0] === null) return ok(undefined)
    const started = await to.send(
      namespaces.map((name): RedisCommand => ['SET', generationKey(name), newGeneration()]),
      { signal },
    )
    if (started.ok) return ok(undefined)
    // Otherwise other isolates would join the generations that were not started.
    await to.send([['DEL', leaseKey]], { signal })
    return started
  }

  async function toFirst(commands: readonly RedisCommand[], sending: Sending): Promise<Sent> {
    if (inUse === 'first') return first.send(commands, sending)
    const arrived = await arrive(first, sending?.signal)
    if (!arrived.ok) return arrived
    inUse = 'first'
    return first.send(commands, sending)
  }

  async function toSecond(commands: readonly RedisCommand[], sending: Sending): Promise<Sent> {
    if (inUse === 'first') {
      inUse = 'second'
      hasArrived = false
    }
    if (!hasArrived) {
      const arrived = await arrive(second, sending?.signal)
      if (!arrived.ok) return arrived
      hasArrived = true
      leasedAtMs = clock.now()
    }
    const isDue = clock.now() - leasedAtMs >= limits.redisSwitchLeaseMs / 3
    if (!isDue) return second.send(commands, sending)
    leasedAtMs = clock.now()
    const sent = await second.send([...commands, lease], sending)
    return sent.ok ? ok(sent.value.slice(0, commands.length)) : sent
  }

  return {
    inUse: () => inUse,
    async send(commands, sending) {
      const settle = breaker.admit()
      if (settle === null) return toSecond(commands, sending)
      const sent = await toFirst(commands, sending)
      settle(outcomeOf(sent))
      return sent
    },
  }
}

type Sending = Parameters<RedisClient['send']>[1]

const leaseKey = 'bc:switched'
const lease: RedisCommand = ['SET', leaseKey, '1', 'PX', limits.redisSwitchLeaseMs]

function outcomeOf(sent: Sent): CallOutcome {
  if (sent.ok || sent.error.kind === 'refused') return 'answered'
  return sent.error.kind === 'rate-limited' ? 'rate-limited' : 'failed'
}
