import { Redis } from '@upstash/redis/cloudflare'
import type { Clock } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import { decodeEntry, encodeEntry } from '../entry/entry.ts'
import type { Tier, TierFailure } from './tier.ts'

export interface RedisAccess {
  readonly url: string
  readonly token: string
}

/**
 * A client for one call: its signal is the call's, and no request's I/O ever hangs on another's. What the SDK throws is never
 * logged: its message holds the whole command.
 */
export function createRedisClient(access: RedisAccess, signal: AbortSignal): Redis {
  return new Redis({
    ...access,
    // As a function it makes the SDK throw on abort; as a value it would answer with a fake result.
    signal: () => signal,
    // `retry: false` still tries twice.
    retry: { retries: 0 },
    automaticDeserialization: false,
    enableAutoPipelining: false,
    enableTelemetry: false,
    readYourWrites: false,
    responseEncoding: false,
  })
}

/**
 * Upstash Redis over HTTP: one place for all locations, nearer than the origin. Entries travel as the text they
 * are. What the SDK throws is never logged: its message holds the whole command.
 */
export function createRedisTier(access: RedisAccess, clock: Clock): Tier {
  async function attempt<Value>(
    signal: AbortSignal,
    command: (redis: Redis) => Promise<Value>,
  ): Promise<Result<Value, TierFailure>> {
    try {
      return ok(await command(createRedisClient(access, signal)))
    } catch (error) {
      if (signal.aborted) return err({ kind: 'timeout' })
      return err({ kind: String(error).includes('rate limit') ? 'rate-limited' : 'unavailable' })
    }
  }

  return {
    name: 'redis',
    async get(key, signal) {
      const got = await attempt(signal, (redis) => redis.get<unknown>(key))
      if (!got.ok) return got
      if (got.value === null) return ok(null)
      if (typeof got.value !== 'string') return err({ kind: 'corrupt' })
      const entry = decodeEntry(new TextEncoder().encode(got.value))
      if (!entry.ok) return err({ kind: 'corrupt' })
      return ok(clock.now() < entry.value.deleteAtMs ? entry.value : null)
    },
    async put(key, entry, signal) {
      const bytes = encodeEntry(entry)
      if (bytes.length > limits.entryBytesMax) return err({ kind: 'too-large' })
      const leftMs = Math.ceil(entry.deleteAtMs - clock.now())
      if (leftMs <= 0) return ok('skipped')
      const text = new TextDecoder().decode(bytes)
      const put = await attempt(signal, (redis) => redis.set(key, text, { px: leftMs }))
      return put.ok ? ok('stored') : put
    },
    async remove(keys, signal) {
      if (keys.length === 0) return ok(undefined)
      const removed = await attempt(signal, (redis) => redis.del(...keys))
      return removed.ok ? ok(undefined) : removed
    },
    async probe(signal) {
      const answered = await attempt(signal, (redis) => redis.ping())
      return answered.ok ? ok(undefined) : answered
    },
  }
}
