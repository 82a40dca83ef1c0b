import { describe, expect, it } from 'vitest'
import { workspaceIdSchema } from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'
import { familyMove } from '../../../shared/tags/moves.ts'
import { plainWish } from '../../../worker/cache/wish.ts'
import { deferred, settle } from '../../support/fake-clock.ts'
import { boundMs, createDeployment, key } from '../../support/read-harness.ts'
import { boardMove, columnMove, openMove } from '../../support/tags.ts'

const list = (rows: string) => `{"contacts":${rows}}`

describe('a read', () => {
  it('is answered from the database, then from Redis, and from KV once the entry has stayed for a while', async () => {
    const { clock, createIsolate, database } = createDeployment()
    const isolate = createIsolate()
    const sources = []
    for (const afterMs of [0, 0, 0, limits.settledMs, 0]) {
      await clock.advance(afterMs)
      const { status, source } = await isolate.read()
      sources.push(`${status} ${source}`)
      await isolate.rest()
    }
    const fromRedis = 'HIT redis_cache'
    expect(sources).toEqual(['MISS database', fromRedis, fromRedis, fromRedis, 'HIT cloudflare_kv'])
    expect(database.loads).toBe(1)
  })

  it('works without Redis, through KV', async () => {
    const { createIsolate } = createDeployment({ hasRedis: false })
    const isolate = createIsolate()
    expect(await isolate.read()).toMatchObject({ status: 'MISS' })
    await isolate.rest()
    expect(await isolate.read()).toMatchObject({ status: 'HIT', source: 'cloudflare_kv' })
  })

  it('fills KV if Redis does not store the entry', async () => {
    const { createIsolate, redis } = createDeployment()
    const isolate = createIsolate()
    redis.failure = { kind: 'unavailable' }
    await isolate.read()
    await isolate.rest()
    expect(await isolate.read()).toMatchObject({ status: 'HIT', source: 'cloudflare_kv' })
  })

  it('sees an invalidation at once in an isolate that calls the ledger, and everywhere within the bound', async () => {
    const { createIsolate, database, book, clock } = createDeployment()
    const [near, far] = [createIsolate(), createIsolate()]
    await near.read()
    await far.read()
    database.rows = '["moved"]'
    book.advance([{ moves: [openMove('b1')] }])
    await clock.advance(boundMs + 1)
    for (const isolate of [near, far]) expect((await isolate.read()).body).toBe(list('["moved"]'))
  })

  it('is still a hit after a move of tags that it does not have', async () => {
    const { createIsolate, book, clock } = createDeployment()
    const isolate = createIsolate()
    await isolate.read()
    await isolate.rest()
    book.advance([{ moves: [boardMove('b2'), familyMove('counts'), columnMove('b1', 'c3')] }])
    await clock.advance(boundMs + 1)
    expect(await isolate.read()).toMatchObject({ status: 'HIT' })
  })

  it('never serves a fill that read the database before a write, however late it lands', async () => {
    const { createIsolate, database, book, clock } = createDeployment()
    const [slow, other] = [createIsolate(), createIsolate()]
    const { promise, resolve } = deferred<void>()
    database.gate = promise
    const held = slow.read()
    await settle()
    database.gate = null
    database.rows = '["written"]'
    book.advance([{ moves: [openMove('b1')] }])
    await clock.advance(boundMs + 1)
    resolve()
    // The slow reader is delayed past the bound, so it loads again and does not answer the overtaken entry.
    expect(await held).toMatchObject({ status: 'MISS', body: list('["written"]') })
    await slow.rest()
    for (const isolate of [slow, other]) expect((await isolate.read()).body).toBe(list('["written"]'))
  })

  it('says so if every load was overtaken by another invalidation', async () => {
    const { createIsolate, database, book, clock } = createDeployment()
    const isolate = createIsolate()
    const busy = async () => {
      database.loads += 1
      await clock.advance(boundMs + 1)
      book.advance([{ moves: [openMove('b1')] }])
      return { ok: true, value: new TextEncoder().encode(list('[]')) } as const
    }
    expect(await isolate.read({ fetchBody: busy })).toMatchObject({
      status: 'STALE',
      source: 'database',
      doubt: 'overtaken',
    })
    expect(database.loads).toBe(3)
  })

  it('loads once, however many readers come at the same time', async () => {
    const { createIsolate, database } = createDeployment()
    const isolate = createIsolate()
    const answers = await Promise.all(Array.from({ length: 1_000 }, () => isolate.read()))
    expect(database.loads).toBe(1)
    expect(new Set(answers.map(({ body }) => body))).toEqual(new Set([list('[]')]))
  })

  it('does not join a load that began before an invalidation that it has seen', async () => {
    const { createIsolate, database, book, clock } = createDeployment()
    const isolate = createIsolate()
    const { promise, resolve } = deferred<void>()
    database.gate = promise
    const early = isolate.read()
    await settle()
    database.gate = null
    database.rows = '["new"]'
    book.advance([{ moves: [openMove('b1')] }])
    await clock.advance(boundMs + 1)
    expect((await isolate.read()).body).toBe(list('["new"]'))
    resolve()
    await early
  })

  it('skips a tier that fails, is late or holds garbage', async () => {
    const { createIsolate, kv, redis, clock } = createDeployment()
    const isolate = createIsolate()
    await isolate.read()
    await isolate.rest()
    kv.stored.set(key, new TextEncoder().encode('garbage'))
    expect(await isolate.read()).toMatchObject({ status: 'HIT', source: 'redis_cache' })
    kv.failure = { kind: 'unavailable' }
    expect(await isolate.read()).toMatchObject({ status: 'HIT', source: 'redis_cache' })
    kv.failure = null
    redis.gate = new Promise(() => undefined)
    kv.stored.clear()
    const waiting = isolate.read()
    await clock.advance(100)
    expect(await waiting).toMatchObject({ status: 'MISS', source: 'database' })
  })

  it('never takes an entry of another workspace, even under its own key', async () => {
    const { createIsolate, database } = createDeployment()
    const isolate = createIsolate()
    await isolate.read({ workspaceId: workspaceIdSchema.parse('15214') })
    await isolate.rest()
    expect(await isolate.read()).toMatchObject({ status: 'MISS' })
    expect(database.loads).toBe(2)
  })

  it('caches the answer that a thing does not exist with the same lifetime, and until an invalidation', async () => {
    const { createIsolate, database, book, clock } = createDeployment()
    const isolate = createIsolate()
    database.rows = 'none'
    await isolate.read()
    await isolate.rest()
    await clock.advance(179_000)
    expect(await isolate.read()).toMatchObject({ status: 'HIT', found: false })
    expect(database.loads).toBe(1)
    database.rows = '["here"]'
    book.advance([{ moves: [boardMove('b1')] }])
    await clock.advance(boundMs + 1)
    expect(await isolate.read()).toMatchObject({ status: 'MISS', found: true })
  })
})

