import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../shared/clock.ts'
import { createRedisClient } from '../../shared/redis/client.ts'
import { createRedisNamespace } from '../../shared/redis/namespace.ts'
import { createUpstashTransport, type RedisAccess } from '../../shared/redis/upstash-transport.ts'
import { createRedisCounter, createSharedCount } from '../../worker/rate-limits/shared-count.ts'
import { redisKinds, type StartedRedis, startLocalRedis } from '../support/local-redis.ts'

function namespaceOf(access: RedisAccess) {
  const transport = createUpstashTransport(access, (url, init) => fetch(url, init))
  const client = createRedisClient({ transport, clock: systemClock, deadlineMs: null })
  return createRedisNamespace({ name: 'rateLimit', client, clock: systemClock })
}
const counterOf = (access: RedisAccess) => createRedisCounter(namespaceOf(access))

const windowMs = 3_600_000
const request = { scope: 'user', key: 'a'.repeat(32), weight: 2, requestsMax: 5, windowMs } as const

describe.each(redisKinds)('the count in a Redis (%s)', (kind) => {
  let started: StartedRedis
  beforeAll(async () => {
    started = await startLocalRedis(kind)
  })
  afterAll(() => started?.stop())

  it('adds up what isolates report, and refuses all of them past the limit until the window ends', async () => {
    const signal = AbortSignal.timeout(20_000)
    const [{ count: first }, { count: second }] = [counterOf(started.redis), counterOf(started.redis)]
    const resetAtMs = expect.any(Number)
    const generation = expect.stringMatching(/^[0-9a-f]{32}$/)
    expect(await first(request, signal)).toEqual({ isWithin: true, remaining: 3, resetAtMs, generation })
    expect(await second(request, signal)).toEqual({ isWithin: true, remaining: 1, resetAtMs, generation })
    expect(await first(request, signal)).toMatchObject({ isWithin: false, remaining: 0 })
    const refused = await second(request, signal)
    expect(refused.isWithin).toBe(false)
    expect(refused.resetAtMs % windowMs).toBe(0)
    expect(refused.resetAtMs).toBeGreaterThan(Date.now())
  })

  it('counts scopes and keys apart', async () => {
    const { count } = counterOf(started.redis)
    const signal = AbortSignal.timeout(20_000)
    expect(await count({ ...request, scope: 'workspace' }, signal)).toMatchObject({ remaining: 3 })
    expect(await count({ ...request, key: 'b'.repeat(32) }, signal)).toMatchObject({ remaining: 3 })
  })

  it('lets go everybody whom it refused when its namespace is cleared, at every isolate', async () => {
    const signal = AbortSignal.timeout(20_000)
    const key = 'c'.repeat(32)
    const [one, other] = [counterOf(started.redis), counterOf(started.redis)]
    for (const { count } of [one, other]) {
      await count({ ...request, key, weight: 5 }, signal)
      expect(await count({ ...request, key }, signal)).toMatchObject({ isWithin: false })
    }
    expect((await namespaceOf(started.redis).clear()).ok).toBe(true)
    await one.generation(signal)
    await other.generation(signal)
    expect(await one.count({ ...request, key }, signal)).toMatchObject({ isWithin: true, remaining: 3 })
    expect(await other.count({ ...request, key }, signal)).toMatchObject({ isWithin: true, remaining: 1 })
  })
})

describe('the count in a Redis that is away', () => {
  it('answers that it is unavailable', async () => {
    // Nothing listens on this port.
    const away = { url: 'http://127.0.0.1:9', token: 'a token of these tests' }
    const shared = createSharedCount(counterOf(away), systemClock)
    expect((await shared.count(request)).ok).toBe(false)
    expect(shared.isAway()).toBe(true)
  })
})
