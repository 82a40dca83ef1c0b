import { describe, expect, it } from 'vitest'
import { limits } from '../../../shared/limits.ts'
import { plainWish } from '../../../worker/cache/wish.ts'
import { deferred, settle } from '../../support/fake-clock.ts'
import { boundMs, createDeployment } from '../../support/read-harness.ts'
import { boardMove } from '../../support/tags.ts'

/** A deployment whose tiers hold an older answer than the database, without a write that would explain it. */
async function withWrongTiers() {
  const deployment = createDeployment()
  const isolate = deployment.createIsolate()
  await isolate.read()
  await isolate.rest()
  deployment.database.rows = '["right"]'
  return { ...deployment, isolate }
}

const wrong = { status: 'HIT', body: '{"contacts":[]}' }
const right = { status: 'BYPASS', source: 'database', doubt: null, body: '{"contacts":["right"]}' }

describe('a workspace that the rollout has off', () => {
  it('is answered by the database within the bound, and by the tiers again once it is on', async () => {
    const { clock, world, isolate } = await withWrongTiers()
    expect(await isolate.read()).toMatchObject(wrong)
    world.rollout = 'off'
    await clock.advance(boundMs + 1)
    expect(await isolate.read()).toMatchObject(right)
    world.rollout = 'on'
    await clock.advance(boundMs + 1)
    expect(await isolate.read()).toMatchObject(wrong)
  })

  it('neither reads nor writes a tier', async () => {
    const { clock, kv, redis, world, events, isolate } = await withWrongTiers()
    world.rollout = 'off'
    await clock.advance(boundMs + 1)
    await isolate.read()
    await isolate.rest()
    const stored = [...kv.stored, ...redis.stored].length
    events.length = 0
    for (let reads = 0; reads < 3; reads += 1) {
      await clock.advance(boundMs + 1)
      await isolate.read()
      await isolate.rest()
    }
    expect(events.filter(({ kind }) => kind === 'tier-get' || kind === 'tier-put')).toEqual([])
    expect([...kv.stored, ...redis.stored].length).toBe(stored)
  })

  it('gets an error from an origin that fails, and never an older entry', async () => {
    const { clock, database, world, isolate } = await withWrongTiers()
    world.rollout = 'off'
    await clock.advance(boundMs + 1)
    database.failure = { code: 'origin_unavailable' }
    expect(await isolate.read()).toEqual({ error: 'origin_unavailable' })
  })

  it('gets no older entry either if it was switched off while the origin was late', async () => {
    const { book, clock, database, world, isolate } = await withWrongTiers()
    book.advance([{ moves: [boardMove('b1')] }])
    await clock.advance(boundMs + 1)
    const { promise, resolve } = deferred<void>()
    database.gate = promise
    database.failure = { code: 'origin_unavailable' }
    const wish = { ...plainWish, patienceMs: 10 * boundMs }
    const reading = isolate.read({ wish })
    await settle()
    world.rollout = 'off'
    await clock.advance(boundMs + 1)
    resolve()
    expect(await reading).toEqual({ error: 'origin_unavailable' })
  })

  it('says 504 to a reader who takes only what is cached', async () => {
    const { clock, world, isolate } = await withWrongTiers()
    world.rollout = 'off'
    await clock.advance(boundMs + 1)
    expect(await isolate.read({ wish: { ...plainWish, isOnlyIfCached: true } })).toEqual({
      error: 'not_cached',
    })
  })

  it('has one query for a key and a version, however many readers there are', async () => {
    const { clock, database, world, isolate } = await withWrongTiers()
    world.rollout = 'off'
    await clock.advance(boundMs + 1)
    const before = database.loads
    const { promise, resolve } = deferred<void>()
    database.gate = promise
    const readings = Array.from({ length: 100 }, () => isolate.read())
    await settle()
    resolve()
    for (const answer of await Promise.all(readings)) expect(answer).toMatchObject(right)
    expect(database.loads).toBe(before + 1)
    // Those who come a moment later share it too, and then the database is asked again.
    expect(await isolate.read()).toMatchObject(right)
    expect(database.loads).toBe(before + 1)
    await clock.advance(limits.rolloutLingerMs)
    await isolate.read()
    expect(database.loads).toBe(before + 2)
  })

  it('never shares a query that a write has overtaken', async () => {
    const { book, clock, database, world, isolate } = await withWrongTiers()
    world.rollout = 'off'
    await clock.advance(boundMs + 1)
    await isolate.read()
    database.rows = '["newer"]'
    book.advance([{ moves: [boardMove('b1')] }])
    const wish = { ...plainWish, proof: { kind: 'now' } as const }
    expect(await isolate.read({ wish })).toMatchObject({ body: '{"contacts":["newer"]}' })
  })

  it('is off at once in an isolate that has never heard of it', async () => {
    const { clock, world, createIsolate } = await withWrongTiers()
    world.rollout = 'off'
    const another = createIsolate()
    expect(await another.read()).toMatchObject(right)
    await clock.advance(1)
    expect(await another.read()).toMatchObject(right)
  })

  it('stays as it was last known while the ledger is away', async () => {
    const { clock, world, isolate } = await withWrongTiers()
    world.rollout = 'off'
    await clock.advance(boundMs + 1)
    await isolate.read()
    world.isLedgerAway = true
    await clock.advance(boundMs + 1)
    expect(await isolate.read()).toMatchObject({ ...right, doubt: 'ledger-unreachable' })
  })
})
