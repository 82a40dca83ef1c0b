import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CacheKey } from '../../../worker/entry/key.ts'
import type { CacheEvent } from '../../../worker/events.ts'
import { createTierByRegion } from '../../../worker/tiers/by-region.ts'
import { withBreaker } from '../../../worker/tiers/with-breaker.ts'
import { entryOf } from '../../support/entries.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { createFakeTier } from '../../support/fake-tier.ts'

const page = 'bc3:15213:contact-list@1::board_1' as CacheKey

function createWorld(order: readonly number[] = [1, 0, 2]) {
  const clock = createFakeClock()
  const events: CacheEvent[] = []
  const redis = [0, 1, 2].map(() => createFakeTier('redis', clock))
  const guarded = redis.map((tier) => withBreaker(tier, clock, { record: () => undefined }))
  const tier = createTierByRegion(
    guarded.map((one, index) => ({ name: `r${index}`, tier: one })),
    () => order,
    { record: (event) => events.push(event) },
  )
  const entry = (etag: string) => entryOf({ etag, deleteAtMs: clock.now() + 600_000 })
  return { clock, events, redis, guarded, tier, entry }
}

describe('the Redis of several regions', () => {
  it('is the nearest one for reads and writes', async () => {
    const { tier, redis, entry } = createWorld()
    await tier.put(page, entry('near'))
    expect(redis.map(({ stored }) => stored.size)).toEqual([0, 1, 0])
    expect(await tier.get(page)).toMatchObject({ ok: true, value: { etag: 'near' } })
    await tier.remove([page])
    expect(await tier.get(page)).toEqual({ ok: true, value: null })
  })

  it('is the next one while the breaker of the nearest is open, and the nearest again after that', async () => {
    const { tier, redis, entry, clock } = createWorld()
    await tier.put(page, entry('old'))
    const [first, nearest] = redis
    if (nearest === undefined || first === undefined) throw new Error('there are three')
    nearest.failure = { kind: 'unavailable' }
    for (let call = 0; call < 5; call += 1) {
      expect((await tier.get(page)).ok).toBe(false)
      expect((await tier.put(page, entry('new'))).ok).toBe(false)
    }
    expect(await tier.put(page, entry('new'))).toEqual({ ok: true, value: 'stored' })
    expect(await tier.get(page)).toMatchObject({ ok: true, value: { etag: 'new' } })
    expect(first.stored.size).toBe(1)
    expect(tier.breakers().get.state).toBe('closed')
    expect((await tier.probe()).ok).toBe(true)
    nearest.failure = null
    await clock.advance(10_000)
    // It still has what it had: its reader judges it by its stamp, as every entry.
    expect(await tier.get(page)).toMatchObject({ ok: true, value: { etag: 'old' } })
  })

  it('is counted by region', async () => {
    const { tier, events } = createWorld()
    await tier.get(page)
    expect(events).toEqual([{ kind: 'region', region: 'r1', part: 'redis', outcome: 'used' }])
  })

  it('is none of the regions without one', async () => {
    const { guarded, entry } = createWorld()
    const regions = guarded.map((tier, index) => ({ name: `r${index}`, tier: index === 0 ? tier : null }))
    const tier = createTierByRegion(regions, () => [2, 1, 0], { record: () => undefined })
    expect(await tier.put(page, entry('first'))).toEqual({ ok: true, value: 'stored' })
    expect(await guarded[0]?.get(page)).toMatchObject({ ok: true, value: { etag: 'first' } })
  })

  it('is, whatever fails, the nearest one whose breaker lets a call through, and the nearest of all once all are back', async () => {
    const step = fc.record({
      region: fc.nat(2),
      failure: fc.constantFrom(null, { kind: 'unavailable' } as const),
      passesMs: fc.integer({ min: 0, max: 4_000 }),
      reads: fc.nat(7),
    })
    const orders = fc.shuffledSubarray([0, 1, 2], { minLength: 3, maxLength: 3 })
    await fc.assert(
      fc.asyncProperty(orders, fc.array(step, { maxLength: 30 }), async (order, steps) => {
        const world = createWorld(order)
        const { tier, redis, clock, entry } = world
        for (const [index, one] of redis.entries()) await one.put(page, entry(`of-r${index}`))
        for (const { region, failure, passesMs, reads } of steps) {
          Object.assign(redis[region] ?? {}, { failure })
          await clock.advance(passesMs)
          for (let read = 0; read < reads; read += 1) await expectNearest(world, order)
        }
        for (const one of redis) one.failure = null
        await clock.advance(10_000)
        expect(await tier.get(page)).toMatchObject({ ok: true, value: { etag: `of-r${order[0]}` } })
      }),
      { numRuns: 100 },
    )
  })
})

async function expectNearest(
  { guarded, redis, tier }: ReturnType<typeof createWorld>,
  order: readonly number[],
) {
  const used = order.find((index) => guarded[index]?.breakers().get.state !== 'open')
  const failure = used === undefined ? { kind: 'breaker-open' } : (redis[used]?.failure ?? null)
  const expected = failure === null ? { value: { etag: `of-r${used}` } } : { ok: false, error: failure }
  expect(await tier.get(page)).toMatchObject(expected)
}
