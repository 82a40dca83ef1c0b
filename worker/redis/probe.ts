import type { Clock } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'
import type { RedisClient } from '../../shared/redis/client.ts'
import { byRedisNamespace, type RedisNamespaceName } from '../../shared/redis/names.ts'
import type { RedisDatabases, RedisServer } from './databases.ts'

export type DatabaseState = 'healthy' | 'degraded' | 'unhealthy' | 'disabled'

/** A Redis, and how it answered a PING. */
export interface ProbedServer {
  readonly server: RedisServer
  readonly isConnected: boolean
  /** Null if the first URL did not answer. */
  readonly latencyMs: number | null
  /** Null if there is no second URL. */
  readonly isSecondConnected: boolean | null
}

/** Sends a PING to every URL of every Redis at once. Settles within `limits.probeDeadlineMs`. */
export function probeServers(
  { servers }: Pick<RedisDatabases, 'servers'>,
  clock: Clock,
): Promise<ProbedServer[]> {
  return Promise.all(
    servers.map(async (server) => {
      const [first, second] = await Promise.all([
        ping(server.first, clock),
        server.second === null ? undefined : ping(server.second, clock),
      ])
      const isSecondConnected = second === undefined ? null : second !== null
      return { server, isConnected: first !== null, latencyMs: first, isSecondConnected }
    }),
  )
}

/** The duration of a PING; null if it is not answered. */
async function ping(client: RedisClient, clock: Clock): Promise<number | null> {
  const startedAtMs = clock.now()
  const answered = await client.send([['PING']], { signal: AbortSignal.timeout(limits.probeDeadlineMs) })
  return answered.ok ? clock.now() - startedAtMs : null
}

/** The health of each namespace. One that only its second Redis can serve is degraded; sessions have no second one. */
export function statesOf(probed: readonly ProbedServer[]): Record<RedisNamespaceName, DatabaseState> {
  return byRedisNamespace((name) => {
    const its = probed.find(({ server }) => server.config.namespaces.includes(name))
    if (its === undefined) return 'disabled'
    const isServedBySecond = name !== 'sessions' && its.isSecondConnected === true
    if (!its.isConnected) return isServedBySecond ? 'degraded' : 'unhealthy'
    return name !== 'sessions' && its.server.inUse() === 'second' ? 'degraded' : 'healthy'
  })
}
