import { beforeEach, expect, test } from 'vitest'
import type { CacheKey } from '../../../worker/entry/key.ts'
import type { CacheEvent, TierFailureKind } from '../../../worker/events.ts'
import { tierPace } from '../../../worker/outbound/circuit-breaker.ts'
import { type BreakerTier, withBreaker } from '../../../worker/tiers/with-breaker.ts'
import { withDeadline } from '../../../worker/tiers/with-deadline.ts'
import { entryOf } from '../../support/entries.ts'
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts'
import { createFakeTier, type FakeTier } from '../../support/fake-tier.ts'

const key = 'bc1:15213:contact-list:b1' as CacheKey
const { signal } = new AbortController()
const refused = { ok: false, error: { kind: 'breaker-open' } }

let clock: FakeClock
let place: FakeTier
let calls: number
let events: CacheEvent[]
let tier: BreakerTier

beforeEach(() => {
  clock = createFakeClock()
  place = createFakeTier('kv', clock)
  calls = 0
  events = []
  const counted = {
    ...place,
    get: (...given: Parameters<FakeTier['get']>) => {
      calls += 1
      return place.get(...given)
    },
  }
  tier = withBreaker(withDeadline(counted, clock, 1_000), clock, { record: (event) => events.push(event) })
})

const get = () => tier.get(key, signal)
const put = (changes = {}) => tier.put(key, entryOf(changes), signal)

async function failReads(kind: TierFailureKind): Promise<void> {
  place.failure = { kind }
  for (let read = 0; read < tierPace.failuresMax; read += 1) await get()
}

test('misses are answers: they never open a breaker', async () => {
  for (let read = 0; read < 100; read += 1) expect(await get()).toEqual({ ok: true, value: null })
  expect(tier.breakers().get.state).toBe('closed')
})

test.each(['timeout', 'unavailable'] as const)(
  'a tier that repeatedly answers "%s" is no longer called',
  async (kind) => {
    await failReads(kind)
    const asked = calls
    expect(await get()).toEqual(refused)
    expect(calls).toBe(asked)
    expect(tier.breakers().get).toEqual({ state: 'open', sinceMs: clock.now() })
  },
)

test('a tier that hangs costs its deadline a few times, and then nothing', async () => {
  place.gate = new Promise(() => undefined)
  for (let read = 0; read < tierPace.failuresMax; read += 1) {
    const answer = get()
    await clock.advance(1_000)
    expect(await answer).toEqual({ ok: false, error: { kind: 'timeout' } })
  }
  const beforeMs = clock.now()
  expect(await get()).toEqual(refused)
  expect(clock.now()).toBe(beforeMs)
})

test("one entry's corrupt bytes do not close the way to all others", async () => {
  await failReads('corrupt')
  expect(tier.breakers().get.state).toBe('closed')
})

test('writes that are refused do not close the way to reads, nor reads the way to writes', async () => {
  place.failure = { kind: 'rate-limited' }
  await put()
  place.failure = null
  expect(await put()).toEqual(refused)
  expect(await tier.remove([key], signal)).toEqual(refused)
  expect(await get()).toEqual({ ok: true, value: null })
  expect(tier.breakers()).toMatchObject({ get: { state: 'closed' }, put: { state: 'open' } })

  await clock.advance(tierPace.rateLimitedPauseMs)
  await failReads('unavailable')
  place.failure = null
  expect(await get()).toEqual(refused)
  expect(await put()).toEqual({ ok: true, value: 'stored' })
})

test('a tier that recovers is read again within the longest pause', async () => {
  await failReads('unavailable')
  for (let pause = 0; pause < 20; pause += 1) {
    await clock.advance(tierPace.pauseMaxMs)
    await get()
  }
  place.failure = null
  await clock.advance(tierPace.pauseMaxMs)
  expect(await get()).toEqual({ ok: true, value: null })
  expect(tier.breakers().get.state).toBe('closed')
})

test('of a crowd that comes when the pause is over, one asks', async () => {
  await failReads('unavailable')
  const asked = calls
  await clock.advance(tierPace.pauseMs)
  const answers = await Promise.all(Array.from({ length: 100 }, get))
  expect(calls).toBe(asked + 1)
  expect(answers.filter((answer) => !answer.ok && answer.error.kind === 'breaker-open')).toHaveLength(99)
})

test('what is refused or skipped before any I/O neither closes a breaker nor opens one', async () => {
  place.failure = { kind: 'unavailable' }
  for (let write = 0; write < tierPace.failuresMax; write += 1) await put()
  await clock.advance(tierPace.pauseMs)
  expect(await put({ deleteAtMs: clock.now() })).toEqual({ ok: true, value: 'skipped' })
  expect(await put({ body: new Uint8Array(5_000_000) })).toEqual({ ok: false, error: { kind: 'too-large' } })
  expect(await tier.remove([], signal)).toMatchObject({ ok: false })
  expect(tier.breakers().put.state).toBe('half-open')
  expect(await put()).toEqual({ ok: false, error: { kind: 'unavailable' } })
  expect(tier.breakers().put.state).toBe('open')
})

test('callers who go away say nothing about the tier', async () => {
  place.gate = new Promise(() => undefined)
  for (let read = 0; read < 3 * tierPace.failuresMax; read += 1) {
    const caller = new AbortController()
    const answer = tier.get(key, caller.signal)
    caller.abort()
    expect(await answer).toEqual({ ok: false, error: { kind: 'timeout' } })
  }
  expect(tier.breakers().get.state).toBe('closed')
})

test('a probe asks the tier whatever its breakers say, and changes nothing about them', async () => {
  await failReads('unavailable')
  expect(await tier.probe(signal)).toEqual({ ok: false, error: { kind: 'unavailable' } })
  place.failure = null
  expect(await tier.probe(signal)).toEqual({ ok: true, value: undefined })
  expect(tier.breakers().get.state).toBe('open')
})

test('every change of a breaker is counted, with the side it is on', async () => {
  await failReads('unavailable')
  place.failure = null
  await clock.advance(tierPace.pauseMs)
  await get()
  place.failure = { kind: 'rate-limited' }
  await put()
  expect(events.pop()).toEqual({ kind: 'breaker', tier: 'kv', side: 'put', state: 'open' })
  expect(events).toEqual(
    (['open', 'half-open', 'closed'] as const).map((state) => ({
      kind: 'breaker',
      tier: 'kv',
      side: 'get',
      state,
    })),
  )
})
