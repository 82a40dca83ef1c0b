import { describe, expect, it } from 'vitest'
import type { WireError } from '../../../shared/contract/errors.ts'
import { limits } from '../../../shared/limits.ts'
import { createRedisClient } from '../../../shared/redis/client.ts'
import { type RedisNamespaceName, redisNamespaceNames } from '../../../shared/redis/names.ts'
import { createRedisNamespace } from '../../../shared/redis/namespace.ts'
import type { Result } from '../../../shared/result.ts'
import { err, ok } from '../../../shared/result.ts'
import { createRedisKeeper } from '../../../worker/deployment/redis/keeper.ts'
import type { RedisServer } from '../../../worker/redis/databases.ts'
import { createSqlStorage } from '../../support/book-storage.ts'
import { createFakeClock, settle } from '../../support/fake-clock.ts'
import { createFakeRedis, type FakeRedis } from '../../support/fake-redis.ts'

const by = { kind: 'user', userId: 'user-1', workspaceId: '15213' } as const

function createWorld(secondUp: boolean | null = null, storage = createSqlStorage()) {
  const clock = createFakeClock()
  const redis = createFakeRedis(clock)
  const second = createFakeRedis(clock)
  second.isUp = secondUp === true
  const clientOf = ({ transport }: FakeRedis) => createRedisClient({ transport, clock, deadlineMs: 1_000 })
  const client = clientOf(redis)
  const access = { url: 'https://redis.test', token: 'token' }
  const server: RedisServer = {
    config: {
      ...{ name: 'main', first: access, second: null, memoryMaxBytes: 1_000 },
      namespaces: redisNamespaceNames,
    },
    first: client,
    second: secondUp === null ? null : clientOf(second),
    inUse: () => 'first',
    namespaces: {},
  }
  const move: { count: number; outcome: Result<void, WireError> } = { count: 0, outcome: ok(undefined) }
  const keeper = createRedisKeeper({
    servers: [server],
    storage,
    clock,
    newId: () => `clear-${++ids}`,
    async moveEverything() {
      move.count += 1
      return move.outcome
    },
  })
  let ids = 0
  return {
    ...{ clock, redis, second, storage, move, keeper },
    namespace: (name: RedisNamespaceName) => createRedisNamespace({ name, client, clock }),
    async tick() {
      keeper.tick()
      await settle()
      await settle()
    },
  }
}

describe('the sizes of the namespaces', () => {
  it('are counted by a walk, told with the time of its end, and kept when the object starts again', async () => {
    const { clock, keeper, namespace, tick, storage } = createWorld()
    for (let key = 0; key < 25; key += 1)
      await namespace('cache').write(`key-${key}`, 'x'.repeat(100), 600_000)
    await namespace('rateLimit').count('caller', 1, 600_000)
    expect(keeper.findings().sizes).toEqual({})
    await tick()
    const { sizes } = keeper.findings()
    expect(sizes.cache).toMatchObject({ keys: 25, atMs: clock.now() })
    expect(sizes.rateLimit?.keys).toBe(1)
    expect(sizes.sessions).toMatchObject({ keys: 0, memoryBytes: 0 })
    const bytesOfEach = (sizes.cache?.memoryBytes ?? 0) / 25
    expect(bytesOfEach).toBeGreaterThan(100)
    expect(bytesOfEach).toBeLessThan(300)
    expect(createWorld(null, storage).keeper.findings().sizes).toEqual(sizes)
  })

  it('take a bounded number of steps a minute, however many keys there are and however often it is called', async () => {
    const { clock, redis, tick } = createWorld()
    // A Redis so large that no walk comes to its end.
    redis.execute = ([name]) => ({ reply: name === 'SCAN' ? ['7', []] : null })
    const steps = () => redis.requests.filter(([first]) => first?.[0] === 'SCAN').length
    await tick()
    const atFirst = steps()
    for (let second = 0; second < 60; second += 1) {
      await clock.advance(1_000)
      await tick()
    }
    expect(atFirst).toBeGreaterThan(0)
    expect(steps() - atFirst).toBeLessThanOrEqual(limits.redisWalkStepsPerMinuteMax)
    expect(steps() - atFirst).toBeGreaterThan(limits.redisWalkStepsPerMinuteMax / 2)
  })

  it('are walked again five minutes after the last walk ended', async () => {
    const { clock, redis, tick } = createWorld()
    const steps = () => redis.requests.filter(([first]) => first?.[0] === 'SCAN').length
    await tick()
    expect(steps()).toBe(1)
    await clock.advance(limits.redisWalkPauseMs - 1)
    await tick()
    expect(steps()).toBe(1)
    await clock.advance(1)
    await tick()
    expect(steps()).toBe(2)
  })

  it('stay as they were while Redis is away, and are counted when it is back', async () => {
    const { clock, keeper, namespace, redis, tick } = createWorld()
    await namespace('cache').write('key', 'text', 3_600_000)
    await tick()
    const { sizes } = keeper.findings()
    redis.isUp = false
    await clock.advance(limits.redisWalkPauseMs)
    await tick()
    expect(keeper.findings().sizes).toEqual(sizes)
    redis.isUp = true
    await clock.advance(10_000)
    await tick()
    expect(keeper.findings().sizes.cache).toMatchObject({ keys: 1, atMs: clock.now() })
  })
})

