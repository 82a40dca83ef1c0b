import type { Ratelimit } from '@upstash/ratelimit'
import type { RedisReply } from '../../shared/redis/client.ts'
import type { Generation } from '../../shared/redis/generation.ts'
import { counterPrefix, type RedisNamespace } from '../../shared/redis/namespace.ts'

/** The Redis that the library calls. */
type LibraryRedis = ConstructorParameters<typeof Ratelimit>[0]['redis']

/**
 * Runs the library's scripts on the counters of a namespace, whose keys contain the generation; `seen` is told the generation of each
 * run. The library recognizes a script that Redis does not know by the word NOSCRIPT in an error, and then sends it whole. Its fixed
 * limits need no other command.
 */
export function createScripts(
  namespace: RedisNamespace,
  signal: AbortSignal,
  seen: (generation: Generation) => void,
): LibraryRedis {
  async function run(
    name: 'EVAL' | 'EVALSHA',
    script: string,
    keys: readonly string[],
    values: readonly unknown[],
  ): Promise<RedisReply | undefined> {
    const sent = await namespace.generations.sendUnder(
      (generation) => {
        const counters = keys.map((key) => `${counterPrefix(namespace.name)}${generation}:${key}`)
        return [[name, script, keys.length, ...counters, ...values.map(String)]]
      },
      { signal },
    )
    if (!sent.ok) throw new Error(sent.error.kind === 'refused' ? sent.error.errorCode : sent.error.kind)
    seen(sent.value.generation)
    return sent.value.replies[0]
  }

  const library = {
    // The library says what its scripts answer, as it does with its own client.
    evalsha: async <Values extends unknown[], Data>(digest: string, keys: string[], values: Values) =>
      (await run('EVALSHA', digest, keys, values)) as Data,
    eval: (script: string, keys: string[], values: unknown[]) => run('EVAL', script, keys, values),
    get: () => Promise.reject(new Error('only scripts')),
    set: () => Promise.reject(new Error('only scripts')),
  }
  return library
}
