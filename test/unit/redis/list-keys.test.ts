import { expect, it } from 'vitest'
import { hexDigest } from '../../../shared/hex-digest.ts'
import { createRedisClient } from '../../../shared/redis/client.ts'
import { listKeys } from '../../../shared/redis/list-keys.ts'
import { createRedisNamespace } from '../../../shared/redis/namespace.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { createFakeRedis } from '../../support/fake-redis.ts'

const { signal } = new AbortController()

function createWorld() {
  const clock = createFakeClock()
  const redis = createFakeRedis(clock)
  const client = createRedisClient({ transport: redis.transport, clock, deadlineMs: null })
  const namespace = createRedisNamespace({ name: 'sessions', client, clock })
  const list = (prefix = '', cursor = '0') => listKeys(client, 'sessions', { prefix, cursor }, signal)
  return { redis, client, namespace, list }
}

it('keys are shown by their digests, with size and lifetime left, and with no word of keys or values', async () => {
  const { namespace, list } = createWorld()
  await namespace.write('token-of-ann', '{"user":"ann"}', 60_000)
  await namespace.count('sign-ins-of-ann', 3, 30_000)
  const page = await list()
  expect(page).toEqual({
    ok: true,
    value: {
      keys: [
        {
          ...{ digest: await hexDigest('sign-ins-of-ann', 16), kind: 'counter', isCleared: false },
          ...{ lifetimeSeconds: 30, bytes: 1 },
        },
        {
          ...{ digest: await hexDigest('token-of-ann', 16), kind: 'value', isCleared: false },
          ...{ lifetimeSeconds: 60, bytes: 32 + '{"user":"ann"}'.length },
        },
      ],
      nextCursor: null,
    },
  })
  expect(JSON.stringify(page)).not.toMatch(/ann/)
})

it('a prefix selects keys of all kinds, and of no other namespace', async () => {
  const { client, namespace, list } = createWorld()
  const cache = createRedisNamespace({ name: 'cache', client, clock: createFakeClock() })
  await cache.write('a:1', 'text', 60_000)
  for (const key of ['a:1', 'a:2', 'b:1']) await namespace.write(key, 'text', 60_000)
  await namespace.count('a:3', 1, 60_000)
  const keysOf = async (prefix: string) => {
    const page = await list(prefix)
    return page.ok ? page.value.keys.length : null
  }
  expect(await keysOf('a:')).toBe(3)
  expect(await keysOf('b:')).toBe(1)
  expect(await keysOf('*')).toBe(0)
  expect(await keysOf('')).toBe(4)
})

it('says which keys were cleared and wait to be removed', async () => {
  const { namespace, list } = createWorld()
  await namespace.write('old', 'text', 60_000)
  await namespace.count('old count', 1, 60_000)
  await namespace.clear()
  await namespace.write('new', 'text', 60_000)
  const page = await list()
  const states = page.ok ? page.value.keys.map(({ kind, isCleared }) => `${kind} ${isCleared}`).sort() : []
  expect(states).toEqual(['counter true', 'value false', 'value true'])
})

it('pages are bounded, and together they have every key once', async () => {
  const { namespace, redis, list } = createWorld()
  for (let key = 0; key < 2_350; key += 1) await namespace.write(`key-${key}`, 'text', 60_000)
  redis.requests.length = 0
  const seen = new Set<string>()
  let cursor: string | null = '0'
  for (let pages = 0; cursor !== null && pages < 100; pages += 1) {
    const page = await list('', cursor)
    if (!page.ok) throw new Error('the Redis of the test is there')
    expect(page.value.keys.length).toBeLessThanOrEqual(200)
    for (const { digest } of page.value.keys) seen.add(digest)
    cursor = page.value.nextCursor
  }
  expect(seen.size).toBe(2_350)
})