describe('clearing a namespace', () => {
  it('is in force when it is answered, and written down with who did it and when', async () => {
    const { clock, keeper, namespace } = createWorld()
    const cache = namespace('cache')
    await cache.write('key', 'text', 600_000)
    const cleared = await keeper.clear({ database: 'cache', everywhere: false, by })
    expect(cleared).toEqual(ok({ id: 'clear-1', atMs: clock.now() }))
    expect(await cache.read('key')).toEqual(ok(null))
    expect(keeper.findings().clears).toEqual([
      {
        ...{ id: 'clear-1', database: 'cache', everywhere: false, by, outcome: 'cleared', swept: null },
        at: new Date(clock.now()).toISOString(),
      },
    ])
  })

  it('is refused while Redis is away, which is written down too', async () => {
    const { keeper, namespace, redis } = createWorld()
    await namespace('sessions').write('key', 'session', 600_000)
    redis.isUp = false
    const refused = await keeper.clear({ database: 'sessions', everywhere: false, by })
    expect(refused).toMatchObject(err({ code: 'redis_unavailable' }))
    expect(keeper.findings().clears).toMatchObject([{ database: 'sessions', outcome: 'unconfirmed', by }])
    redis.isUp = true
    expect(await namespace('sessions').read('key')).toEqual(ok('session'))
  })

  it.each([true, false])('must be confirmed by the second Redis too (%s)', async (secondUp) => {
    const { keeper, second } = createWorld(secondUp)
    const cleared = await keeper.clear({ database: 'cache', everywhere: false, by })
    expect(cleared.ok).toBe(secondUp)
    expect(second.stored.has('bc:generation:cache')).toBe(secondUp)
    const sessions = await keeper.clear({ database: 'sessions', everywhere: false, by })
    expect(sessions.ok).toBe(true)
    expect(second.stored.has('bc:generation:sessions')).toBe(false)
  })

  it('everywhere moves the tags of all workspaces first, and clears nothing if that fails', async () => {
    const { keeper, namespace, move } = createWorld()
    await namespace('cache').write('key', 'text', 600_000)
    move.outcome = err({ code: 'origin_unavailable' })
    const request = { database: 'cache', everywhere: true, by } as const
    expect(await keeper.clear(request)).toEqual(err({ code: 'origin_unavailable' }))
    expect(await namespace('cache').read('key')).toEqual(ok('text'))
    move.outcome = ok(undefined)
    expect((await keeper.clear(request)).ok).toBe(true)
    expect(move.count).toBe(2)
    expect(await namespace('cache').read('key')).toEqual(ok(null))
    expect(keeper.findings().clears.map(({ outcome }) => outcome)).toEqual(['cleared', 'unconfirmed'])
  })

  it('remembers a bounded number of clearings', async () => {
    const { keeper } = createWorld()
    for (let time = 0; time < limits.redisClearsKeptMax + 5; time += 1)
      await keeper.clear({ database: 'cache', everywhere: false, by })
    const { clears } = keeper.findings()
    expect(clears).toHaveLength(limits.redisClearsKeptMax)
    expect(clears[0]?.id).toBe(`clear-${limits.redisClearsKeptMax + 5}`)
  })
})

describe('the memory of a Redis', () => {
  it('is a share of what the server says, or the configuration', async () => {
    const { clock, keeper, redis, tick } = createWorld()
    redis.info = 'used_memory:900\r\nmaxmemory:0\r\n'
    await tick()
    expect(keeper.memoryShares()).toEqual({ main: 0.9 })
    redis.info = 'used_memory:900\r\nmaxmemory:1800\r\n'
    await clock.advance(limits.redisMemoryEveryMs)
    await tick()
    expect(keeper.memoryShares()).toEqual({ main: 0.5 })
    expect(keeper.gauges()).toMatchObject({
      'redis_used_memory_bytes main': 900,
      'redis_max_memory_bytes main': 1_800,
    })
  })

  it('is unknown while Redis does not tell it, and then nothing is compared', async () => {
    const { keeper, redis, tick } = createWorld()
    redis.isUp = false
    await tick()
    expect(keeper.memoryShares()).toEqual({})
  })
})
