import { describe, expect, test } from 'vitest'
import { limits } from '../../../shared/limits.ts'
import { err, ok } from '../../../shared/result.ts'
import { createFakeClock, settle } from '../../support/fake-clock.ts'
import { alice, bob, createOrigin, listInit, listParams, read } from './origin-under-test.ts'
import { createStubDatabase, emptyPage } from './stub-database.ts'

const page = (number: number) => ({ params: { ...listParams, page: number } })

describe('sharing', () => {
  test('a thousand simultaneous loads of a key run one query, and all get its answer', async () => {
    const database = createStubDatabase()
    const { loadList, request } = createOrigin({ database })
    const loads = Array.from({ length: 1_000 }, (_, n) => loadList({}, n % 2 === 0 ? alice : bob))
    const call = await database.call(0)
    await settle()
    call.answer(ok(emptyPage))
    const bodies = await Promise.all((await Promise.all(loads)).map((response) => response.text()))
    expect(new Set(bodies).size).toBe(1)
    expect(database.calls).toHaveLength(1)
    const { body } = await read(await request('/metrics'))
    expect(body).toMatchObject({ queries: { 'contact-list': { count: 1, followers: 999, failures: {} } } })
  })

  test.each([
    ['version', { version: 'l:2' }],
    ['workspace', { workspaceId: '15214' }],
    ['user', { userId: 'alice' }],
    ['page', page(2)],
  ])('a load of another %s never joins', async (_name, other) => {
    const database = createStubDatabase()
    const { loadList } = createOrigin({ database })
    const loads = [loadList(), loadList(other)]
    ;(await database.call(0)).answer(ok({ ...emptyPage, total: 1 }))
    ;(await database.call(1)).answer(ok({ ...emptyPage, total: 2 }))
    const [one, two] = await Promise.all(loads)
    expect(await one?.json()).toMatchObject({ pagination: { total: 1 } })
    expect(await two?.json()).toMatchObject({ pagination: { total: 2 } })
  })

  test('a load that comes after the answer runs a query of its own', async () => {
    const database = createStubDatabase()
    const { loadList } = createOrigin({ database })
    const first = loadList()
    ;(await database.call(0)).answer(ok(emptyPage))
    await first
    const second = loadList()
    ;(await database.call(1)).answer(ok({ ...emptyPage, total: 7 }))
    expect(await (await second).json()).toMatchObject({ pagination: { total: 7 } })
  })

  test.each([
    ['token is refused', err({ kind: 'refused' as const }), 401],
    ['membership is over', ok({ outcome: 'forbidden' }), 403],
  ])('when the %s of the first, the others still get their answer', async (_name, refusal, status) => {
    const database = createStubDatabase()
    const { loadList } = createOrigin({ database })
    const leader = loadList({}, alice)
    const followers = Array.from({ length: 20 }, () => loadList({}, bob))
    await settle()
    ;(await database.call(0)).answer(refusal)
    const second = await database.call(1)
    await settle()
    second.answer(ok(emptyPage))
    expect((await leader).status).toBe(status)
    for (const follower of await Promise.all(followers)) expect(follower.status).toBe(200)
    expect(database.calls.map((call) => call.callerToken)).toEqual([alice, bob])
  })

  test('a refusal is shared by all requests with the refused token', async () => {
    const database = createStubDatabase()
    const { loadList } = createOrigin({ database })
    const loads = Array.from({ length: 20 }, () => loadList({}, alice))
    await settle()
    ;(await database.call(0)).answer(err({ kind: 'refused' }))
    for (const load of await Promise.all(loads)) expect(load.status).toBe(401)
    expect(database.calls).toHaveLength(1)
  })

  test('a missing board is the same for all callers, so one query is enough', async () => {
    const database = createStubDatabase()
    const { loadList } = createOrigin({ database })
    const loads = [loadList({}, alice), loadList({}, bob)]
    await settle()
    ;(await database.call(0)).answer(ok({ outcome: 'not_found' }))
    for (const load of await Promise.all(loads)) expect(load.status).toBe(404)
    expect(database.calls).toHaveLength(1)
  })

  test('a membership is shared only between requests of one token and one version, and settings never', async () => {
    const database = createStubDatabase()
    const { request } = createOrigin({ database, queriesAtOnceMax: 40 })
    const membership = (query: string, token: string) =>
      request(`/workspaces/15213/membership${query}`, {}, token)
    const answers = [
      membership('?version=ledger:100', alice),
      membership('?version=ledger:100', alice),
      membership('?version=ledger:100', bob),
      // A removal may have moved the ledger between the two, so the query that began before must not answer.
      membership('?version=ledger:101', alice),
      membership('', alice),
      membership('', alice),
      request('/workspaces/15213/settings', {}, alice),
      request('/workspaces/15213/settings', {}, alice),
    ]
    await settle()
    expect(database.calls.map(({ functionName, callerToken }) => `${functionName} ${callerToken}`)).toEqual([
      `workspace_membership ${alice}`,
      `workspace_membership ${bob}`,
      `workspace_membership ${alice}`,
      `workspace_membership ${alice}`,
      `workspace_membership ${alice}`,
      `cache_settings_read ${alice}`,
      `cache_settings_read ${alice}`,
    ])
    for (const call of database.calls) call.answer(ok({ outcome: 'ok', role: 'admin', settings: {} }))
    await Promise.all(answers)
  })

  test('a membership that the process remembers does not answer the Worker', async () => {
    const database = createStubDatabase()
    const { request } = createOrigin({ database })
    for (const version of ['ledger:100', 'ledger:100', 'ledger:101']) {
      const answer = request(`/workspaces/15213/membership?version=${version}`, {}, alice)
      await settle()
      database.calls.at(-1)?.answer(ok({ outcome: 'ok', role: 'admin' }))
      expect((await answer).status).toBe(200)
    }
    expect(database.calls).toHaveLength(3)
  })

  test('a caller that goes away cancels nothing', async () => {
    const database = createStubDatabase()
    const { loadList, request } = createOrigin({ database })
    const caller = new AbortController()
    const gone = request('/load/contact-list', { ...listInit(), signal: caller.signal })
    const call = await database.call(0)
    const follower = loadList({}, bob)
    await settle()
    caller.abort()
    expect(call.signal.aborted).toBe(false)
    call.answer(ok(emptyPage))
    expect((await follower).status).toBe(200)
    await gone
    expect(database.calls).toHaveLength(1)
  })
})

