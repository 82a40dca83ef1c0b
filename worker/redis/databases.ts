import type { Clock } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'
import type { RedisClient } from '../../shared/redis/client.ts'
import { createRedisClient } from '../../shared/redis/client.ts'
import type { RedisNamespaceName } from '../../shared/redis/names.ts'
import { byRedisNamespace } from '../../shared/redis/names.ts'
import type { RedisNamespace } from '../../shared/redis/namespace.ts'
import { createRedisNamespace } from '../../shared/redis/namespace.ts'
import { createUpstashTransport, type RedisAccess } from '../../shared/redis/upstash-transport.ts'
import type { RedisServerConfig } from '../redis-config.ts'
import type { RegionsConfig } from '../region-config.ts'
import { createRedisWithSecond } from './with-second.ts'

/** A Redis as it is called: each URL by itself, to probe and to clear it, and the client that uses the one that answers. */
export interface RedisServer {
  readonly config: RedisServerConfig
  readonly first: RedisClient
  readonly second: RedisClient | null
  readonly inUse: () => 'first' | 'second'
  /** The namespaces on it, for reads and writes of the Worker. */
  readonly namespaces: Readonly<Partial<Record<RedisNamespaceName, RedisNamespace>>>
}

/** The namespaces of all Redis of the deployment; null for one that is switched off. */
export interface RedisDatabases {
  readonly servers: readonly RedisServer[]
  readonly namespaces: Readonly<Record<RedisNamespaceName, RedisNamespace | null>>
}

/** How long a generation that was seen is good enough for a write: a cached entry that is lost costs a load, a session a sign-in. */
const trustMs: Readonly<Record<RedisNamespaceName, number>> = {
  sessions: 0,
  cache: limits.redisGenerationTrustMs,
  rateLimit: 0,
  emailCache: limits.redisGenerationTrustMs,
}

type Fetch = Parameters<typeof createUpstashTransport>[1]

/** Creates the clients. Nothing is sent. Requests have no deadline of their own: every caller passes a signal that ends in time. */
export function createRedisDatabases(
  configs: readonly RedisServerConfig[],
  clock: Clock,
  fetch: Fetch,
): RedisDatabases {
  const servers = configs.map((config) => createServer(config, clock, fetch))
  return {
    servers,
    namespaces: byRedisNamespace(
      (name) => servers.find(({ namespaces }) => namespaces[name] !== undefined)?.namespaces[name] ?? null,
    ),
  }
}

/** The Redis of a region, for its cached answers; null for a region without one. */
export interface RegionRedis {
  readonly name: string
  readonly redis: RedisServer | null
}

/** Creates the clients of the Redis of the other regions. Nothing is sent. */
export function createRegionRedis(
  regions: RegionsConfig | null,
  clock: Clock,
  fetch: Fetch,
): readonly RegionRedis[] {
  return (regions?.others ?? []).map(({ name, redis }) => ({
    name,
    redis: redis === null ? null : createServer(redis, clock, fetch),
  }))
}

function createServer(config: RedisServerConfig, clock: Clock, fetch: Fetch): RedisServer {
  const clientOf = (access: RedisAccess) =>
    createRedisClient({ transport: createUpstashTransport(access, fetch), clock, deadlineMs: null })
  const first = clientOf(config.first)
  const second = config.second === null ? null : clientOf(config.second)
  const switching = config.namespaces.filter((name) => name !== 'sessions')
  const either =
    second === null ? null : createRedisWithSecond({ first, second, namespaces: switching, clock })
  const namespaceOf = (name: RedisNamespaceName) => {
    // Sessions on a second Redis would be lost at the switch, and those that were revoked on it would be back after it.
    const client = name === 'sessions' || either === null ? first : either
    return createRedisNamespace({ name, client, clock, trustMs: trustMs[name] })
  }
  return {
    config,
    first,
    second,
    inUse: either?.inUse ?? (() => 'first'),
    namespaces: Object.fromEntries(config.namespaces.map((name) => [name, namespaceOf(name)])),
  }
}
