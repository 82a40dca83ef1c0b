import { expect, test } from 'vitest'
import { limits } from '../../../shared/limits.ts'
import { ok } from '../../../shared/result.ts'
import { createStore } from '../../../worker/cache/store.ts'
import type { CacheKey } from '../../../worker/entry/key.ts'
import type { CacheEvent } from '../../../worker/events.ts'
import type { TierSlot } from '../../../worker/tiers/slots.ts'
import type { PutOutcome, Tier } from '../../../worker/tiers/tier.ts'
import { entryOf } from '../../support/entries.ts'
import { createFakeClock, settle } from '../../support/fake-clock.ts'
import { createFakeTier } from '../../support/fake-tier.ts'

const keyOf = (name: string) => `bc1:15213:contact-list:${name}` as CacheKey
const entry = entryOf({ body: new Uint8Array(1_234) })

function storeOver(putOutcome: PutOutcome = 'stored') {
  const events: CacheEvent[] = []
  const clock = createFakeClock()
  const slots = (['kv', 'redis'] as const).map((name): TierSlot => {
    const tier = createFakeTier(name, clock)
    const put: TierSlot['tier']['put'] = async (...args) =>
      putOutcome === 'stored' ? tier.put(...args) : { ok: true, value: putOutcome }
    return { tier: { ...tier, put }, source: 'redis_cache', isNear: false, admits: 'every-fill' }
  })
  return { store: createStore(slots, { clock, recorder: { record: (event) => events.push(event) } }), events }
}

test('an entry that tiers take after a load counts as a fill of each, with its bytes', async () => {
  const { store, events } = storeOver()
  await store.fill(keyOf('a'), entry, 'everywhere')
  expect(events).toEqual([
    { kind: 'entry-stored', tier: 'kv', cause: 'fill', bodyBytes: 1_234 },
    { kind: 'entry-stored', tier: 'redis', cause: 'fill', bodyBytes: 1_234 },
  ])
})

test('an entry found in a farther tier counts as a back-fill of those above it', async () => {
  const { store, events } = storeOver()
  await store.promote(keyOf('a'), entry, 1)
  expect(events).toEqual([{ kind: 'entry-stored', tier: 'kv', cause: 'back-fill', bodyBytes: 1_234 }])
})

/** A store over tiers that take different fills. */
function storeOfAll() {
  const clock = createFakeClock()
  const tierOf = (name: 'edge-cache' | 'kv' | 'redis') => createFakeTier(name, clock)
  const [edgeCache, kv, redis] = [tierOf('edge-cache'), tierOf('kv'), tierOf('redis')]
  const slots: TierSlot[] = [
    { tier: edgeCache, source: 'edge_cache', isNear: true, admits: 'every-fill' },
    { tier: kv, source: 'cloudflare_kv', isNear: false, admits: 'settled' },
    { tier: redis, source: 'redis_cache', isNear: false, admits: 'shared-fill' },
  ]
  const store = createStore(slots, { clock, recorder: { record: () => undefined } })
  const holders = () => [edgeCache, kv, redis].filter(({ stored }) => stored.size > 0).map(({ name }) => name)
  return { clock, store, holders }
}

test.each([
  ['shared', ['edge-cache', 'redis']],
  ['own', ['edge-cache']],
  ['everywhere', ['edge-cache', 'kv', 'redis']],
] as const)('a fill that is %s reaches the tiers where it is likely to be read', async (reach, expected) => {
  const { store, holders } = storeOfAll()
  await store.fill(keyOf('a'), entry, reach)
  expect(holders()).toEqual(expected)
})

test('an entry that is found in Redis goes to KV only some time after its load', async () => {
  const { clock, store, holders } = storeOfAll()
  const loaded = entryOf({ createdAtMs: clock.now() })
  await store.promote(keyOf('a'), loaded, 2)
  expect(holders()).toEqual(['edge-cache'])
  await clock.advance(limits.settledMs - 1)
  await store.promote(keyOf('a'), loaded, 2)
  expect(holders()).toEqual(['edge-cache'])
  await clock.advance(1)
  await store.promote(keyOf('a'), loaded, 2)
  expect(holders()).toEqual(['edge-cache', 'kv'])
})

test('a put that needed no write is not counted', async () => {
  const { store, events } = storeOver('skipped')
  await store.fill(keyOf('a'), entry, 'everywhere')
  expect(events).toEqual([])
})

/** A store over one tier, whose first put never settles. */
function createStuck() {
  const clock = createFakeClock()
  let puts = 0
  const tier: Tier = {
    ...createFakeTier('redis', clock),
    put() {
      puts += 1
      return puts === 1 ? new Promise(() => undefined) : Promise.resolve(ok('stored' as const))
    },
  }
  const slot = { tier, source: 'redis_cache', isNear: false, admits: 'every-fill' } as const
  return {
    clock,
    store: createStore([slot], { clock, recorder: { record: () => undefined } }),
    putsSoFar: () => puts,
  }
}

test('an entry that is on its way to a tier is not put there a second time', async () => {
  const { store, putsSoFar } = createStuck()
  void store.fill(keyOf('a'), entry, 'everywhere')
  await store.fill(keyOf('a'), entry, 'everywhere')
  expect(putsSoFar()).toBe(1)
})

test('a put that was lost with its request prevents no later one', async () => {
  const { clock, store, putsSoFar } = createStuck()
  void store.fill(keyOf('a'), entry, 'everywhere')
  await settle()
  await clock.advance(10_000)
  await store.fill(keyOf('a'), entry, 'everywhere')
  await store.fill(keyOf('a'), entry, 'everywhere')
  expect(putsSoFar()).toBe(3)
})

test('an entry that no far tier stored, such as one whose namespace is switched off in Redis, goes to KV at once', async () => {
  const clock = createFakeClock()
  const kv = createFakeTier('kv', clock)
  const redis: Tier = { ...createFakeTier('redis', clock), put: async () => ok('skipped') }
  const slots: TierSlot[] = [
    { tier: kv, source: 'cloudflare_kv', isNear: false, admits: 'settled' },
    { tier: redis, source: 'redis_cache', isNear: false, admits: 'every-fill' },
  ]
  const store = createStore(slots, { clock, recorder: { record: () => undefined } })
  await store.fill(keyOf('a'), entry, 'shared')
  expect([...kv.stored.keys()]).toEqual([keyOf('a')])
})
