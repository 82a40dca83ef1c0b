import type { Clock } from '../clock.ts'
import type { Result } from '../result.ts'
import { ok } from '../result.ts'
import type { RedisClient, RedisFailure, RedisReply } from './client.ts'
import type { Generation, Generations } from './generation.ts'
import { createGenerations, generationCharacters } from './generation.ts'
import type { RedisNamespaceName } from './names.ts'

/**
 * A part of a Redis that can be cleared at once. Keys in Redis:
 *
 *   bc:generation:<namespace>              the current generation
 *   bc:<namespace>:<key>                   a value, behind the generation under which it was written
 *   bc:<namespace>#<generation>:<key>      a counter: its number cannot carry a generation, so its key does
 *
 * A value of another generation is no value, and neither is any value while there is no generation. Clearing writes a new generation,
 * so it is in force at once for every reader, however many keys there are; `sweep.ts` removes them behind. Nothing here rejects, and
 * no failure contains a key or a value. Callers bound keys and values, and digest a key that is private.
 */
export interface RedisNamespace {
  readonly name: RedisNamespaceName
  readonly client: RedisClient
  readonly generations: Generations
  /** The value of a key, or null. One command (MGET). */
  read(key: string, signal?: AbortSignal): Promise<Result<string | null, RedisFailure>>
  /** The values of several keys at one moment, in their order. One command. */
  readAll(
    keys: readonly string[],
    signal?: AbortSignal,
  ): Promise<Result<readonly (string | null)[], RedisFailure>>
  /** A value that is written while the namespace is cleared is lost, as if it had been written just before. */
  write(
    key: string,
    value: string,
    lifetimeMs: number,
    signal?: AbortSignal,
  ): Promise<Result<void, RedisFailure>>
  remove(keys: readonly string[], signal?: AbortSignal): Promise<Result<void, RedisFailure>>
  exists(key: string, signal?: AbortSignal): Promise<Result<boolean, RedisFailure>>
  /** Reads and removes a value in one step: of several callers, one gets it. */
  take(key: string, signal?: AbortSignal): Promise<Result<string | null, RedisFailure>>
  /** Adds to a counter and answers its number. The lifetime begins with the first addition and is not prolonged by later ones. */
  count(
    key: string,
    by: number,
    lifetimeMs: number,
    signal?: AbortSignal,
  ): Promise<Result<number, RedisFailure>>
  /** Starts a new generation. When this is `ok`, no reader of this Redis gets an older value any more. */
  clear(signal?: AbortSignal): Promise<Result<Generation, RedisFailure>>
}

interface RedisNamespaceOptions {
  readonly name: RedisNamespaceName
  readonly client: RedisClient
  readonly clock: Clock
  /**
   * How long a generation that was seen is good enough to write with, in milliseconds. 0 looks with every write, which is one command
   * more: a value that is written under an old generation is lost, which a cache can bear and sessions cannot.
   */
  readonly trustMs?: number
}

/** The prefix of all keys of a namespace, and of those of its counters. */
export const valuePrefix = (name: RedisNamespaceName) => `bc:${name}:`
export const counterPrefix = (name: RedisNamespaceName) => `bc:${name}#`

/** A value if it is of the generation that was read with it. */
function valueUnder(generation: Generation | null, stored: RedisReply | undefined): string | null {
  if (generation === null || typeof stored !== 'string' || !stored.startsWith(generation)) return null
  return stored.slice(generationCharacters)
}

export function createRedisNamespace({
  name,
  client,
  clock,
  trustMs = 0,
}: RedisNamespaceOptions): RedisNamespace {
  const generations = createGenerations(client, name, clock)
  const keyOf = (key: string) => `${valuePrefix(name)}${key}`

  const accepted = ([seen, stored]: readonly RedisReply[]) => valueUnder(generations.learn(seen), stored)

  return {
    name,
    client,
    generations,
    async read(key, signal) {
      const got = await client.send([['MGET', generations.key, keyOf(key)]], { signal })
      if (!got.ok) return got
      const [pair] = got.value
      return ok(Array.isArray(pair) ? accepted(pair) : null)
    },
    async readAll(keys, signal) {
      const got = await client.send([['MGET', generations.key, ...keys.map(keyOf)]], { signal })
      if (!got.ok) return got
      const [replies] = got.value
      const [seen, ...stored] = Array.isArray(replies) ? replies : []
      const generation = generations.learn(seen)
      return ok(keys.map((_, index) => valueUnder(generation, stored[index])))
    },
    async write(key, value, lifetimeMs, signal) {
      const written = await generations.sendUnder(
        (generation) => [['SET', keyOf(key), `${generation}${value}`, 'PX', Math.ceil(lifetimeMs)]],
        { signal, trustMs },
      )
      return written.ok ? ok(undefined) : written
    },
    async remove(keys, signal) {
      if (keys.length === 0) return ok(undefined)
      const removed = await client.send([['DEL', ...keys.map(keyOf)]], { signal })
      return removed.ok ? ok(undefined) : removed
    },
    async exists(key, signal) {
      const end = generationCharacters - 1
      const got = await client.send([generations.command, ['GETRANGE', keyOf(key), 0, end]], { signal })
      return got.ok ? ok(accepted(got.value) !== null) : got
    },
    async take(key, signal) {
      const taken = await client.send([generations.command, ['GETDEL', keyOf(key)]], {
        isAtomic: true,
        signal,
      })
      return taken.ok ? ok(accepted(taken.value)) : taken
    },
    async count(key, by, lifetimeMs, signal) {
      const counted = await generations.sendUnder(
        (generation) => {
          const counter = `${counterPrefix(name)}${generation}:${key}`
          return [
            ['SET', counter, 0, 'PX', Math.ceil(lifetimeMs), 'NX'],
            ['INCRBY', counter, by],
          ]
        },
        { isAtomic: true, signal },
      )
      return counted.ok ? ok(Number(counted.value.replies[1])) : counted
    },
    clear: (signal) => generations.start(signal),
  }
}
