import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ok } from '../../../shared/result.ts'
import type { CacheKey } from '../../../worker/entry/key.ts'
import type { Tier } from '../../../worker/tiers/tier.ts'
import { withWritePause } from '../../../worker/tiers/with-write-pause.ts'
import { entryOf } from '../../support/entries.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { createFakeTier } from '../../support/fake-tier.ts'

const key = 'bc1:15213:contact-list:b1' as CacheKey
const { signal } = new AbortController()
const stored = { ok: true, value: 'stored' }
const skipped = { ok: true, value: 'skipped' }

function createPaused(keysMax?: number) {
  const clock = createFakeClock()
  const place = createFakeTier('kv', clock)
  const tier: Tier = withWritePause(place, clock, 1_000, keysMax)
  return { clock, place, tier }
}

test('a second write of a key within a second is skipped, and no failure; after it, it is made', async () => {
  const { clock, tier } = createPaused()
  expect(await tier.put(key, entryOf({ etag: 'first' }), signal)).toEqual(stored)
  await clock.advance(999)
  expect(await tier.put(key, entryOf({ etag: 'second' }), signal)).toEqual(skipped)
  expect(await tier.get(key, signal)).toMatchObject({ value: { etag: 'first' } })
  await clock.advance(1)
  expect(await tier.put(key, entryOf({ etag: 'third' }), signal)).toEqual(stored)
  expect(await tier.get(key, signal)).toMatchObject({ value: { etag: 'third' } })
})

test('whatever comes and however long it takes, writes of a key are a second apart, from end to beginning', async () => {
  const put = fc.record({ key: fc.constantFrom('a', 'b'), afterMs: fc.nat(700), takesMs: fc.nat(900) })
  await fc.assert(
    fc.asyncProperty(fc.array(put, { minLength: 5, maxLength: 30, size: 'max' }), async (puts) => {
      const clock = createFakeClock()
      const writes: Record<string, { beganAtMs: number; endedAtMs: number | null }[]> = { a: [], b: [] }
      let takesMs = 0
      const tier: Tier = withWritePause<Tier>(
        {
          ...createFakeTier('kv', clock),
          put: (name: CacheKey) => {
            const write = { beganAtMs: clock.now(), endedAtMs: null as number | null }
            writes[name]?.push(write)
            return new Promise((resolve) => {
              clock.schedule(() => {
                write.endedAtMs = clock.now()
                resolve(ok('stored'))
              }, takesMs)
            })
          },
        },
        clock,
        1_000,
      )
      for (const next of puts) {
        takesMs = next.takesMs
        void tier.put(next.key as CacheKey, entryOf(), signal)
        await clock.advance(next.afterMs)
      }
      for (const ofKey of Object.values(writes)) {
        for (const [index, write] of ofKey.slice(1).entries()) {
          const endedAtMs = ofKey[index]?.endedAtMs
          expect(write.beganAtMs - (endedAtMs ?? Number.NaN)).toBeGreaterThanOrEqual(1_000)
        }
      }
    }),
    { numRuns: 60 },
  )
})

test('keys do not hold each other up', async () => {
  const { tier } = createPaused()
  expect(await tier.put(key, entryOf(), signal)).toEqual(stored)
  expect(await tier.put(`${key}:other` as CacheKey, entryOf(), signal)).toEqual(stored)
})

test('a refused write is not tried again within the second, since another isolate made one', async () => {
  const { clock, place, tier } = createPaused()
  place.failure = { kind: 'rate-limited' }
  await tier.put(key, entryOf(), signal)
  place.failure = null
  expect(await tier.put(key, entryOf(), signal)).toEqual(skipped)
  await clock.advance(1_000)
  expect(await tier.put(key, entryOf(), signal)).toEqual(stored)
})

test('a write that never left the isolate starts no pause', async () => {
  const { place, tier } = createPaused()
  place.failure = { kind: 'breaker-open' }
  await tier.put(key, entryOf(), signal)
  place.failure = null
  await tier.put(key, entryOf({ body: new Uint8Array(5_000_000) }), signal)
  await tier.put(key, entryOf({ deleteAtMs: 0 }), signal)
  expect(await tier.put(key, entryOf(), signal)).toEqual(stored)
})

test('a write that never settles delays its key for a second and no longer', async () => {
  const { clock, place, tier } = createPaused()
  place.gate = new Promise(() => undefined)
  void tier.put(key, entryOf(), signal)
  place.gate = null
  await clock.advance(1_000)
  expect(await tier.put(key, entryOf(), signal)).toEqual(stored)
})

test('if there are too many keys, the latest are remembered', async () => {
  const { tier } = createPaused(2)
  for (const name of ['a', 'b', 'c']) await tier.put(name as CacheKey, entryOf(), signal)
  expect(await tier.put('c' as CacheKey, entryOf(), signal)).toEqual(skipped)
  expect(await tier.put('a' as CacheKey, entryOf(), signal)).toEqual(stored)
})
