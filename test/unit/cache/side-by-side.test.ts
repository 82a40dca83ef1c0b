import { describe, expect, it } from 'vitest'
import { limits } from '../../../shared/limits.ts'
import { plainWish } from '../../../worker/cache/wish.ts'
import { boundMs, createDeployment } from '../../support/read-harness.ts'
import { openMove } from '../../support/tags.ts'

const explained = { wish: { ...plainWish, isExplained: true } }

describe('a read that is explained', () => {
  it('shows the tiers that it did without too, each with the lifetime that is left', async () => {
    const { clock, createIsolate } = createDeployment()
    const isolate = createIsolate()
    await isolate.read()
    await isolate.rest()
    // Found in Redis a while after its load, the entry is in KV too.
    await clock.advance(limits.settledMs)
    await isolate.read()
    await isolate.rest()
    expect(await isolate.read(explained)).toMatchObject({ source: 'cloudflare_kv' })
    const tiers = isolate.tiers() ?? []
    expect(tiers.map(({ name, said, isAside }) => [name, said, isAside])).toEqual([
      ['kv', 'fresh', false],
      ['redis', 'fresh', true],
    ])
    for (const { leftMs } of tiers) expect(leftMs).toBe(180_000 - limits.settledMs)
  })

  it('says of a tier what it said when the answer was looked for, and judges the others by the same view', async () => {
    const { clock, createIsolate, book, database } = createDeployment()
    const isolate = createIsolate()
    await isolate.read()
    await isolate.rest()
    database.rows = '["new"]'
    book.advance([{ moves: [openMove('b1')] }])
    await clock.advance(boundMs + 1)
    expect(await isolate.read(explained)).toMatchObject({ status: 'MISS' })
    const tiers = isolate.tiers() ?? []
    expect(tiers.map(({ name, said, isAside }) => [name, said, isAside])).toEqual([
      ['kv', 'miss', false],
      ['redis', 'outdated', false],
    ])
  })

  it('is no other answer, and any other read looks into no tier that it does not need', async () => {
    const { createIsolate, redis, clock } = createDeployment()
    const isolate = createIsolate()
    await isolate.read()
    await isolate.rest()
    await clock.advance(limits.settledMs)
    await isolate.read()
    await isolate.rest()
    redis.failure = { kind: 'unavailable' }
    const plain = await isolate.read()
    expect(isolate.tiers()).toBeNull()
    expect(await isolate.read(explained)).toEqual(plain)
    expect(isolate.tiers()?.at(1)).toMatchObject({ name: 'redis', said: 'unavailable', isAside: true })
  })
})
