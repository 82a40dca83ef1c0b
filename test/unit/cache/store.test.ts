import { expect, it } from 'vitest'
import { ok } from '../../../shared/result.ts'
import type { CacheKey } from '../../../worker/cache/key.ts'
import { createStore } from '../../../worker/cache/store.ts'
import type { Tier } from '../../../worker/tiers/tier.ts'
import { entryOf } from '../../support/entries.ts'
import { createFakeClock, settle } from '../../support/fake-clock.ts'
import { createFakeTier } from '../../support/fake-tier.ts'

const key = 'bc2:15213:list:b1' as CacheKey

/** A store over one tier, whose first put never settles. */
function createWorld() {
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
  return { clock, store: createStore([slot], clock), putsSoFar: () => puts }
}

it('an entry that is on its way to a tier is not put there a second time', async () => {
  const { store, putsSoFar } = createWorld()
  void store.fill(key, entryOf(), true)
  await store.fill(key, entryOf(), true)
  expect(putsSoFar()).toBe(1)
})

it('a put of which nothing is heard any more, its request being cut off, keeps no later one away', async () => {
  const { clock, store, putsSoFar } = createWorld()
  void store.fill(key, entryOf(), true)
  await settle()
  await clock.advance(10_000)
  await store.fill(key, entryOf(), true)
  await store.fill(key, entryOf(), true)
  expect(putsSoFar()).toBe(3)
})
