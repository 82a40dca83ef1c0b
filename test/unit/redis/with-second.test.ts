import { describe, expect, it } from 'vitest'
import { limits } from '../../../shared/limits.ts'
import { createRedisDatabases } from '../../../worker/redis/databases.ts'
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts'
import { createFakeRedis, type FakeRedis } from '../../support/fake-redis.ts'

/** Two Redis, as the interface of Upstash answers for them, by the host of their URLs. */
function fetchFrom(servers: Readonly<Record<string, FakeRedis>>) {
  return async (url: string, { body }: RequestInit): Promise<Response> => {
    const { host, pathname } = new URL(url)
    const server = servers[host]
    if (server?.isUp !== true) throw new Error('away')
    const commands = pathname === '/' ? [JSON.parse(String(body))] : JSON.parse(String(body))
    const sent = await server.transport({ commands, isAtomic: false, signal: undefined })
    if (!sent.ok) throw new Error('away')
    const answers = sent.value.map((one) =>
      'reply' in one ? { result: one.reply } : { error: one.errorCode },
    )
    return Response.json(pathname === '/' ? answers[0] : answers)
  }
}

function createWorld() {
  const clock = createFakeClock()
  const [first, second] = [createFakeRedis(clock), createFakeRedis(clock)]
  const fetch = fetchFrom({ 'first.test': first, 'second.test': second })
  const access = (name: string) => ({ url: `https://${name}.test`, token: 'token' })
  const config = {
    ...{ first: access('first'), second: access('second'), memoryMaxBytes: null },
    name: 'main',
    namespaces: ['sessions', 'cache', 'rateLimit', 'emailCache'],
  } as const
  /** The Redis of the deployment, as one isolate uses it. */
  function isolate() {
    const { namespaces, servers } = createRedisDatabases([config], clock, fetch)
    const { cache, sessions } = namespaces
    if (cache === null || sessions === null) throw new Error('both are switched on')
    return { cache, sessions, inUse: () => servers[0]?.inUse() }
  }
  return { clock, first, second, isolate }
}

const found = (text: string | null) => ({ ok: true, value: text })

/** Reads until the breaker of the first Redis is open. */
async function fail({ cache }: ReturnType<ReturnType<typeof createWorld>['isolate']>): Promise<void> {
  for (let call = 0; call < 3; call += 1) expect((await cache.read('any')).ok).toBe(false)
}

async function recover(
  { cache }: ReturnType<ReturnType<typeof createWorld>['isolate']>,
  clock: FakeClock,
): Promise<void> {
  await clock.advance(10_000)
  expect((await cache.read('any')).ok).toBe(true)
}

describe('a Redis with a second URL', () => {
  it('is answered by the second one while the first is away, and by the first again after it', async () => {
    const { clock, first, second, isolate } = createWorld()
    const one = isolate()
    await one.cache.write('key', 'first', 600_000)
    first.isUp = false
    await fail(one)
    expect(await one.cache.read('key')).toEqual(found(null))
    expect(one.inUse()).toBe('second')
    await one.cache.write('key', 'second', 600_000)
    expect(await one.cache.read('key')).toEqual(found('second'))
    first.isUp = true
    await recover(one, clock)
    expect(one.inUse()).toBe('first')
    second.requests.length = 0
    await one.cache.write('key', 'again', 600_000)
    expect(await one.cache.read('key')).toEqual(found('again'))
    expect(second.requests).toEqual([])
  })

  it('starts a new generation at each switch, so nothing of an earlier time comes back', async () => {
    const { clock, first, isolate } = createWorld()
    const one = isolate()
    await one.cache.write('key', 'before', 3_600_000)
    first.isUp = false
    await fail(one)
    await one.cache.read('key')
    await one.cache.write('key', 'during', 3_600_000)
    first.isUp = true
    await recover(one, clock)
    expect(await one.cache.read('key')).toEqual(found(null))
    await clock.advance(limits.redisSwitchLeaseMs)
    first.isUp = false
    await fail(one)
    expect(await one.cache.read('key')).toEqual(found(null))
  })

  it('keeps what others use when one isolate after another switches, or a new one begins', async () => {
    const { clock, first, isolate } = createWorld()
    const [one, other] = [isolate(), isolate()]
    first.isUp = false
    await fail(one)
    await one.cache.read('key')
    await one.cache.write('key', 'during', 3_600_000)
    for (let minute = 0; minute < 5; minute += 1) {
      await clock.advance(30_000)
      await one.cache.read('other')
      await one.cache.read('other')
    }
    await fail(other)
    expect(await other.cache.read('key')).toEqual(found('during'))
  })

  it('never serves sessions: they fail while the first is away', async () => {
    const { first, second, isolate } = createWorld()
    const one = isolate()
    await one.sessions.write('key', 'session', 600_000)
    first.isUp = false
    await fail(one)
    expect((await one.sessions.read('key')).ok).toBe(false)
    expect((await one.sessions.write('key', 'other', 600_000)).ok).toBe(false)
    expect(second.stored.has('bc:sessions:key')).toBe(false)
    first.isUp = true
    expect(await one.sessions.read('key')).toEqual(found('session'))
  })

  it('leaves the generation of sessions alone when it switches', async () => {
    const { clock, first, isolate } = createWorld()
    const one = isolate()
    await one.sessions.write('key', 'session', 3_600_000)
    first.isUp = false
    await fail(one)
    await one.cache.read('key')
    first.isUp = true
    await recover(one, clock)
    expect(await one.sessions.read('key')).toEqual(found('session'))
  })
})
