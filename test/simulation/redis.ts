import type { Clock } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'
import type { RedisAnswer, RedisCommand, RedisReply, RedisTransport } from '../../shared/redis/client.ts'
import { createRedisClient } from '../../shared/redis/client.ts'
import { generationCharacters, generationKey, newGeneration } from '../../shared/redis/generation.ts'
import type { RedisNamespace } from '../../shared/redis/namespace.ts'
import { createRedisNamespace, valuePrefix } from '../../shared/redis/namespace.ts'
import { err, ok } from '../../shared/result.ts'
import type { CacheKey } from '../../worker/entry/key.ts'
import { createRedisTier } from '../../worker/tiers/redis.ts'
import type { Random } from '../support/random.ts'
import { createDoors, type Door, type PlaceClient, type SimulatedPlace } from './doors.ts'
import { createReplicas, type Replica } from './replicas.ts'

/** A Redis as its clients of several locations see it. Production's own client, namespaces and tier send it their commands. */
export interface SimulatedRedis extends SimulatedPlace {
  transportAt(location: string): RedisTransport
  doorAt(location: string): Door
  /** Restarts without its data. */
  lose(): void
  /** Evicts the generation of the cache. */
  evictGeneration(): void
  /** Makes the replica of a location the primary, as it is: writes that it has not seen are taken back. */
  failOverTo(location: string): void
}

/** Hears of what Redis has done with the namespace `cache`, at the instant at which it does it. */
export interface RedisWitness {
  /** A value was stored. `text` is the value without its generation. */
  stored(key: string, text: string): void
  /** A generation took the place of the one before. */
  cleared(): void
  /** Redis went back to a generation that was written then. Null: to a state without one. */
  wentBack(generationWrittenAtMs: number | null): void
}

interface SimulatedRedisOptions {
  readonly clock: Clock
  readonly random: Random
  /** The primary is at the first one. */
  readonly locations: readonly string[]
  readonly witness: RedisWitness
}

/** A replica shows a write this late at most. */
export const replicaLagMaxMs = 5_000

interface Value {
  readonly text: string
  readonly expiresAtMs: number
  readonly writtenAtMs: number
}

const cacheKeys = valuePrefix('cache')
const cacheGeneration = generationKey('cache')
const writing: ReadonlySet<string> = new Set(['SET', 'DEL', 'INCRBY'])
const decoder = new TextDecoder()

/**
 * A request that only reads is answered by the replica at its location, which sees each key's writes by themselves, so a generation
 * and a value may be of different moments. A request that writes runs at the primary, whole.
 */
export function createSimulatedRedis(options: SimulatedRedisOptions): SimulatedRedis {
  const { clock, random, locations, witness } = options
  const [primary = ''] = locations
  const replicas = createReplicas<Value>(clock, locations, {
    lagMs: (_writer, reader) => (reader === primary ? 0 : random() * replicaLagMaxMs),
    missRememberedMs: 0,
    writePauseMs: 0,
  })
  const doors = createDoors(clock, random, locations)
  const run = createCommands(options)

  const transportAt =
    (location: string): RedisTransport =>
    ({ commands, signal }) => {
      const door = doors.at(location)
      return door.pass(signal, () => {
        const { state, lostShare } = door.faults()
        const isWrite = commands.some(([name]) => writing.has(name))
        const replica = replicas.at(isWrite ? primary : location)
        const isLost = () => random() < (state === 'garbage' ? 0.5 : lostShare)
        const answers = commands.map((command) => run(command, replica, isLost))
        if (state !== 'garbage') return ok(answers)
        return isWrite
          ? err({ kind: 'unavailable' as const })
          : ok(answers.map((each) => garbled(each, random)))
      })
    }

  return {
    transportAt,
    doorAt: doors.at,
    inject: doors.inject,
    heal: doors.heal,
    at(location, client = { clock, hear: (answer) => answer }) {
      const cache = namespaceFor(client, transportAt(location), 'cache')
      return createRedisTier({ cache, emailCache: null }, client.clock)
    },
    writeRaw(key: CacheKey, bytes) {
      const known = replicas.at(primary).read(cacheGeneration)?.text ?? newGeneration()
      replicas.writeEverywhere(cacheGeneration, valueNow(known, clock))
      replicas.writeEverywhere(`${cacheKeys}${key}`, valueNow(`${known}${decoder.decode(bytes)}`, clock))
    },
    lose: replicas.lose,
    evictGeneration: () => replicas.writeEverywhere(cacheGeneration, null),
    failOverTo(location) {
      replicas.goBackTo(location)
      witness.wentBack(replicas.at(primary).read(cacheGeneration)?.writtenAtMs ?? null)
    },
  }
}

