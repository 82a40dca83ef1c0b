import { describe, expect, it } from 'vitest'
import { plainWish } from '../../../worker/cache/wish.ts'
import { createDeployment } from '../../support/read-harness.ts'
import { openMove } from '../../support/tags.ts'

const list = (rows: string) => `{"contacts":${rows}}`

describe('a read of an entry that marks prove', () => {
  const lifetimeMs = 180_000

  it('needs no query for a day, and then one', async () => {
    const { createIsolate, database, clock, world } = createDeployment()
    const isolate = createIsolate()
    await isolate.read()
    await isolate.rest()
    for (let minute = 1; minute < 1_440; minute += 1) {
      await clock.advance(60_000)
      world.provedAtMs = clock.now() - 12_000
      expect(await isolate.read()).toMatchObject({ status: 'HIT' })
    }
    expect(database.loads).toBe(1)
    await clock.advance(60_000)
    expect(await isolate.read()).toMatchObject({ status: 'STALE' })
    await isolate.rest()
    expect(database.loads).toBe(2)
  })

  it('loads again once it moved, however recently it was proved', async () => {
    const { createIsolate, database, clock, world, book } = createDeployment()
    const isolate = createIsolate()
    await isolate.read()
    await isolate.rest()
    await clock.advance(2 * lifetimeMs)
    world.provedAtMs = clock.now()
    book.advance([{ moves: [openMove('b1')] }])
    database.rows = '["changed"]'
    expect(await isolate.read()).toMatchObject({ status: 'MISS', body: list('["changed"]') })
  })

  it('counts its lifetime from the load if time changes the answer', async () => {
    const { createIsolate, clock, world } = createDeployment()
    const isolate = createIsolate()
    await isolate.read({ changes: 'time' })
    await isolate.rest()
    await clock.advance(lifetimeMs)
    world.provedAtMs = clock.now()
    expect(await isolate.read({ changes: 'time' })).toMatchObject({ status: 'STALE' })
  })

  it('counts the greatest age that the reader accepts from the proof', async () => {
    const { createIsolate, clock, world, database } = createDeployment()
    const isolate = createIsolate()
    await isolate.read()
    await isolate.rest()
    await clock.advance(60_000)
    world.provedAtMs = clock.now() - 3_000
    const wish = { ...plainWish, maxAgeSeconds: 10 }
    expect(await isolate.read({ wish })).toMatchObject({ status: 'HIT' })
    expect(await isolate.read({ wish: { ...wish, maxAgeSeconds: 2 } })).toMatchObject({ status: 'MISS' })
    expect(database.loads).toBe(2)
  })

  it('expires once the proofs have stopped for its lifetime', async () => {
    const { createIsolate, clock, world } = createDeployment()
    const isolate = createIsolate()
    await isolate.read()
    await isolate.rest()
    await clock.advance(10 * lifetimeMs)
    world.provedAtMs = clock.now()
    expect(await isolate.read()).toMatchObject({ status: 'HIT' })
    await clock.advance(0.7 * lifetimeMs)
    expect(await isolate.read()).toMatchObject({ status: 'HIT' })
    await clock.advance(0.3 * lifetimeMs)
    expect(await isolate.read()).toMatchObject({ status: 'STALE' })
  })
})
