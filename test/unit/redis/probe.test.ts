import { expect, it } from 'vitest'
import { createRedisClient } from '../../../shared/redis/client.ts'
import type { RedisNamespaceName } from '../../../shared/redis/names.ts'
import type { RedisServer } from '../../../worker/redis/databases.ts'
import { probeServers, statesOf } from '../../../worker/redis/probe.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { createFakeRedis } from '../../support/fake-redis.ts'

const clock = createFakeClock()
const access = { url: 'https://redis.test', token: 'token' }

/** A Redis of which each URL answers or does not. */
function serverOf(
  namespaces: readonly RedisNamespaceName[],
  { first = true, second = null, inUse = 'first' }: Partial<Given> = {},
): RedisServer {
  const clientOf = (isUp: boolean) => {
    const redis = createFakeRedis(clock)
    redis.isUp = isUp
    return createRedisClient({ transport: redis.transport, clock, deadlineMs: 1_000 })
  }
  return {
    config: { name: 'main', first: access, second: null, memoryMaxBytes: null, namespaces },
    first: clientOf(first),
    second: second === null ? null : clientOf(second),
    inUse: () => inUse,
    namespaces: {},
  }
}

interface Given {
  readonly first: boolean
  readonly second: boolean | null
  readonly inUse: 'first' | 'second'
}

it.each([
  [{}, 'healthy', 'healthy'],
  [{ first: false }, 'unhealthy', 'unhealthy'],
  [{ first: false, second: true }, 'unhealthy', 'degraded'],
  [{ first: false, second: false }, 'unhealthy', 'unhealthy'],
  [{ second: true, inUse: 'second' }, 'healthy', 'degraded'],
  [{ second: false }, 'healthy', 'healthy'],
] as const)(
  'of a Redis like %j, sessions are %s and other namespaces %s',
  async (given, sessions, others) => {
    const servers = [serverOf(['sessions', 'cache', 'rateLimit'], given)]
    const states = statesOf(await probeServers({ servers }, clock))
    expect(states).toEqual({ sessions, cache: others, rateLimit: others, emailCache: 'disabled' })
  },
)

it('a namespace on a Redis of its own is as healthy as that one', async () => {
  const servers = [serverOf(['sessions', 'rateLimit'], { first: false }), serverOf(['cache', 'emailCache'])]
  expect(statesOf(await probeServers({ servers }, clock))).toEqual({
    ...{ sessions: 'unhealthy', rateLimit: 'unhealthy', cache: 'healthy', emailCache: 'healthy' },
  })
})
