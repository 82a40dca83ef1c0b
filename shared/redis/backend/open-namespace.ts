import { type Clock, systemClock } from '../../clock.ts'
import { limits } from '../../limits.ts'
import { createRedisClient, type RedisFailure, type RedisTransport } from '../client.ts'
import type { RedisNamespaceName } from '../names.ts'
import { createRedisNamespace, type RedisNamespace } from '../namespace.ts'
import { createUpstashTransport, type RedisAccess } from '../upstash-transport.ts'

export interface BackendRedisOptions {
  /** A Redis with Upstash's REST interface, or another way to send commands to one. */
  readonly redis: RedisAccess | RedisTransport
  /** By default the system's clock. */
  readonly clock?: Clock
  /** The time limit of each request to Redis, 1,000 ms by default. */
  readonly deadlineMs?: number
}

/** A value is larger than what is kept, or a key longer. */
interface TooLarge {
  readonly kind: 'too-large'
}
export type BackendRedisFailure = RedisFailure | TooLarge
export const tooLarge: TooLarge = { kind: 'too-large' }

/** Opens a namespace for a program outside of the Worker. */
export function openNamespace(name: RedisNamespaceName, options: BackendRedisOptions): RedisNamespace {
  const { redis, clock = systemClock, deadlineMs = limits.backendRedisDeadlineMs } = options
  assertWithin('deadlineMs', deadlineMs, 1, limits.backendRedisDeadlineMaxMs)
  const transport =
    typeof redis === 'function' ? redis : createUpstashTransport(redis, (url, init) => fetch(url, init))
  const client = createRedisClient({ transport, clock, deadlineMs })
  return createRedisNamespace({ name, client, clock })
}

/** Refuses a number that the caller's program must not give. */
export function assertWithin(name: string, value: number, min: number, max: number): void {
  if (value >= min && value <= max) return
  throw new RangeError(`${name} must be from ${min} to ${max}`)
}

export const isTooLongKey = (key: string) => key.length > limits.redisKeyCharactersMax
