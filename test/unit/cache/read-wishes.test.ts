import { describe, expect, it } from 'vitest'
import { limits } from '../../../shared/limits.ts'
import type { Policy } from '../../../worker/cache/read-terms.ts'
import { plainWish } from '../../../worker/cache/wish.ts'
import { version } from '../../support/entries.ts'
import { deferred, settle } from '../../support/fake-clock.ts'
import { boundMs, createDeployment } from '../../support/read-harness.ts'
import { openMove } from '../../support/tags.ts'

const list = (rows: string) => `{"contacts":${rows}}`

describe('a caller with wishes in its headers', () => {
  it('gets nothing older than what was acknowledged before the request, at once, with no-cache', async () => {
    const { createIsolate, database, book } = createDeployment()
    const isolate = createIsolate()
    await isolate.read()
    database.rows = '["now"]'
    book.advance([{ moves: [openMove('b1')] }])
    expect((await isolate.read({ wish: { ...plainWish, proof: { kind: 'now' } } })).body).toBe(
      list('["now"]'),
    )
  })

  it('gets an outdated entry sooner if it cannot wait, and shortens nobody else’s wait', async () => {
    const { createIsolate, database, book, clock } = createDeployment()
    const isolate = createIsolate()
    await isolate.read()
    await isolate.rest()
    database.rows = '["new"]'
    book.advance([{ moves: [openMove('b1')] }])
    await clock.advance(boundMs + 1)
    const gate = deferred<void>()
    database.gate = gate.promise
    const hurried = isolate.read({ wish: { ...plainWish, patienceMs: 20 } })
    await clock.advance(20)
    expect(await hurried).toMatchObject({ status: 'STALE', doubt: 'origin-failed', body: list('[]') })
    const patient = isolate.read()
    await clock.advance(limits.fallbackPatienceMs - 1)
    gate.resolve()
    expect(await patient).toMatchObject({ status: 'MISS', body: list('["new"]') })
  })

  it('gets nothing older than the version it names', async () => {
    const { createIsolate, database, book } = createDeployment()
    const isolate = createIsolate()
    await isolate.read()
    database.rows = '["own write"]'
    const { version: written } = book.advance([{ moves: [openMove('b1')] }])
    const wish = { ...plainWish, proof: { kind: 'at-least', version: written } } as const
    expect((await isolate.read({ wish })).body).toBe(list('["own write"]'))
  })

  it('is refused proof if the ledger becomes unreachable while it waits, whatever others load unproven', async () => {
    const { createIsolate, world, book, clock, database } = createDeployment()
    const isolate = createIsolate()
    await isolate.read()
    await isolate.rest()
    world.isLedgerAway = true
    await clock.advance(boundMs + 1)
    const gate = deferred<void>()
    database.gate = gate.promise
    const unproven = isolate.read({ isBypass: true })
    await settle()
    world.isLedgerAway = false
    await clock.advance(boundMs + 1)
    database.rows = '["written"]'
    const written = book.advance([{ moves: [openMove('b1')] }])
    const settings = deferred<Policy>()
    const proof = { kind: 'at-least', version: written.version } as const
    const reading = isolate.read({ policy: settings.promise, wish: { ...plainWish, proof } })
    await settle()
    world.isLedgerAway = true
    await clock.advance(boundMs + 1)
    settings.resolve({ isEnabled: true, lifetimeSeconds: 180 })
    await settle()
    gate.resolve()
    expect(await reading).toEqual({ error: 'ledger_unavailable' })
    expect(await unproven).toMatchObject({ status: 'BYPASS', doubt: 'ledger-unreachable' })
  })

  it('is told that the version it names does not exist', async () => {
    const { createIsolate } = createDeployment()
    for (const kind of ['at-least', 'now'] as const) {
      const wish = { ...plainWish, proof: { kind, version: version(9) } }
      expect(await createIsolate().read({ wish })).toEqual({ error: 'version_unknown' })
    }
  })

  it('gets nothing older than the age it names from a load that was shared a moment ago either', async () => {
    const { createIsolate, clock, database } = createDeployment()
    const isolate = createIsolate()
    await isolate.read()
    await clock.advance(2_000)
    expect(await isolate.read({ wish: { ...plainWish, maxAgeSeconds: 1 } })).toMatchObject({ status: 'MISS' })
    expect(database.loads).toBe(2)
  })

  it('gets nothing older than the age it names', async () => {
    const { createIsolate, clock } = createDeployment()
    const isolate = createIsolate()
    await isolate.read()
    await isolate.rest()
    await clock.advance(10_000)
    expect(await isolate.read({ wish: { ...plainWish, maxAgeSeconds: 20 } })).toMatchObject({ status: 'HIT' })
    expect(await isolate.read({ wish: { ...plainWish, maxAgeSeconds: 5 } })).toMatchObject({ status: 'MISS' })
  })

  it('gets nothing further past its time than max-stale says', async () => {
    const { createIsolate, clock } = createDeployment()
    const isolate = createIsolate()
    await isolate.read()
    await isolate.rest()
    await clock.advance(200_000)
    const tooStale = { ...plainWish, maxStaleSeconds: 19, isOnlyIfCached: true }
    expect(await isolate.read({ wish: tooStale })).toEqual({ error: 'not_cached' })
    const staleEnough = { ...plainWish, maxStaleSeconds: 21, isOnlyIfCached: true }
    expect(await isolate.read({ wish: staleEnough })).toMatchObject({ status: 'STALE' })
  })

  it('gets nothing that ends sooner than min-fresh says', async () => {
    const { createIsolate, clock, database } = createDeployment()
    const isolate = createIsolate()
    await isolate.read()
    await isolate.rest()
    await clock.advance(100_000)
    expect(await isolate.read({ wish: { ...plainWish, minFreshSeconds: 79 } })).toMatchObject({
      status: 'HIT',
    })
    expect(await isolate.read({ wish: { ...plainWish, minFreshSeconds: 81 } })).toMatchObject({
      status: 'MISS',
    })
    expect(database.loads).toBe(2)
  })

  it('gets nothing staler than stale-if-error says, though the origin fails', async () => {
    const { createIsolate, clock, database, book } = createDeployment()
    const isolate = createIsolate()
    await isolate.read()
    await isolate.rest()
    book.advance([{ moves: [openMove('b1')] }])
    await clock.advance(200_000)
    database.failure = { code: 'origin_unavailable' }
    expect(await isolate.read({ wish: { ...plainWish, staleIfErrorSeconds: 19 } })).toEqual({
      error: 'origin_unavailable',
    })
    expect(await isolate.read({ wish: { ...plainWish, staleIfErrorSeconds: 21 } })).toMatchObject({
      status: 'STALE',
    })
  })

  it('gets only what is cached, or nothing, with only-if-cached', async () => {
    const { createIsolate, database } = createDeployment()
    expect(await createIsolate().read({ wish: { ...plainWish, isOnlyIfCached: true } })).toEqual({
      error: 'not_cached',
    })
    expect(database.loads).toBe(0)
  })

  it('gets nothing with only-if-cached if the cache is switched off or bypassed', async () => {
    const { createIsolate, database } = createDeployment()
    const wish = { ...plainWish, isOnlyIfCached: true }
    const settings = { isEnabled: false, lifetimeSeconds: 180 }
    expect(await createIsolate().read({ wish, settings })).toEqual({ error: 'not_cached' })
    expect(await createIsolate().read({ wish, isBypass: true })).toEqual({ error: 'not_cached' })
    expect(database.loads).toBe(0)
  })

  it('leaves nothing behind with no-store', async () => {
    const { createIsolate, kv, redis } = createDeployment()
    const isolate = createIsolate()
    await isolate.read({ wish: { ...plainWish, isNoStore: true } })
    await isolate.rest()
    expect(kv.stored.size + redis.stored.size).toBe(0)
  })

  it('gets the answer of the database, and stores nothing, if the cache is switched off or bypassed', async () => {
    const { createIsolate, kv, redis, database } = createDeployment()
    const isolate = createIsolate()
    const settings = { isEnabled: false, lifetimeSeconds: 180 }
    expect(await isolate.read({ settings })).toMatchObject({ status: 'BYPASS', source: 'database' })
    expect(await isolate.read({ isBypass: true })).toMatchObject({ status: 'BYPASS', source: 'database' })
    await isolate.rest()
    expect(kv.stored.size + redis.stored.size).toBe(0)
    expect(database.loads).toBe(2)
  })
})