/** An isolate's namespace, as worker/redis/databases.ts makes it. */
export function namespaceFor(
  { clock, hear }: PlaceClient,
  transport: RedisTransport,
  name: 'cache' | 'rateLimit',
): RedisNamespace {
  const client = createRedisClient({
    transport: (request) => hear(transport(request)),
    clock,
    deadlineMs: null,
  })
  const trustMs = name === 'cache' ? limits.redisGenerationTrustMs : 0
  return createRedisNamespace({ name, client, clock, trustMs })
}

type Run = (command: RedisCommand, replica: Replica<Value>, isLost: () => boolean) => RedisAnswer

function createCommands({ clock, witness }: SimulatedRedisOptions): Run {
  function get(replica: Replica<Value>, key: string): string | null {
    const value = replica.read(key)
    return value === null || value.expiresAtMs <= clock.now() ? null : value.text
  }

  function set(
    replica: Replica<Value>,
    [key = '', text = '', ...options]: string[],
    isLost: () => boolean,
  ): RedisReply {
    const isEntry = key.startsWith(cacheKeys)
    if (options.includes('NX') && get(replica, key) !== null) return null
    if (isEntry && isLost()) return 'OK'
    const lifetime = options.indexOf('PX')
    const lifetimeMs = lifetime < 0 ? Number.POSITIVE_INFINITY : Number(options[lifetime + 1])
    replica.write(key, valueNow(text, clock, lifetimeMs))
    if (isEntry) witness.stored(key.slice(cacheKeys.length), text.slice(generationCharacters))
    if (key === cacheGeneration && !options.includes('NX')) witness.cleared()
    return 'OK'
  }

  return ([name, ...rest], replica, isLost) => {
    const [key = '', by = ''] = rest.map(String)
    switch (name) {
      case 'PING':
        return { reply: 'PONG' }
      case 'GET':
        return { reply: get(replica, key) }
      case 'MGET':
        return { reply: rest.map((each) => get(replica, String(each))) }
      case 'SET':
        return { reply: set(replica, rest.map(String), isLost) }
      case 'DEL':
        for (const each of rest) replica.write(String(each), null)
        return { reply: rest.length }
      case 'INCRBY': {
        const before = replica.read(key)
        const sum = Number(before?.text ?? '0') + Number(by)
        replica.write(key, { ...(before ?? valueNow('', clock)), text: String(sum) })
        return { reply: sum }
      }
      default:
        return { errorCode: 'ERR' }
    }
  }
}

function valueNow(text: string, clock: Clock, lifetimeMs = Number.POSITIVE_INFINITY): Value {
  const writtenAtMs = clock.now()
  return { text, writtenAtMs, expiresAtMs: writtenAtMs + lifetimeMs }
}

/** The answer to a read in which every value but a generation is noise, or the first part of itself. */
function garbled(answer: RedisAnswer, random: Random): RedisAnswer {
  if ('errorCode' in answer || !Array.isArray(answer.reply)) return answer
  const [generation = null, ...values]: readonly RedisReply[] = answer.reply
  const ofValue = (value: RedisReply): RedisReply => {
    const text = typeof value === 'string' ? value : ''
    const lengthMax = Math.max(0, text.length - generationCharacters)
    const part = text.slice(0, generationCharacters + Math.floor(random() * lengthMax))
    return random() < 0.5 ? part : `${generation ?? ''}${random()}`
  }
  return { reply: [generation, ...values.map(ofValue)] }
}
