import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRedisClient, type RedisTransport } from '../../../shared/redis/client.ts'
import { createRedisNamespace, type RedisNamespace } from '../../../shared/redis/namespace.ts'
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts'
import { createFakeRedis } from '../../support/fake-redis.ts'

function namespaceOn(transport: RedisTransport, clock: FakeClock, name: 'cache' | 'sessions' = 'cache') {
  const client = createRedisClient({ transport, clock, deadlineMs: 1_000 })
  return createRedisNamespace({ name, client, clock, trustMs: name === 'cache' ? 10_000 : 0 })
}

function createWorld() {
  const clock = createFakeClock()
  const redis = createFakeRedis(clock)
  const make = (name?: 'cache' | 'sessions') => namespaceOn(redis.transport, clock, name)
  return { clock, redis, make }
}

const value = (text: string | null) => ({ ok: true, value: text })

describe('a namespace of Redis', () => {
  it('gives back what was written, until its lifetime ends', async () => {
    const { clock, make } = createWorld()
    const namespace = make()
    await namespace.write('key', 'text', 1_000)
    await namespace.write('empty', '', 1_000)
    expect(await namespace.read('key')).toEqual(value('text'))
    expect(await namespace.read('empty')).toEqual(value(''))
    expect(await namespace.exists('empty')).toEqual({ ok: true, value: true })
    await clock.advance(1_000)
    expect(await namespace.read('key')).toEqual(value(null))
    expect(await namespace.exists('empty')).toEqual({ ok: true, value: false })
  })

  it('reads with one command in one request, also the first time', async () => {
    const { redis, make } = createWorld()
    const namespace = make()
    await namespace.read('key')
    await namespace.read('key')
    const read = [['MGET', 'bc:generation:cache', 'bc:cache:key']]
    expect(redis.requests).toEqual([read, read])
  })

  it('writes a cached entry with one command, once it has read anything', async () => {
    const { redis, make } = createWorld()
    await make().write('other', 'text', 1_000)
    const namespace = make()
    await namespace.read('key')
    redis.requests.length = 0
    await namespace.write('key', 'text', 1_000)
    expect(redis.requests.map((commands) => commands.map(([name]) => name))).toEqual([['SET']])
  })

  it('gives nothing of before a clearing to any reader, whoever wrote it and whatever each had seen', async () => {
    const { make } = createWorld()
    const [one, other, fresh] = [make(), make(), make()]
    await one.write('key', 'text', 60_000)
    await one.count('count', 5, 60_000)
    expect(await other.read('key')).toEqual(value('text'))
    await other.clear()
    for (const namespace of [one, other, fresh]) {
      expect(await namespace.read('key')).toEqual(value(null))
      expect(await namespace.exists('key')).toEqual({ ok: true, value: false })
      expect(await namespace.take('key')).toEqual(value(null))
    }
    expect(await one.count('count', 1, 60_000)).toEqual({ ok: true, value: 1 })
  })

  it('clears itself and no other namespace', async () => {
    const { make } = createWorld()
    const [cache, sessions] = [make('cache'), make('sessions')]
    await cache.write('key', 'text', 60_000)
    await sessions.write('key', 'session', 60_000)
    await cache.clear()
    expect(await sessions.read('key')).toEqual(value('session'))
    expect(await cache.read('key')).toEqual(value(null))
  })

  it('keeps a session that is written after a clearing which its writer has not noticed', async () => {
    const { make } = createWorld()
    const [one, other] = [make('sessions'), make('sessions')]
    await one.write('key', 'old', 60_000)
    await other.clear()
    await one.write('key', 'new', 60_000)
    expect(await other.read('key')).toEqual(value('new'))
  })

  it('matches nothing while the generation is missing, and nothing old after it was made again', async () => {
    const { redis, make } = createWorld()
    const [one, other] = [make(), make()]
    await one.write('key', 'text', 60_000)
    redis.stored.delete('bc:generation:cache')
    expect(await one.read('key')).toEqual(value(null))
    await other.write('other', 'text', 60_000)
    expect(await one.read('key')).toEqual(value(null))
    expect(await one.read('other')).toEqual(value('text'))
  })

  it('gives a value that is taken to one of its takers', async () => {
    const { make } = createWorld()
    const namespace = make('sessions')
    await namespace.write('key', 'text', 60_000)
    const taken = await Promise.all([namespace.take('key'), make('sessions').take('key')])
    expect(taken.filter((one) => one.ok && one.value === 'text')).toHaveLength(1)
  })

  it('counts, and ends the lifetime of a counter when its first addition said', async () => {
    const { clock, make } = createWorld()
    const namespace = make()
    expect(await namespace.count('key', 1, 1_000)).toEqual({ ok: true, value: 1 })
    await clock.advance(600)
    expect(await namespace.count('key', 2, 1_000)).toEqual({ ok: true, value: 3 })
    await clock.advance(400)
    expect(await namespace.count('key', 1, 1_000)).toEqual({ ok: true, value: 1 })
  })

  it('answers a failure while Redis is away, and a clearing then is none', async () => {
    const { redis, make } = createWorld()
    const namespace = make()
    await namespace.write('key', 'text', 60_000)
    redis.isUp = false
    const away = { ok: false, error: { kind: 'unavailable' } }
    expect(await namespace.clear()).toEqual(away)
    expect(await namespace.read('key')).toEqual(away)
    expect(await namespace.write('key', 'other', 60_000)).toEqual(away)
    redis.isUp = true
    expect(await namespace.read('key')).toEqual(value('text'))
  })

  it('settles within its deadline, although Redis never answers', async () => {
    const clock = createFakeClock()
    const namespace = namespaceOn(() => new Promise(() => undefined), clock)
    const read = namespace.read('key')
    await clock.advance(1_000)
    expect(await read).toEqual({ ok: false, error: { kind: 'timeout' } })
  })
})