describe('the bound', () => {
  test('a query that may neither run nor wait is refused at once with Retry-After, and the origin recovers', async () => {
    const database = createStubDatabase()
    const { loadList, request } = createOrigin({ database, queriesAtOnceMax: 4, queriesWaitingMax: 1 })
    const load = (number: number, workspaceId: string) => loadList({ ...page(number), workspaceId }, bob)
    const admitted = [load(1, '15213'), load(2, '15213')]
    await settle()
    expect(database.calls).toHaveLength(1)
    const own = await load(3, '15213')
    expect(own.headers.get('Retry-After')).toBe('1')
    expect(await read(own)).toMatchObject({ status: 429, body: { code: 'rate_limited', retryAfter: 1 } })
    const other = await loadList({ ...page(3), workspaceId: '15214' }, alice)
    expect(other.headers.get('Retry-After')).toBe('1')
    expect(await read(other)).toMatchObject({ status: 503, body: { code: 'overloaded', retryAfter: 1 } })
    const busy = await read(await request('/metrics'))
    expect(busy.body).toMatchObject({
      pool: { running: 1, runningMax: 4, waiting: 1, waitingMax: 1 },
      queues: {
        reads: { running: 1, runningMax: 1, waiting: 1, waitingMax: 1, refused: 2 },
        writes: { running: 0, runningMax: 1, waiting: 0, waitingMax: 0, refused: 0 },
        imports: { running: 0, runningMax: 1, refused: 0 },
        'import-turns': { running: 0, runningMax: limits.importsMax, refused: 0 },
      },
    })

    for (const index of [0, 1]) (await database.call(index)).answer(ok(emptyPage))
    for (const response of await Promise.all(admitted)) expect(response.status).toBe(200)
    const later = load(4, '15213')
    ;(await database.call(2)).answer(ok(emptyPage))
    expect((await later).status).toBe(200)
    const idle = await read(await request('/metrics'))
    expect(idle.body).toMatchObject({
      pool: { running: 0, waiting: 0 },
      queries: { 'contact-list': { count: 5, failures: { overloaded: 1, rate_limited: 1 } } },
    })
  })

  test('requests that join a query in flight take no place', async () => {
    const database = createStubDatabase()
    const { loadList } = createOrigin({ database, queriesAtOnceMax: 4, queriesWaitingMax: 0 })
    const loads = Array.from({ length: 50 }, () => loadList())
    await settle()
    ;(await database.call(0)).answer(ok(emptyPage))
    for (const load of await Promise.all(loads)) expect(load.status).toBe(200)
  })

  test('a refusal because one caller queries too much is not shared with the requests that joined it', async () => {
    const database = createStubDatabase()
    const { loadList } = createOrigin({ database, queriesAtOnceMax: 7, queriesWaitingMax: 0 })
    const own = loadList(page(1), alice)
    await settle()
    const refused = loadList(page(2), alice)
    const follower = loadList(page(2), bob)
    expect((await refused).status).toBe(429)
    ;(await database.call(1)).answer(ok(emptyPage))
    expect((await follower).status).toBe(200)
    ;(await database.call(0)).answer(ok(emptyPage))
    await own
  })
})

