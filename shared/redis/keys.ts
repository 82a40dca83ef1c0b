import type { Generation } from './generation.ts'
import { generationCharacters } from './generation.ts'
import { type RedisNamespaceName, redisNamespaceNames } from './names.ts'
import { counterPrefix, valuePrefix } from './namespace.ts'

/** A key in Redis, taken apart. */
export interface RedisKey {
  readonly namespace: RedisNamespaceName
  readonly kind: 'value' | 'counter'
  /** The key without its namespace, and without the generation of a counter. */
  readonly rest: string
  /** Of a counter. A value has it in front of itself. */
  readonly generation: string | null
}

/** Takes a key apart; null if it is of no namespace, such as the key of a generation. */
export function parseRedisKey(key: string): RedisKey | null {
  for (const namespace of redisNamespaceNames) {
    const value = valuePrefix(namespace)
    if (key.startsWith(value))
      return { namespace, kind: 'value', rest: key.slice(value.length), generation: null }
    const counter = counterPrefix(namespace)
    if (!key.startsWith(counter)) continue
    const end = counter.length + generationCharacters
    return {
      namespace,
      kind: 'counter',
      rest: key.slice(end + 1),
      generation: key.slice(counter.length, end),
    }
  }
  return null
}

/** Whether readers still find what a key holds. `stored` is the beginning of a value. */
export function isCurrent(key: RedisKey, stored: string, generation: Generation | null): boolean {
  return generation !== null && (key.kind === 'counter' ? key.generation : stored) === generation
}
