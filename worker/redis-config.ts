import { z } from 'zod'
import { serviceUrl } from '../shared/contract/service-url.ts'
import { type RedisNamespaceName, redisNamespaceNames } from '../shared/redis/names.ts'
import type { RedisAccess } from '../shared/redis/upstash-transport.ts'

/** A Redis of the deployment, and the namespaces that are on it. */
export interface RedisServerConfig {
  /** `main`, the namespace that has this Redis to itself, or `region:` and the region whose cached answers it keeps. */
  readonly name: 'main' | RedisNamespaceName | `region:${string}`
  readonly first: RedisAccess
  /** Used while the first one does not answer; null if there is none. `sessions` never uses it. */
  readonly second: RedisAccess | null
  /** The size of the Redis, where it does not say so itself; null if nobody says. */
  readonly memoryMaxBytes: number | null
  readonly namespaces: readonly RedisNamespaceName[]
}

/** How the names of a namespace's variables begin. */
const prefixes = {
  sessions: 'SESSIONS_',
  cache: 'CACHE_',
  rateLimit: 'RATE_LIMIT_',
  emailCache: 'EMAIL_CACHE_',
} as const satisfies Record<RedisNamespaceName, string>

const flag = z
  .enum(['true', 'false'])
  .default('true')
  .transform((text) => text === 'true')
const optional = <Schema extends z.ZodType>(schema: Schema) =>
  z
    .preprocess((value) => (value === '' ? undefined : value), schema.optional())
    .transform((value) => value ?? null)
const url = optional(serviceUrl('Upstash'))
const token = optional(z.string())

/** Namespaces, separated by commas. */
const namespacesOff = z
  .string()
  .default('')
  .transform(partsOf)
  .pipe(z.array(z.enum(redisNamespaceNames)))

/** The sizes of Redis that do not report their own: `main=268435456,sessions=1073741824`. */
const memoryMaxBytes = z
  .string()
  .default('')
  .transform(partsOf)
  .pipe(
    z.array(
      z
        .string()
        .regex(/^(main|sessions|cache|rateLimit|emailCache)=[1-9]\d{0,14}$/, 'must be like "main=268435456"'),
    ),
  )
  .transform(
    (parts) => new Map(parts.map((part) => part.split('=')).map(([name, bytes]) => [name, Number(bytes)])),
  )