describe('an expired entry', () => {
  it('answers as STALE while one reader refreshes it behind the answer', async () => {
    const { createIsolate, database, clock } = createDeployment()
    const isolate = createIsolate()
    await isolate.read()
    await isolate.rest()
    await clock.advance(180_000)
    database.rows = '["newer"]'
    const answers = await Promise.all([isolate.read(), isolate.read(), isolate.read()])
    for (const answer of answers) expect(answer).toMatchObject({ status: 'STALE', body: list('[]') })
    await isolate.rest()
    expect(database.loads).toBe(2)
    expect(await isolate.read()).toMatchObject({ status: 'HIT', body: list('["newer"]') })
  })

  it('expires by the current lifetime setting, not by that of the time of its load', async () => {
    const { createIsolate, clock } = createDeployment()
    const isolate = createIsolate()
    await isolate.read()
    await isolate.rest()
    await clock.advance(60_000)
    expect(await isolate.read({ settings: { isEnabled: true, lifetimeSeconds: 30 } })).toMatchObject({
      status: 'STALE',
    })
  })
})

describe('an entry near the end of its life', () => {
  async function near({ chance, leftMs }: { chance: number; leftMs: number }) {
    const deployment = createDeployment()
    const { createIsolate, clock, database, world } = deployment
    const isolate = createIsolate()
    const gate = deferred<void>()
    database.gate = gate.promise
    const first = isolate.read()
    await clock.advance(40)
    gate.resolve()
    await first
    await isolate.rest()
    world.chance = chance
    // The lifetime counts from the call of the origin, 40 ms before its answer.
    await clock.advance(180_000 - 40 - leftMs)
    return { ...deployment, isolate }
  }

  it('is refreshed before it ends, behind an answer that is a hit', async () => {
    const { isolate, database } = await near({ chance: 0.9, leftMs: 90 })
    expect(await isolate.read()).toMatchObject({ status: 'HIT' })
    await isolate.rest()
    expect(database.loads).toBe(2)
  })

  it('is taken from a shared tier if another isolate has refreshed it, without a call of the origin', async () => {
    const { clock, isolate, createIsolate, database, world } = await near({ chance: 0.5, leftMs: 90 })
    // The hit is from Redis a while after the load, so the entry is also in KV from now on.
    expect(await isolate.read()).toMatchObject({ source: 'redis_cache' })
    await isolate.rest()
    world.chance = 0.9
    database.rows = '["new"]'
    expect(await isolate.read()).toMatchObject({ source: 'cloudflare_kv', body: '{"contacts":[]}' })
    await isolate.rest()
    expect(database.loads).toBe(2)

    const other = createIsolate()
    expect(await other.read()).toMatchObject({ source: 'cloudflare_kv', body: '{"contacts":[]}' })
    await other.rest()
    await clock.advance(90)
    expect(await other.read()).toMatchObject({
      ...{ status: 'HIT', source: 'redis_cache', body: '{"contacts":["new"]}' },
    })
    expect(database.loads).toBe(2)
  })

  it('is not refreshed by most readers, and by none that come long before its end', async () => {
    for (const [chance, leftMs] of [
      [0.5, 90],
      [0.999999, 10_000],
    ] as const) {
      const { isolate, database } = await near({ chance, leftMs })
      expect(await isolate.read()).toMatchObject({ status: 'HIT' })
      await isolate.rest()
      expect(database.loads).toBe(1)
    }
  })
})

