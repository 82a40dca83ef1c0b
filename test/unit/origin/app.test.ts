import { describe, expect, test } from 'vitest'
import { wireErrors } from '../../../shared/contract/errors.ts'
import { limits } from '../../../shared/limits.ts'
import { err, ok } from '../../../shared/result.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { contactNumber } from './contact.ts'
import {
  alice,
  createOrigin,
  internalAuthKey,
  listInit,
  listParams,
  loadOfList,
  read,
} from './origin-under-test.ts'
import { createPromptDatabase, createStubDatabase, emptyPage } from './stub-database.ts'
import { createStubRelay } from './stub-relay.ts'

const prompt = () => createOrigin({ database: createPromptDatabase(() => emptyPage) })

describe('credentials', () => {
  const paths = ['/metrics', '/load/contact-list', '/workspaces/15213/settings', '/no-such-route']

  test.each([
    ['missing', {}],
    ['wrong', { Authorization: 'Bearer not the key' }],
    ['longer than the right one', { Authorization: `Bearer ${internalAuthKey}x` }],
    ['of another scheme', { Authorization: `Basic ${internalAuthKey}` }],
  ])('an internal key that is %s is a 401 on every route but /health', async (_name, headers) => {
    const { app } = prompt()
    for (const path of paths) {
      const answer = await read(await app.request(path, { headers }))
      expect(answer).toMatchObject({ status: 401, body: { success: false, code: 'key_invalid' } })
    }
    expect((await app.request('/health', { headers })).status).toBe(200)
  })

  test('no query is made without the caller’s token', async () => {
    const database = createStubDatabase()
    const { request, post } = createOrigin({ database })
    for (const answer of [
      await read(await post('/load/cache-settings', { ...loadOfList, params: {} }, null)),
      await read(await post('/load/contact-list', withParams({ filter: 'assigned_to_me' }), null)),
      await read(await request('/workspaces/15213/membership', {}, null)),
    ]) {
      expect(answer).toMatchObject({ status: 401, body: { code: 'token_missing' } })
    }
    expect(database.calls).toHaveLength(0)
  })

  test('a hub loads a page that the workspace shares, as the backend', async () => {
    const { post } = createOrigin({ database: createPromptDatabase(() => emptyPage) })
    expect((await post('/load/contact-list', loadOfList, null)).status).toBe(200)
  })

  test.each(['no-jwt', 'a.b', 'a b.c.d', `a.b.${'c'.repeat(limits.tokenCharactersMax)}`])(
    'a malformed caller’s token never reaches the database (%#)',
    async (token) => {
      const database = createStubDatabase()
      const answer = await read(await createOrigin({ database }).loadList({}, token))
      expect(answer).toMatchObject({ status: 401, body: { code: 'token_invalid' } })
      expect(database.calls).toHaveLength(0)
    },
  )
})

describe('the answer of the database', () => {
  test.each([
    ['forbidden', ok({ outcome: 'forbidden' }), 'not_a_member'],
    ['not_found', ok({ outcome: 'not_found' }), 'board_not_found'],
    ['admin_required', ok({ outcome: 'admin_required' }), 'admin_required'],
    ['a refused token', err({ kind: 'refused' as const }), 'token_invalid'],
    ['nothing: it is away', err({ kind: 'unavailable' as const }), 'origin_unavailable'],
    ['that it ran out of time', err({ kind: 'timeout' as const }), 'origin_timeout'],
    ['what breaks the contract', err({ kind: 'invalid' as const, code: '22023' }), 'internal'],
    ['no object', ok('nonsense'), 'internal'],
    ['an unknown outcome', ok({ outcome: 'maybe' }), 'internal'],
    ['a page without contacts', ok({ outcome: 'ok', total: 3, has_more: false }), 'internal'],
  ] as const)('%s', async (_name, answer, code) => {
    const database = createStubDatabase()
    const load = createOrigin({ database }).loadList()
    ;(await database.call(0)).answer(answer)
    const response = await load
    const { status, sentence } = { status: wireErrors[code].status, sentence: wireErrors[code].sentence }
    expect(response.headers.get('Retry-After')).toBe(status === 503 ? '1' : null)
    expect(await read(response)).toMatchObject({ status, body: { success: false, error: sentence, code } })
  })

  test('is passed on as the resource’s data, without an envelope', async () => {
    const contacts = [contactNumber(1), contactNumber(2)]
    const page = { outcome: 'ok', contacts, total: 2, has_more: false }
    const response = await createOrigin({ database: createPromptDatabase(() => page) }).loadList()
    expect(response.headers.get('Content-Type')).toBe('application/json')
    expect(await response.json()).toEqual({
      contacts,
      pagination: { page: 1, per_page: 50, total: 2, total_pages: 1, next_cursor: null },
    })
  })

  test('that is a thrown error is one request’s 500, without the error’s message', async () => {
    const secret = 'zoe@private.example'
    const { loadList, logged } = createOrigin({
      database: {
        callRpc: async () => {
          throw new Error(secret)
        },
        probe: async () => true,
      },
    })
    const response = await loadList()
    const text = await response.text()
    expect(response.status).toBe(500)
    expect(JSON.parse(text)).toMatchObject({ success: false, code: 'internal' })
    expect(text + logged.join('')).not.toContain(secret)
    expect((await loadList()).status).toBe(500)
  })
})