describe('the deadline', () => {
  test('a query that takes longer is cancelled and answered with 504, and its place is free again', async () => {
    const database = createStubDatabase()
    const clock = createFakeClock()
    const { loadList } = createOrigin({ database, clock, queriesAtOnceMax: 4, queryDeadlineMs: 500 })
    const slow = [loadList(), loadList({}, bob)]
    const call = await database.call(0)
    await settle()
    await clock.advance(499)
    expect(call.signal.aborted).toBe(false)
    await clock.advance(1)
    for (const response of await Promise.all(slow)) {
      expect(await read(response)).toMatchObject({ status: 504, body: { code: 'origin_timeout' } })
    }
    expect(call.signal.aborted).toBe(true)

    const next = loadList()
    ;(await database.call(1)).answer(ok(emptyPage))
    expect((await next).status).toBe(200)
  })

  test('includes waiting: a query that never got a place times out too, and never reaches the database', async () => {
    const database = createStubDatabase()
    const clock = createFakeClock()
    const { loadList } = createOrigin({ database, clock, queriesAtOnceMax: 4, queryDeadlineMs: 500 })
    const loads = [loadList(page(1)), loadList(page(2))]
    await settle()
    await clock.advance(500)
    for (const load of await Promise.all(loads)) expect(load.status).toBe(504)
    const next = loadList(page(3))
    ;(await database.call(1)).answer(ok(emptyPage))
    expect((await next).status).toBe(200)
    expect(database.calls.map((call) => call.args['p_page'])).toEqual([1, 3])
  })

  test('an answer that comes after the deadline is dropped', async () => {
    const database = createStubDatabase()
    const clock = createFakeClock()
    const { loadList } = createOrigin({ database, clock, queryDeadlineMs: 500 })
    const late = loadList()
    const call = await database.call(0)
    await clock.advance(500)
    expect((await late).status).toBe(504)
    const next = loadList()
    const nextCall = await database.call(1)
    call.answer(ok({ ...emptyPage, total: 1 }))
    nextCall.answer(ok({ ...emptyPage, total: 2 }))
    expect(await (await next).json()).toMatchObject({ pagination: { total: 2 } })
  })
})