describe('with something down', () => {
  it('an outdated entry answers if the origin fails, marked, and not for a caller that demands proof', async () => {
    const { createIsolate, database, book, clock } = createDeployment()
    const isolate = createIsolate()
    await isolate.read()
    await isolate.rest()
    book.advance([{ moves: [openMove('b1')] }])
    await clock.advance(boundMs + 1)
    database.failure = { code: 'origin_unavailable' }
    expect(await isolate.read()).toMatchObject({ status: 'STALE', doubt: 'origin-failed' })
    expect(await isolate.read({ wish: { ...plainWish, proof: { kind: 'now' } } })).toEqual({
      error: 'origin_unavailable',
    })
  })

  it('an outdated entry answers if the origin is late, and the late answer is stored for the next reader', async () => {
    const { createIsolate, database, book, clock } = createDeployment()
    const isolate = createIsolate()
    await isolate.read()
    await isolate.rest()
    database.rows = '["new"]'
    book.advance([{ moves: [openMove('b1')] }])
    await clock.advance(boundMs + 1)
    const gate = deferred<void>()
    database.gate = gate.promise
    const waiting = isolate.read()
    await clock.advance(limits.fallbackPatienceMs)
    expect(await waiting).toMatchObject({ status: 'STALE', doubt: 'origin-failed', body: list('[]') })
    const next = isolate.read()
    await clock.advance(0)
    expect(await next).toMatchObject({ status: 'STALE', doubt: 'origin-failed' })
    gate.resolve()
    await isolate.rest()
    expect(await isolate.read()).toMatchObject({ status: 'HIT', body: list('["new"]') })
  })

  it('an entry whose last usable instant passes during the wait for the origin does not answer', async () => {
    const { createIsolate, database, book, clock } = createDeployment()
    const isolate = createIsolate()
    await isolate.read()
    await isolate.rest()
    book.advance([{ moves: [openMove('b1')] }])
    await clock.advance((180 + 86_400) * 1_000 - 1)
    database.gate = deferred<void>().promise
    const waiting = isolate.read()
    await clock.advance(limits.fallbackPatienceMs)
    expect(await waiting).toEqual({ error: 'origin_timeout' })
  })

  it('an entry whose last usable instant passes during the wait for other tiers does not answer', async () => {
    const { createIsolate, redis, clock } = createDeployment()
    const isolate = createIsolate()
    await isolate.read()
    await isolate.rest()
    await isolate.read()
    await isolate.rest()
    await clock.advance((180 + 86_400) * 1_000 - 1)
    redis.gate = deferred<void>().promise
    const waiting = isolate.read()
    await clock.advance(1_000)
    expect(await waiting).toMatchObject({ status: 'MISS' })
  })

  it('a reader that accepts no entry as stale as the cached one waits for the origin', async () => {
    const { createIsolate, database, book, clock } = createDeployment()
    const isolate = createIsolate()
    await isolate.read()
    await isolate.rest()
    book.advance([{ moves: [openMove('b1')] }])
    await clock.advance(181_000)
    const gate = deferred<void>()
    database.gate = gate.promise
    const waiting = isolate.read({ wish: { ...plainWish, staleIfErrorSeconds: 0 } })
    await clock.advance(limits.fallbackPatienceMs)
    gate.resolve()
    expect(await waiting).toMatchObject({ status: 'MISS', doubt: null })
  })

  it('a refusal by the origin is passed on, whatever is cached', async () => {
    const { createIsolate, database, book, clock } = createDeployment()
    const isolate = createIsolate()
    await isolate.read()
    await isolate.rest()
    book.advance([{ moves: [openMove('b1')] }])
    await clock.advance(boundMs + 1)
    database.failure = { code: 'not_a_member' }
    expect(await isolate.read()).toEqual({ error: 'not_a_member' })
  })

  it('entries within their lifetime answer without the ledger, marked; proof is refused; loads are not kept', async () => {
    const { createIsolate, world, clock, kv, redis } = createDeployment()
    const isolate = createIsolate()
    await isolate.read()
    await isolate.rest()
    world.isLedgerAway = true
    await clock.advance(boundMs + 1)
    expect(await isolate.read()).toMatchObject({
      status: 'STALE',
      source: 'redis_cache',
      doubt: 'ledger-unreachable',
    })
    expect(await isolate.read({ wish: { ...plainWish, proof: { kind: 'now' } } })).toEqual({
      error: 'ledger_unavailable',
    })
    kv.stored.clear()
    redis.stored.clear()
    const fresh = createIsolate()
    expect(await fresh.read()).toMatchObject({ status: 'MISS', doubt: 'ledger-unreachable' })
    await fresh.rest()
    expect(kv.stored.size + redis.stored.size).toBe(0)
  })

  it('an entry that is known to have moved is not served as current while the ledger cannot be reached', async () => {
    const { createIsolate, world, book, clock, database } = createDeployment()
    const isolate = createIsolate()
    await isolate.read()
    await isolate.rest()
    book.advance([{ moves: [openMove('b1')] }])
    await clock.advance(boundMs + 1)
    database.failure = { code: 'origin_unavailable' }
    await isolate.read()
    world.isLedgerAway = true
    database.failure = null
    database.rows = '["new"]'
    await clock.advance(boundMs + 1)
    expect((await isolate.read()).body).toBe(list('["new"]'))
  })

  it("the refusal of a leader's token does not affect the readers that joined its load", async () => {
    const { createIsolate, database } = createDeployment()
    const isolate = createIsolate()
    const { promise, resolve } = deferred<void>()
    const refused = isolate.read({
      fetchBody: async () => {
        await promise
        return { ok: false, error: { code: 'token_expired' } }
      },
    })
    await settle()
    const joined = isolate.read()
    await settle()
    resolve()
    expect(await refused).toEqual({ error: 'token_expired' })
    expect(await joined).toMatchObject({ status: 'MISS' })
    expect(database.loads).toBe(1)
  })
})
