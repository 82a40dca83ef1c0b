import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../shared/clock.ts'
import { createRedisCounter, createSharedCount } from '../../worker/rate-limits/shared-count.ts'
import { redisKinds, type StartedRedis, startLocalRedis } from '../support/local-redis.ts'

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
    const [first, second] = [createRedisCounter(started.redis), createRedisCounter(started.redis)]
    const resetAtMs = expect.any(Number)
    expect(await first(request, signal)).toEqual({ isWithin: true, remaining: 3, resetAtMs })
    expect(await second(request, signal)).toEqual({ isWithin: true, remaining: 1, resetAtMs })
    expect(await first(request, signal)).toMatchObject({ isWithin: false, remaining: 0 })
    const refused = await second(request, signal)
    expect(refused.isWithin).toBe(false)
    expect(refused.resetAtMs % windowMs).toBe(0)
    expect(refused.resetAtMs).toBeGreaterThan(Date.now())
  })

  it('counts scopes and keys apart', async () => {
    const count = createRedisCounter(started.redis)
    const signal = AbortSignal.timeout(20_000)
    expect(await count({ ...request, scope: 'workspace' }, signal)).toMatchObject({ remaining: 3 })
    expect(await count({ ...request, key: 'b'.repeat(32) }, signal)).toMatchObject({ remaining: 3 })
  })
})

describe('the count in a Redis that is away', () => {
  it('answers that it is unavailable', async () => {
    // Nothing listens on this port.
    const away = { url: 'http://127.0.0.1:9', token: 'a token of these tests' }
    const shared = createSharedCount(createRedisCounter(away), systemClock)
    expect((await shared.count(request)).ok).toBe(false)
    expect(shared.isAway()).toBe(true)
  })
})