it('no reader gets a value that was written before a clearing, once the clearing has ended, in any order of requests', async () => {
  const step = fc.record({
    kind: fc.constantFrom<('read' | 'write' | 'clear' | 'evict')[]>(
      'read',
      'write',
      'write',
      'clear',
      'evict',
    ),
    isolate: fc.nat({ max: 2 }),
    key: fc.constantFrom('a', 'b'),
  })
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.array(step, { maxLength: 40 }), async (scheduler, steps) => {
      const clock = createFakeClock()
      const redis = createFakeRedis(clock)
      // A request takes effect when it arrives, and each may be late on its way to Redis and on its way back.
      const transport: RedisTransport = async (request) => {
        await scheduler.schedule(Promise.resolve())
        const answers = await redis.transport(request)
        await scheduler.schedule(Promise.resolve())
        return answers
      }
      const isolates = [0, 1, 2].map(() => namespaceOn(transport, clock))
      let moment = 0
      /** When the latest clearing that has ended began, and when each write ended. */
      let clearedAt = 0
      const endedAt = new Map<string, number>()
      type Act = (namespace: RedisNamespace, key: string, began: number) => unknown
      const acts: Readonly<Record<(typeof steps)[number]['kind'], Act>> = {
        async write(namespace, key, began) {
          await namespace.write(key, String(began), 60_000)
          moment += 1
          endedAt.set(String(began), moment)
        },
        evict: () => redis.stored.delete('bc:generation:cache'),
        async clear(namespace, _key, began) {
          await namespace.clear()
          clearedAt = Math.max(clearedAt, began)
        },
        async read(namespace, key) {
          const cleared = clearedAt
          const got = await namespace.read(key)
          // A write that was under way when the clearing began may have been made after it.
          const text = got.ok ? got.value : null
          const writtenAt = text === null ? moment + 1 : (endedAt.get(text) ?? moment + 1)
          expect([got.ok, writtenAt > cleared]).toEqual([true, true])
        },
      }
      const work = steps.map(async ({ kind, isolate, key }) => {
        await scheduler.schedule(Promise.resolve())
        const namespace = isolates[isolate]
        if (namespace === undefined) throw new Error('no such isolate')
        moment += 1
        await acts[kind](namespace, key, moment)
      })
      await scheduler.waitFor(Promise.all(work))
    }),
    { numRuns: 300 },
  )
})