function partsOf(list: string): string[] {
  return list
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

/** The variables about Redis, all optional here; `faultsOfRedis` says which belong together. */
export const redisVariables = {
  REDIS_ENABLED: flag,
  REDIS_NAMESPACES_OFF: namespacesOff,
  REDIS_MEMORY_MAX_BYTES: memoryMaxBytes,
  UPSTASH_REDIS_REST_URL: url,
  UPSTASH_REDIS_REST_TOKEN: token,
  UPSTASH_REDIS_SECOND_URL: url,
  UPSTASH_REDIS_SECOND_TOKEN: token,
  SESSIONS_REDIS_URL: url,
  SESSIONS_REDIS_TOKEN: token,
  CACHE_REDIS_URL: url,
  CACHE_REDIS_TOKEN: token,
  CACHE_REDIS_SECOND_URL: url,
  CACHE_REDIS_SECOND_TOKEN: token,
  RATE_LIMIT_REDIS_URL: url,
  RATE_LIMIT_REDIS_TOKEN: token,
  RATE_LIMIT_REDIS_SECOND_URL: url,
  RATE_LIMIT_REDIS_SECOND_TOKEN: token,
  EMAIL_CACHE_REDIS_URL: url,
  EMAIL_CACHE_REDIS_TOKEN: token,
  EMAIL_CACHE_REDIS_SECOND_URL: url,
  EMAIL_CACHE_REDIS_SECOND_TOKEN: token,
} as const

type RedisVariables = z.output<z.ZodObject<typeof redisVariables>>

/** A variable that is missing beside another one, and the sentence that says so. */
interface RedisFault {
  readonly name: keyof RedisVariables
  readonly message: string
}

/** Each Redis that the variables name, its own or none for each namespace, as pairs of variables that must come together. */
const pairs = [
  ['UPSTASH_REDIS_SECOND_URL', 'UPSTASH_REDIS_SECOND_TOKEN', 'UPSTASH_REDIS_REST_URL'],
  ['SESSIONS_REDIS_URL', 'SESSIONS_REDIS_TOKEN', null],
  ['CACHE_REDIS_URL', 'CACHE_REDIS_TOKEN', null],
  ['CACHE_REDIS_SECOND_URL', 'CACHE_REDIS_SECOND_TOKEN', 'CACHE_REDIS_URL'],
  ['RATE_LIMIT_REDIS_URL', 'RATE_LIMIT_REDIS_TOKEN', null],
  ['RATE_LIMIT_REDIS_SECOND_URL', 'RATE_LIMIT_REDIS_SECOND_TOKEN', 'RATE_LIMIT_REDIS_URL'],
  ['EMAIL_CACHE_REDIS_URL', 'EMAIL_CACHE_REDIS_TOKEN', null],
  ['EMAIL_CACHE_REDIS_SECOND_URL', 'EMAIL_CACHE_REDIS_SECOND_TOKEN', 'EMAIL_CACHE_REDIS_URL'],
] as const satisfies readonly (readonly [
  keyof RedisVariables,
  keyof RedisVariables,
  keyof RedisVariables | null,
])[]

export function faultsOfRedis(value: RedisVariables): RedisFault[] {
  if (!value.REDIS_ENABLED) return []
  const faults: RedisFault[] = []
  for (const name of ['UPSTASH_REDIS_REST_URL', 'UPSTASH_REDIS_REST_TOKEN'] as const)
    if (value[name] === null) faults.push({ name, message: 'must be set, unless REDIS_ENABLED is "false"' })
  for (const [urlName, tokenName, firstName] of pairs) {
    if ((value[urlName] === null) !== (value[tokenName] === null))
      faults.push({ name: urlName, message: `must be set together with ${tokenName}, or neither of them` })
    if (firstName !== null && value[urlName] !== null && value[firstName] === null)
      faults.push({
        name: urlName,
        message: `must not be set without ${firstName}, in whose place it is used`,
      })
  }
  return faults
}

/** Every Redis with at least one namespace that is switched on; none if Redis is switched off. */
export function redisServersOf(value: RedisVariables): RedisServerConfig[] {
  const main = accessOf(value.UPSTASH_REDIS_REST_URL, value.UPSTASH_REDIS_REST_TOKEN)
  if (!value.REDIS_ENABLED || main === null) return []
  const enabled = redisNamespaceNames.filter((name) => !value.REDIS_NAMESPACES_OFF.includes(name))
  const own = enabled.flatMap((name): RedisServerConfig[] => {
    const prefix = prefixes[name]
    const first = accessOf(value[`${prefix}REDIS_URL`], value[`${prefix}REDIS_TOKEN`])
    if (first === null) return []
    return [
      {
        name,
        first,
        second: secondOf(value, name),
        memoryMaxBytes: value.REDIS_MEMORY_MAX_BYTES.get(name) ?? null,
        namespaces: [name],
      },
    ]
  })
  const shared: RedisServerConfig = {
    name: 'main',
    first: main,
    second: accessOf(value.UPSTASH_REDIS_SECOND_URL, value.UPSTASH_REDIS_SECOND_TOKEN),
    memoryMaxBytes: value.REDIS_MEMORY_MAX_BYTES.get('main') ?? null,
    namespaces: enabled.filter((name) => !own.some((server) => server.name === name)),
  }
  return shared.namespaces.length === 0 ? own : [shared, ...own]
}

function secondOf(value: RedisVariables, name: RedisNamespaceName): RedisAccess | null {
  if (name === 'sessions') return null
  const prefix = prefixes[name]
  return accessOf(value[`${prefix}REDIS_SECOND_URL`], value[`${prefix}REDIS_SECOND_TOKEN`])
}

function accessOf(ofUrl: string | null, ofToken: string | null): RedisAccess | null {
  return ofUrl === null || ofToken === null ? null : { url: ofUrl, token: ofToken }
}