describe('bad input', () => {
  test.each([
    ['not JSON', '{"workspaceId":', 'invalid_json'],
    ['empty', '', 'invalid_json'],
    ['not UTF-8', new Uint8Array([0x22, 0xff, 0x22]), 'invalid_json'],
    ['an array', '[]', 'invalid_body'],
    ['short of the workspace', JSON.stringify({ ...loadOfList, workspaceId: undefined }), 'invalid_body'],
    ['of a workspace with a slash', JSON.stringify({ ...loadOfList, workspaceId: 'a/b' }), 'invalid_body'],
    ['with an unknown property', JSON.stringify({ ...loadOfList, more: 1 }), 'invalid_body'],
    ['a version too long', JSON.stringify({ ...loadOfList, version: 'v'.repeat(65) }), 'invalid_body'],
    ['with NUL in it', JSON.stringify(withParams({ search: 'a\0b' })), 'invalid_body'],
    ['half a surrogate pair', JSON.stringify(withParams({ search: '\ud800' })), 'invalid_body'],
    ['an unknown filter', JSON.stringify(withParams({ filter: 'best' })), 'invalid_body'],
    ['a page of no size', JSON.stringify(withParams({ perPage: 0 })), 'invalid_body'],
    ['a personal filter for nobody', JSON.stringify(withParams({ filter: 'assigned_to_me' })), 'user_needed'],
    ['a broken cursor', JSON.stringify(withParams({ cursor: 'broken' })), 'invalid_cursor'],
  ] as const)('a body that is %s', async (_name, body, code) => {
    const database = createStubDatabase()
    const { request } = createOrigin({ database })
    const answer = await read(await request('/load/contact-list', { method: 'POST', body }))
    expect(answer).toMatchObject({ status: 400, body: { success: false, code } })
    expect(database.calls).toHaveLength(0)
  })

  test('a body that is too large is a 413, announced or not', async () => {
    const { request } = prompt()
    const body = new Uint8Array(limits.requestBodyBytesMax + 1)
    const announced = { 'Content-Length': `${body.length}` }
    for (const headers of [announced, {}]) {
      const answer = await read(await request('/load/contact-list', { method: 'POST', body, headers }))
      expect(answer).toMatchObject({ status: 413, body: { code: 'body_too_large' } })
    }
  })

  test('an unknown route or resource is a 404, in JSON', async () => {
    const { request, post } = prompt()
    for (const response of [await request('/'), await post('/load/no-such-resource', loadOfList)]) {
      expect(await read(response)).toMatchObject({ status: 404, body: { code: 'route_not_found' } })
    }
  })

  test.each([
    ['DELETE', '/health', 'GET, HEAD'],
    ['GET', '/load/contact-list', 'POST'],
    ['POST', '/workspaces/15213/membership', 'GET, HEAD'],
    ['PUT', '/workspaces/15213/settings', 'GET, HEAD, POST'],
  ])('%s %s is a 405 that names what it takes', async (method, path, allowed) => {
    const response = await prompt().request(path, { method })
    expect(response.headers.get('Allow')).toBe(allowed)
    expect(await read(response)).toMatchObject({ status: 405, body: { code: 'method_not_allowed' } })
  })

  test('a workspace id that cannot be one is named', async () => {
    const answer = await read(await prompt().request('/workspaces/a%20b/boards'))
    expect(answer).toMatchObject({
      status: 400,
      body: { code: 'invalid_parameter', details: [{ parameter: 'workspaceId' }] },
    })
  })
})

