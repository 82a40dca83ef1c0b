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
 * A client for a single call: it has the signal of that call, and no request depends on the I/O of another. The SDK's
 * errors are never logged: their messages contain the whole command.
 */
export function createRedisClient(access: RedisAccess, signal: AbortSignal | undefined): Redis {
  return new Redis({
    ...access,
    // As a function it makes the SDK throw on abort. As a value it would make it return a made-up result.
    ...(signal === undefined ? {} : { signal: () => signal }),
    // `retry: false` would still try twice.
    retry: { retries: 0 },
    automaticDeserialization: false,
    enableAutoPipelining: false,
    enableTelemetry: false,
    readYourWrites: false,
    responseEncoding: false,
  })
}

/**
 * Upstash Redis over HTTP: one place for all locations, and nearer than the origin. Entries are stored as text. The
 * SDK's errors are never logged: their messages contain the whole command.
 */
export function createRedisTier(access: RedisAccess, clock: Clock): Tier {
  async function attempt<Value>(
    signal: AbortSignal | undefined,
    command: (redis: Redis) => Promise<Value>,
  ): Promise<Result<Value, TierFailure>> {
    try {
      return ok(await command(createRedisClient(access, signal)))
    } catch (error) {
      if (signal?.aborted) return err({ kind: 'timeout' })
      return err({ kind: String(error).includes('rate limit') ? 'rate-limited' : 'unavailable' })
    }
  }

  return {
    name: 'redis',
    heedsSignals: true,
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
