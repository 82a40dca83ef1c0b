import { limits } from '../../limits.ts'
import { ok, type Result } from '../../result.ts'
import type { RedisFailure, RedisReply } from '../client.ts'
import { type Generation, generationCharacters, newGeneration } from '../generation.ts'
import { type RedisNamespace, valuePrefix } from '../namespace.ts'

/** The outcome of a read: the generation and edition under which a value must be written to count, and the text that counts now. */
export interface Stored {
  readonly generation: Generation | null
  readonly edition: string
  readonly text: string | null
}

const noEdition = '0'.repeat(generationCharacters)
const editionName = (name: string) => `${name}:edition`
/** An edition outlives every value and every load that could still write one. */
const editionSeconds = 2 * limits.backendCacheSecondsMax

const keyIn = (namespace: RedisNamespace, name: string) => `${valuePrefix(namespace.name)}${name}`

/** Reads a value with its generation and edition, in one command. */
export async function readStored(
  namespace: RedisNamespace,
  name: string,
): Promise<Result<Stored, RedisFailure>> {
  const { generations, client } = namespace
  const keys = [editionName(name), name].map((each) => keyIn(namespace, each))
  const got = await client.send([['MGET', generations.key, ...keys]])
  if (!got.ok) return got
  const [list] = got.value
  const [seen, edition, stored] = Array.isArray(list) ? list : []
  return ok(judge(generations.learn(seen), edition, stored))
}

/** Whether a key has a value, of which only the first bytes are read. */
export async function hasStored(
  namespace: RedisNamespace,
  name: string,
): Promise<Result<boolean, RedisFailure>> {
  const { generations, client } = namespace
  const got = await client.send([
    ['MGET', generations.key, keyIn(namespace, editionName(name))],
    ['GETRANGE', keyIn(namespace, name), 0, 2 * generationCharacters - 1],
  ])
  if (!got.ok) return got
  const [list, beginning] = got.value
  const [seen, edition] = Array.isArray(list) ? list : []
  return ok(judge(generations.learn(seen), edition, beginning).text !== null)
}

function judge(
  generation: Generation | null,
  storedEdition: RedisReply | undefined,
  stored: RedisReply | undefined,
): Stored {
  const edition = behind(generation, storedEdition) ?? noEdition
  return { generation, edition, text: behind(edition, behind(generation, stored)) }
}

/** The rest of a text after a prefix; null for any other text. */
function behind(prefix: string | null, reply: RedisReply | undefined): string | null {
  if (prefix === null || typeof reply !== 'string' || !reply.startsWith(prefix)) return null
  return reply.slice(prefix.length)
}

/** The generation under which a load may be written. If there is none yet, it is made before the load begins. */
export async function withGeneration(namespace: RedisNamespace, stored: Stored): Promise<Stored> {
  if (stored.generation !== null) return stored
  const made = await namespace.generations.sendUnder(() => [])
  return made.ok ? { ...stored, generation: made.value.generation } : stored
}

/** Stores a value if its generation and edition are still the current ones, so that a slow load does not displace a newer value. */
const fillScript = `
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
  local stored = redis.call('GET', KEYS[2])
  local edition = ARGV[4]
  if stored and string.sub(stored, 1, #ARGV[1]) == ARGV[1] then edition = string.sub(stored, #ARGV[1] + 1) end
  if edition ~= ARGV[2] then return 0 end
  redis.call('SET', KEYS[3], ARGV[1] .. ARGV[2] .. ARGV[3], 'PX', ARGV[5])
  return 1
`

/** Writes what was loaded, under the generation and the edition that were current before the load. */
export async function fill(
  namespace: RedisNamespace,
  name: string,
  { generation, edition }: Stored,
  text: string,
  seconds: number,
): Promise<Result<void, RedisFailure>> {
  if (generation === null) return ok(undefined)
  const keys = [namespace.generations.key, keyIn(namespace, editionName(name)), keyIn(namespace, name)]
  const lifetimeMs = Math.ceil(seconds * 1_000)
  const filled = await namespace.client.send([
    ['EVAL', fillScript, keys.length, ...keys, generation, edition, text, noEdition, lifetimeMs],
  ])
  return filled.ok ? ok(undefined) : filled
}

/** Starts a new edition of a key, with a value or without. */
export async function replace(
  namespace: RedisNamespace,
  name: string,
  text: string | null,
  seconds: number,
): Promise<Result<void, RedisFailure>> {
  const edition = newGeneration()
  const [key, editionKey] = [keyIn(namespace, name), keyIn(namespace, editionName(name))]
  const replaced = await namespace.generations.sendUnder(
    (generation) => [
      ['SET', editionKey, `${generation}${edition}`, 'EX', editionSeconds],
      text === null
        ? ['DEL', key]
        : ['SET', key, `${generation}${edition}${text}`, 'PX', Math.ceil(seconds * 1_000)],
    ],
    { isAtomic: true },
  )
  return replaced.ok ? ok(undefined) : replaced
}
