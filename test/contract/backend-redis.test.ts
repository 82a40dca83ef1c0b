import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'
import { createCache } from '../../shared/redis/backend/cache.ts'
import { createRateLimit } from '../../shared/redis/backend/rate-limit.ts'
import { createSecondaryStorage, SessionStorageError } from '../../shared/redis/backend/secondary-storage.ts'
import { createRedisClient, type RedisRequest, type RedisTransport } from '../../shared/redis/client.ts'
import type { RedisNamespaceName } from '../../shared/redis/names.ts'
import { createRedisNamespace } from '../../shared/redis/namespace.ts'
import { createUpstashTransport } from '../../shared/redis/upstash-transport.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { redisKinds, type StartedRedis, startLocalRedis } from '../support/local-redis.ts'

describe.each(redisKinds)("what the CRM's backend imports, on a Redis (%s)", (kind) => {
  let started: StartedRedis
  let transport: RedisTransport
  let sent: RedisRequest[]
  beforeAll(async () => {
    started = await startLocalRedis(kind)
  })
  afterAll(() => started?.stop())
  beforeEach(async () => {
    sent = []
    const upstash = createUpstashTransport(started.redis, fetch)
    transport = (request) => {
      sent.push(request)
      return upstash(request)
    }
    await createRedisClient({ transport: upstash, clock: systemClock, deadlineMs: 1_000 }).send([
      ['FLUSHALL'],
    ])
  })

  /** Clears as an operator does, by another client of the same Redis. */
  async function clear(name: RedisNamespaceName): Promise<void> {
    const client = createRedisClient({
      transport: createUpstashTransport(started.redis, fetch),
      clock: systemClock,
      deadlineMs: 1_000,
    })
    const cleared = await createRedisNamespace({ name, client, clock: systemClock }).clear()
    expect(cleared.ok).toBe(true)
  }

  describe('the cache', () => {
    const open = () => createCache({ redis: transport }).forWorkspace('15213')
    const loader = (...values: unknown[]) => {
      const loads: unknown[] = []
      return {
        loads,
        load: async () => {
          const value = values[Math.min(loads.length, values.length - 1)]
          loads.push(value)
          return value
        },
      }
    }

    it('loads a value once, and absence too; a hit is one command', async () => {
      const cache = open()
      for (const value of [{ id: 'contact_1', tags: ['v1', 'OK'] }, null, 0, '']) {
        const { load, loads } = loader(value, 'another')
        expect(await cache.getCached(`key ${JSON.stringify(value)}`, load, 60)).toEqual(value)
        sent.length = 0
        expect(await cache.getCached(`key ${JSON.stringify(value)}`, load, 60)).toEqual(value)
        expect(sent.flatMap(({ commands }) => commands).map(([name]) => name)).toEqual(['MGET'])
        expect(loads).toHaveLength(1)
      }
    })

    it('loads once for all callers that need a key at the same time, and fails for all of them alike', async () => {
      const cache = open()
      const { load, loads } = loader('v1')
      const values = await Promise.all(Array.from({ length: 50 }, () => cache.getCached('k', load, 60)))
      expect(new Set(values)).toEqual(new Set(['v1']))
      expect(loads).toHaveLength(1)
      let failures = 0
      const fail = async (): Promise<string> => {
        failures += 1
        throw new Error('the database is away')
      }
      const failed = await Promise.allSettled(
        Array.from({ length: 50 }, () => cache.getCached('f', fail, 60)),
      )
      expect(failed.every(({ status }) => status === 'rejected')).toBe(true)
      expect(failures).toBe(1)
      expect(await cache.getCached('f', load, 60)).toBe('v1')
    })

    it('never keeps what a load read before a del, a set or a clearing that came in between', async () => {
      const changes = {
        del: (cache: ReturnType<typeof open>) => cache.del('k'),
        set: (cache: ReturnType<typeof open>) => cache.set('k', 'new', 60),
        clear: () => clear('cache'),
      }
      for (const [name, change] of Object.entries(changes)) {
        const [reader, writer] = [open(), open()]
        await writer.getCached('other', async () => 'there is a generation', 60)
        await reader.getCached(
          'k',
          async () => {
            await change(writer)
            return 'old'
          },
          60,
        )
        expect(await writer.get('k')).toEqual({ ok: true, value: name === 'set' ? 'new' : undefined })
        await writer.del('k')
      }
    })

    it('keeps what was loaded after a clearing, whenever a load from before it ends', async () => {
      const [slow, quick] = [open(), open()]
      await quick.getCached('other', async () => 'there is a generation', 60)
      const load = async () => {
        await clear('cache')
        await quick.getCached('k', async () => 'new', 60)
        return 'old'
      }
      expect(await slow.getCached('k', load, 60)).toBe('old')
      expect(await quick.get('k')).toEqual({ ok: true, value: 'new' })
    })

    it('lets nobody who removed a key join a load that began before', async () => {
      const cache = open()
      let release: () => void = () => undefined
      const held = new Promise<void>((resolve) => {
        release = resolve
      })
      const slow = cache.getCached('k', () => held.then(() => 'old'), 60)
      await cache.del('k')
      expect(await cache.getCached('k', async () => 'new', 60)).toBe('new')
      release()
      expect(await slow).toBe('old')
      expect(await cache.get('k')).toEqual({ ok: true, value: 'new' })
    })

    it('sets, tells, removes and counts, each workspace for itself', async () => {
      const cache = open()
      const other = createCache({ redis: transport }).forWorkspace('15214')
      expect(await cache.set('k', { a: 1 }, 60)).toEqual({ ok: true, value: undefined })
      expect(await cache.get('k')).toEqual({ ok: true, value: { a: 1 } })
      expect(await cache.exists('k')).toEqual({ ok: true, value: true })
      expect(await other.exists('k')).toEqual({ ok: true, value: false })
      expect(await other.get('k')).toEqual({ ok: true, value: undefined })
      expect(await cache.incr('k', 60)).toEqual({ ok: true, value: 1 })
      expect(await cache.incr('k', 60, 5)).toEqual({ ok: true, value: 6 })
      expect(await other.incr('k', 60)).toEqual({ ok: true, value: 1 })
      await cache.del('k')
      expect(await cache.exists('k')).toEqual({ ok: true, value: false })
      await clear('cache')
      expect(await cache.incr('k', 60)).toEqual({ ok: true, value: 1 })
    })

    it('shows no key to Redis, since it may be private', async () => {
      const cache = open()
      await cache.getCached('ann@example.com', async () => 1, 60)
      for (const use of [cache.get, cache.del, cache.exists]) await use('ann@example.com')
      await cache.set('ann@example.com', 1, 60)
      await cache.incr('ann@example.com', 60)
      expect(JSON.stringify(sent.map(({ commands }) => commands))).not.toContain('ann@')
    })

    it('loads again what a check refuses, and what is no JSON', async () => {
      const cache = open()
      await cache.set('k', 'text', 60)
      const isNumber = (stored: unknown): stored is number => typeof stored === 'number'
      expect(await cache.getCached('k', async () => 7, 60, isNumber)).toBe(7)
      expect(await cache.get('k')).toEqual({ ok: true, value: 7 })
    })

    it('refuses what is out of bounds', async () => {
      const cache = open()
      expect(await cache.set('k', 'x'.repeat(1_100_000), 60)).toMatchObject({ error: { kind: 'too-large' } })
      expect(await cache.get('x'.repeat(1_025))).toMatchObject({ error: { kind: 'too-large' } })
      for (const seconds of [0, -1, Number.NaN, 86_401]) {
        await expect(cache.set('k', 1, seconds)).rejects.toThrow(RangeError)
      }
      expect(() => createCache({ redis: transport }).forWorkspace('a:b')).toThrow()
      for (const deadlineMs of [0, limits.backendRedisDeadlineMaxMs + 1]) {
        for (const create of [createCache, createRateLimit, createSecondaryStorage])
          expect(() => create({ redis: transport, deadlineMs })).toThrow(RangeError)
      }
      sent.length = 0
      expect(await cache.getCached('x'.repeat(1_025), async () => 'loaded', 60)).toBe('loaded')
      expect(sent).toEqual([])
      const failures: string[] = []
      const told = createCache({ redis: transport, onFailure: ({ kind: why }) => failures.push(why) })
      const large = async () => 'x'.repeat(1_100_000)
      expect(await told.forWorkspace('15213').getCached('large', large, 60)).toHaveLength(1_100_000)
      expect(failures).toEqual(['too-large'])
      expect(await cache.exists('large')).toEqual({ ok: true, value: false })
    })
  })

  describe('the rate limit', () => {
    it('allows max requests in any window, tells what remains and when the next one passes', async () => {
      const clock = createFakeClock(1_764_150_000_000)
      const check = () =>
        createRateLimit({ redis: transport, clock })
          .forWorkspace('15213')
          .check('user@example.com', '/api', 3, 60_000)
      const startMs = clock.now()
      for (const remaining of [2, 1, 0]) {
        expect(await check()).toEqual({
          ok: true,
          value: { allowed: true, remaining, resetAt: startMs + 60_000 },
        })
        await clock.advance(1_000)
      }
      const refused = { ok: true, value: { allowed: false, remaining: 0, resetAt: startMs + 60_000 } }
      expect(await check()).toEqual(refused)
      await clock.advance(56_999)
      expect(await check()).toEqual(refused)
      await clock.advance(1)
      const next = { allowed: true, remaining: 0, resetAt: startMs + 61_000 }
      expect(await check()).toEqual({ ok: true, value: next })
      expect(await check()).toMatchObject({ value: { allowed: false, resetAt: startMs + 61_000 } })
    })

    it('never lets more than max through in a window, however many ask at once', async () => {
      const limit = createRateLimit({ redis: transport }).forWorkspace('15213')
      const verdicts = await Promise.all(Array.from({ length: 40 }, () => limit.check('u', 'e', 7, 60_000)))
      expect(verdicts.filter((verdict) => verdict.ok && verdict.value.allowed)).toHaveLength(7)
    })

    it('refuses what is out of bounds, and then asks Redis nothing', async () => {
      const limit = createRateLimit({ redis: transport }).forWorkspace('15213')
      for (const [max, windowMs] of [
        [0, 1_000],
        [limits.backendWindowRequestsMax + 1, 1_000],
        [Number.NaN, 1_000],
        [1, 0],
        [1, limits.backendWindowMaxMs + 1],
        [1, Number.NaN],
      ] as const)
        await expect(limit.check('u', 'e', max, windowMs)).rejects.toThrow(RangeError)
      expect(() => createRateLimit({ redis: transport }).forWorkspace('a:b')).toThrow()
      expect(sent).toEqual([])
    })

    it('shows no identifier to Redis', async () => {
      await createRateLimit({ redis: transport })
        .forWorkspace('15213')
        .check('ann@example.com', 'e', 1, 1_000)
      expect(JSON.stringify(sent.map(({ commands }) => commands))).not.toContain('ann@')
    })

    it('counts identifiers, endpoints and workspaces apart, and lets everybody go when it is cleared', async () => {
      const limit = createRateLimit({ redis: transport })
      const asked = [
        ['15213', 'u', 'e'],
        ['15214', 'u', 'e'],
        ['15213', 'u', 'f'],
        ['15213', 'v', 'e'],
      ] as const
      const check = ([workspace, identifier, endpoint]: readonly [string, string, string]) =>
        limit.forWorkspace(workspace).check(identifier, endpoint, 1, 60_000)
      for (const one of asked) expect(await check(one)).toMatchObject({ value: { allowed: true } })
      for (const one of asked) expect(await check(one)).toMatchObject({ value: { allowed: false } })
      await clear('cache')
      expect(await check(asked[0])).toMatchObject({ value: { allowed: false } })
      await clear('rateLimit')
      for (const one of asked) expect(await check(one)).toMatchObject({ value: { allowed: true } })
    })
  })

  describe('the secondary storage', () => {
    const open = () => createSecondaryStorage({ redis: transport })
    const commandsOn = (start: string) =>
      sent.flatMap(({ commands }) => commands).filter(([, key]) => String(key).startsWith(start))

    it('keeps a value for seven days if no lifetime is given, and for 400 days at most', async () => {
      const storage = open()
      for (const ttl of [undefined, 1.5, Number.POSITIVE_INFINITY]) await storage.set('token', 'v1', ttl)
      const lifetimesMs = commandsOn('bc:sessions:').map((command) => command.at(-1))
      expect(lifetimesMs).toEqual([604_800_000, 1_500, 34_560_000_000])
      await expect(storage.set('token', 'v1', Number.NaN)).rejects.toThrow(RangeError)
    })

    it('does not prolong a counter, and counts nothing in a window that is over', async () => {
      const storage = open()
      expect([await storage.increment('n', 60), await storage.increment('n', 6_000)]).toEqual([1, 2])
      const [counter = ''] = commandsOn('bc:sessions#').map(([, key]) => key)
      const left = await transport({ commands: [['PTTL', counter]], isAtomic: false, signal: undefined })
      const [answer] = left.ok ? left.value : []
      expect(Number(answer !== undefined && 'reply' in answer ? answer.reply : null)).toBeLessThanOrEqual(
        60_000,
      )
      sent.length = 0
      for (const ttl of [0, -1]) expect(await storage.increment('n', ttl)).toBe(1)
      expect(sent).toEqual([])
    })

    it('keeps, answers once, deletes and counts', async () => {
      const storage = open()
      await storage.set('token', 'v1', 60)
      expect(await storage.get('token')).toBe('v1')
      const taken = await Promise.all([1, 2, 3].map(() => storage.getAndDelete('token')))
      expect(taken.filter((value) => value !== null)).toEqual(['v1'])
      // One step each, so that this holds for processes too.
      const takes = sent.filter(({ commands }) => commands.some(([name]) => name === 'GETDEL'))
      expect(takes.map(({ isAtomic }) => isAtomic)).toEqual([true, true, true])
      expect(await storage.get('token')).toBeNull()
      await storage.set('token', 'v2')
      await storage.delete('token')
      expect(await storage.get('token')).toBeNull()
      expect([await storage.increment('n', 60), await storage.increment('n', 60)]).toEqual([1, 2])
    })

    it.each([0, -1, -0.5])('deletes when the lifetime is %s', async (ttl) => {
      const storage = open()
      await storage.set('token', 'v1', 60)
      await storage.set('token', 'v2', ttl)
      expect(await storage.get('token')).toBeNull()
    })

    it('shows no key of better-auth to Redis, and forgets all when sessions are cleared, and only then', async () => {
      const storage = open()
      await storage.set('a-secret-token', 'v1', 60)
      await storage.increment('a-secret-counter', 60)
      expect(JSON.stringify(sent.map(({ commands }) => commands))).not.toContain('a-secret')
      for (const name of ['cache', 'rateLimit', 'emailCache'] as const) await clear(name)
      expect(await storage.get('a-secret-token')).toBe('v1')
      await clear('sessions')
      expect(await storage.get('a-secret-token')).toBeNull()
      expect(await storage.getAndDelete('a-secret-token')).toBeNull()
      expect(await storage.increment('a-secret-counter', 60)).toBe(1)
    })

    it('loses no sign-in that comes right after a clearing which its process has not noticed', async () => {
      const [one, other] = [open(), open()]
      await one.set('before', 'v1', 60)
      await clear('sessions')
      await one.set('token', 'v2', 60)
      expect(await other.get('token')).toBe('v2')
    })

    it('lets nobody in when Redis has evicted the generation of all sessions', async () => {
      const storage = open()
      await storage.set('token', 'v1', 60)
      await transport({ commands: [['DEL', 'bc:generation:sessions']], isAtomic: false, signal: undefined })
      expect([await storage.get('token'), await storage.getAndDelete('token')]).toEqual([null, null])
      await storage.set('another', 'v2', 60)
      expect([await storage.get('token'), await storage.get('another')]).toEqual([null, 'v2'])
    })

    it('refuses what is too large', async () => {
      await expect(open().set('k', 'x'.repeat(1_100_000), 60)).rejects.toThrow(SessionStorageError)
      await expect(open().get('x'.repeat(1_025))).rejects.toThrow(SessionStorageError)
    })
  })

  it('is found by the names that package.json exports', async () => {
    const { url, token } = started.redis
    const program = `
      const { createCache } = await import('boardcache/cache')
      const { createRateLimit } = await import('boardcache/rate-limit')
      const { createSecondaryStorage } = await import('boardcache/secondary-storage')
      const redis = ${JSON.stringify({ url, token })}
      const cache = createCache({ redis }).forWorkspace('15213')
      const limit = createRateLimit({ redis }).forWorkspace('15213')
      const storage = createSecondaryStorage({ redis })
      await storage.set('k', 'session', 60)
      const checked = await limit.check('u', 'e', 2, 60_000)
      console.log(JSON.stringify([await cache.getCached('k', async () => 'v1', 60), checked.value.remaining, await storage.get('k')]))`
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program])
    expect(JSON.parse(stdout)).toEqual(['v1', 1, 'session'])
  })
})
