import { hexDigest } from '../../hex-digest.ts'
import { limits } from '../../limits.ts'
import type { Result } from '../../result.ts'
import {
  type BackendRedisFailure,
  type BackendRedisOptions,
  openNamespace,
  tooLarge,
} from './open-namespace.ts'

/**
 * The sessions cannot be read or changed. Its message says why and contains nothing of a token, so it may be logged. better-auth answers with an
 * error then, and lets nobody in.
 */
export class SessionStorageError extends Error {
  override readonly name = 'SessionStorageError'
  readonly failure: BackendRedisFailure
  constructor(failure: BackendRedisFailure) {
    super(sentences[failure.kind])
    this.failure = failure
  }
}

const sentences: Readonly<Record<BackendRedisFailure['kind'], string>> = {
  timeout: 'The Redis of the sessions did not answer in time.',
  unavailable: 'The Redis of the sessions cannot be reached.',
  'rate-limited': 'The Redis of the sessions refuses more requests at the moment.',
  refused: 'The Redis of the sessions refused a command.',
  'too-large': 'A session, or its key, is larger than what is kept.',
}

/** better-auth's `SecondaryStorage`. Lifetimes are in seconds. */
interface SecondaryStorage {
  get(key: string): Promise<string | null>
  /** Without a lifetime a value lives for seven days. One of 0 or less deletes the key. */
  set(key: string, value: string, ttl?: number): Promise<void>
  delete(key: string): Promise<void>
  /** Of several callers, one gets the value. */
  getAndDelete(key: string): Promise<string | null>
  /** The lifetime begins with the first addition and is not prolonged. */
  increment(key: string, ttl: number): Promise<number>
}

/**
 * better-auth's sessions in the namespace `sessions` of any Redis by HTTP. Every method ends within its deadline, and rejects with a
 * SessionStorageError if Redis is away. Keys are digested, since better-auth uses a session's token as a key. Clearing the namespace
 * signs everybody out, at once where that Redis has no read regions, and only if better-auth keeps sessions nowhere else
 * (`storeSessionInDatabase` and `cookieCache` are off).
 */
export function createSecondaryStorage(options: BackendRedisOptions): SecondaryStorage {
  const namespace = openNamespace('sessions', options)

  async function nameOf(key: string): Promise<string> {
    if (key.length > limits.redisKeyCharactersMax) throw new SessionStorageError(tooLarge)
    return hexDigest(key)
  }

  return {
    get: async (key) => valueIn(await namespace.read(await nameOf(key))),
    async set(key, value, ttl = limits.sessionSeconds) {
      const name = await nameOf(key)
      if (ttl <= 0) {
        valueIn(await namespace.remove([name]))
        return
      }
      if (value.length > limits.redisValueCharactersMax) throw new SessionStorageError(tooLarge)
      valueIn(await namespace.write(name, value, lifetimeMsOf(ttl)))
    },
    async delete(key) {
      valueIn(await namespace.remove([await nameOf(key)]))
    },
    getAndDelete: async (key) => valueIn(await namespace.take(await nameOf(key))),
    async increment(key, ttl) {
      const name = await nameOf(key)
      // A window that is over counts nothing but this.
      return ttl <= 0 ? 1 : valueIn(await namespace.count(name, 1, lifetimeMsOf(ttl)))
    },
  }
}

function lifetimeMsOf(seconds: number): number {
  if (Number.isNaN(seconds)) throw new RangeError('ttl must be a number of seconds')
  return Math.ceil(Math.min(seconds, limits.sessionSecondsMax) * 1_000)
}

function valueIn<Value>(result: Result<Value, BackendRedisFailure>): Value {
  if (result.ok) return result.value
  throw new SessionStorageError(result.error)
}