describe('health', () => {
  test('is 503 when the database is down, and says no more than that', async () => {
    const { app } = createOrigin({
      database: createPromptDatabase(
        () => null,
        async () => false,
      ),
    })
    expect(await read(await app.request('/health'))).toEqual({
      status: 503,
      body: {
        status: 'unhealthy',
        uptime: 0,
        environment: 'test',
        redis: { connected: false },
        queues: { status: 'off' },
        database: { available: false, latencyMs: 0, isOlder: false },
        outbox: { status: 'off' },
        marks: { status: 'off' },
      },
    })
  })

  test.each([
    ['running', 'healthy'],
    ['failing', 'degraded'],
    ['lagging', 'degraded'],
    ['parked', 'degraded'],
  ] as const)('with a relay that is %s is %s, and goes on serving', async (outbox, status) => {
    const { app } = createOrigin({
      database: createPromptDatabase(() => null),
      relay: createStubRelay({ health: outbox }),
    })
    expect(await read(await app.request('/health'))).toMatchObject({
      status: 200,
      body: { status, outbox: { status: outbox } },
    })
  })

  test('never hangs, and makes one probe for any number of requests', async () => {
    const clock = createFakeClock()
    const signals: AbortSignal[] = []
    const probe = (signal: AbortSignal) => {
      signals.push(signal)
      return new Promise<boolean>(() => {})
    }
    const { app } = createOrigin({ clock, database: createPromptDatabase(() => null, probe) })
    const responses = Array.from({ length: 100 }, () => Promise.resolve(app.request('/health')))
    await clock.advance(limits.probeDeadlineMs - 1)
    for (const response of await Promise.all(responses)) expect(response.status).toBe(503)
    expect(signals.map((signal) => signal.aborted)).toEqual([true])
  })

  test('probes the database once a second, however often it is requested', async () => {
    const clock = createFakeClock()
    let probes = 0
    const probe = async () => {
      probes += 1
      return probes > 1
    }
    const { app } = createOrigin({ clock, database: createPromptDatabase(() => null, probe) })
    for (let each = 0; each < 100; each += 1) expect((await app.request('/health')).status).toBe(503)
    await clock.advance(limits.publicAnswerMs - 1)
    expect((await app.request('/health')).status).toBe(503)
    expect(probes).toBe(1)
    await clock.advance(1)
    expect((await app.request('/health')).status).toBe(200)
    expect(probes).toBe(2)
  })
})

describe('a request’s id and its line in the log', () => {
  test('the id of the Worker is kept; a malformed one is replaced', async () => {
    const { request } = prompt()
    const given = await request('/nowhere', { headers: { 'X-Request-ID': 'ray-8f2a' } })
    expect(given.headers.get('X-Request-ID')).toBe('ray-8f2a')
    expect(await given.json()).toMatchObject({ requestId: 'ray-8f2a' })
    for (const id of ['a b', 'x'.repeat(129), '{"a":1}']) {
      const response = await request('/nowhere', { headers: { 'X-Request-ID': id } })
      expect(response.headers.get('X-Request-ID')).toMatch(/^[0-9a-f-]{36}$/)
    }
  })

  test('each request has one line, without token, key, search, workspace or contact', async () => {
    const page = { outcome: 'ok', contacts: [contactNumber(1)], total: 1, has_more: false }
    const { request, logged } = createOrigin({ database: createPromptDatabase(() => page) })
    const init = listInit(withParams({ search: 'Nguyễn' }))
    await request('/load/contact-list', { ...init, headers: { 'X-Request-ID': 'ray-1' } })
    expect(logged).toHaveLength(1)
    expect(JSON.parse(logged[0] ?? '')).toMatchObject({
      requestId: 'ray-1',
      method: 'POST',
      route: '/load/:resource',
      status: 200,
      durationMs: 0,
    })
    for (const secret of [alice, internalAuthKey, 'Nguyễn', 'private.example', '15213']) {
      expect(logged.join('')).not.toContain(secret)
    }
  })

  test.each([
    ['GET', '/health', '/health'],
    ['DELETE', '/workspaces/15213/boards', '/workspaces/:id/boards'],
    ['GET', '/no/such/route', '/*'],
  ])('%s %s is logged as %s', async (method, path, route) => {
    const { request, logged } = prompt()
    await request(path, { method })
    expect(JSON.parse(logged[0] ?? '')).toMatchObject({ method, route })
  })

  test('a failure is logged by its kind, and a broken contract by the field', async () => {
    const { loadList, logged } = createOrigin({
      database: createPromptDatabase(() => ({
        ...emptyPage,
        total: 'many',
      })),
    })
    await loadList()
    expect(JSON.parse(logged[0] ?? '')).toMatchObject({
      status: 500,
      failure: 'invalid contacts_page: invalid_type at total',
    })
  })
})

function withParams(params: Partial<typeof listParams>) {
  return { ...loadOfList, params: { ...listParams, ...params } }
}
