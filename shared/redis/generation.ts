import type { Clock } from '../clock.ts'
import type { Result } from '../result.ts'
import { err, ok } from '../result.ts'
import type { RedisClient, RedisCommand, RedisFailure, RedisReply } from './client.ts'
import type { RedisNamespaceName } from './names.ts'

/**
 * The mark that every current value of a namespace carries: 128 random bits in 32 hexadecimal digits. It is random and not a number, because
 * a number that is lost and starts at 0 again would match old values (FRESHNESS 7).
 */
export type Generation = string & { readonly brand: unique symbol }

export const generationCharacters = 32
const form = /^[0-9a-f]{32}$/

export function newGeneration(): Generation {
  const bytes = crypto.getRandomValues(new Uint8Array(generationCharacters / 2))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('') as Generation
}

/** Anything else than a generation is none, and matches nothing. */
export function generationOf(reply: RedisReply | undefined): Generation | null {
  return typeof reply === 'string' && form.test(reply) ? (reply as Generation) : null
}

/** The key of a namespace's generation. */
export function generationKey(namespace: RedisNamespaceName): string {
  return `bc:generation:${namespace}`
}

/** The replies to commands that were sent under a generation which was the current one when they ran. */
interface SentUnder {
  readonly generation: Generation
  readonly replies: readonly RedisReply[]
}

interface SendUnderOptions {
  readonly isAtomic?: boolean
  readonly signal?: AbortSignal | undefined
  /** How old this client's knowledge of the generation may be to be used without asking. 0 asks every time. */
  readonly trustMs?: number
}

/** The current generation of a namespace, as this client knows it. */
export interface Generations {
  /** The command that reads the generation; its reply must be passed to `learn`. */
  readonly command: RedisCommand
  readonly key: string
  learn(reply: RedisReply | undefined): Generation | null
  /**
   * Sends commands that contain the generation. They go with the generation that was last seen, in one request with a look at the
   * current one. If that is another one, they are made and sent again, so commands that changed something have then changed it under a
   * generation that no reader accepts.
   */
  sendUnder(
    make: (generation: Generation) => readonly RedisCommand[],
    options?: SendUnderOptions,
  ): Promise<Result<SentUnder, RedisFailure>>
  /** Starts a new generation, with which every value of the namespace is gone for every reader. */
  start(signal?: AbortSignal): Promise<Result<Generation, RedisFailure>>
}

/** A generation that changes more often than this while one request is made is changed by something that is broken. */
const triesMax = 3

export function createGenerations(
  client: RedisClient,
  namespace: RedisNamespaceName,
  clock: Clock,
): Generations {
  const key = generationKey(namespace)
  const command: RedisCommand = ['GET', key]
  let known: { readonly generation: Generation; readonly seenAtMs: number } | null = null

  function learn(reply: RedisReply | undefined): Generation | null {
    const generation = generationOf(reply)
    known = generation === null ? null : { generation, seenAtMs: clock.now() }
    return generation
  }

  /** If there is no generation yet, or it was evicted, the first client that needs one makes it. */
  async function current(signal: AbortSignal | undefined): Promise<Result<Generation, RedisFailure>> {
    if (known !== null) return ok(known.generation)
    const made = await client.send([['SET', key, newGeneration(), 'NX'], command], { signal })
    if (!made.ok) return made
    const generation = learn(made.value[1])
    return generation === null ? err({ kind: 'unavailable' }) : ok(generation)
  }

  return {
    command,
    key,
    learn,
    async sendUnder(make, { isAtomic = false, signal, trustMs = 0 } = {}) {
      for (let tried = 0; tried < triesMax; tried += 1) {
        const isTrusted = known !== null && clock.now() - known.seenAtMs < trustMs
        const generation = await current(signal)
        if (!generation.ok) return generation
        const commands = make(generation.value)
        const sent = await client.send(isTrusted ? commands : [command, ...commands], { isAtomic, signal })
        if (!sent.ok) return sent
        if (isTrusted) return ok({ generation: generation.value, replies: sent.value })
        const [seen, ...replies] = sent.value
        if (learn(seen) === generation.value) return ok({ generation: generation.value, replies })
      }
      return err({ kind: 'unavailable' })
    },
    async start(signal) {
      const generation = newGeneration()
      // Until the answer is here, nobody knows which of the two is the current one.
      known = null
      const set = await client.send([['SET', key, generation]], { signal })
      if (!set.ok) return set
      learn(generation)
      return ok(generation)
    },
  }
}
