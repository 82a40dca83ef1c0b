import { exports } from 'cloudflare:workers'
import { SignJWT } from 'jose'
import { describe, expect, it, test } from 'vitest'
import { errorBodySchema } from '../../shared/contract/errors.ts'
import { workerTestBindings } from '../support/worker-bindings.ts'

const token = await new SignJWT({ role: 'authenticated', app_metadata: { workspaces: { '15213': 'admin' } } })
  .setProtectedHeader({ alg: 'HS256' })
  .setSubject('user-1')
  .setIssuer('https://example.supabase.co/auth/v1')
  .setAudience('authenticated')
  .setExpirationTime('1h')
  .sign(new TextEncoder().encode(workerTestBindings.SUPABASE_JWT_SECRET))

const invalidate = '/api/cache/invalidate'
const internal = `Bearer ${workerTestBindings.INTERNAL_AUTH_KEY}`
/** Every route that takes a body, and the authorization that may send one. */
const routes = [
  [invalidate, internal],
  ['/api/monitoring/alerts/settings', internal],
  ['/api/cache-settings/workspace/15213/settings', `Bearer ${token}`],
  ['/api/cache-settings/invalidate', `Bearer ${token}`],
  ['/api/cache-settings/warm-cache', `Bearer ${token}`],
  ['/api/cache-settings/test-performance', `Bearer ${token}`],
  ['/api/contacts', `Bearer ${token}`],
  ['/api/contacts/c1/move', `Bearer ${token}`],
] as const

const send = (path: string, authorization: string, body: BodyInit) =>
  exports.default.fetch(`https://boardcache.test${path}`, {
    method: 'POST',
    headers: { Authorization: authorization, 'X-Workspace-ID': '15213' },
    body,
  })

async function refused(path: string, authorization: string, body: BodyInit) {
  const response = await send(path, authorization, body)
  const { code, details = [] } = errorBodySchema.parse(await response.json())
  return { status: response.status, code, parameters: details.map(({ parameter }) => parameter) }
}

/** As deep as fits into the smallest body of these routes. */
const deep = '['.repeat(500) + ']'.repeat(500)

describe.each(routes)('a body for %s', (path, authorization) => {
  it.each([
    ['not UTF-8', () => new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]), 'invalid_json'],
    ['cut off in the middle of a character', () => new Uint8Array([0x22, 0xe2, 0x82]), 'invalid_json'],
    ['nested five hundred deep', () => deep, 'invalid_body'],
    ['nested, and never closed', () => deep.slice(0, 500), 'invalid_json'],
    ['made of a name that cannot be stored', () => '{"\\u0000":1}', 'invalid_body'],
    ['made of a prototype', () => '{"__proto__":{"workspaceId":"15213"}}', 'invalid_body'],
  ])('is a 400 if it is %s', async (_name, body, code) => {
    expect(await refused(path, authorization, body())).toMatchObject({ status: 400, code })
  })
})

test('a batch of events that is nested a hundred thousand deep is a 400', async () => {
  const body = '['.repeat(100_000) + ']'.repeat(100_000)
  expect(await refused(invalidate, internal, body)).toMatchObject({ status: 400, code: 'invalid_body' })
})

describe('an event', () => {
  const event = '"workspaceId":"15213","boardId":"b1"'

  it.each([
    ['eventId', `{${event},"action":"board_updated","eventId":"a\\u0000"}`],
    ['eventId', `{${event},"action":"board_updated","eventId":"\\ud800"}`],
    ['boardId', '{"workspaceId":"15213","boardId":"..","action":"board_updated"}'],
    ['events.0.contactId', `{"events":[{${event},"action":"contact_updated","contactId":"."}]}`],
    ['outbox.0.eventId', '{"outbox":[{"workspaceId":"15213","eventId":"\\udfff","tags":["counts"]}]}'],
    ['record.name', '{"type":"INSERT","table":"contacts","schema":"public","record":{"name":"\\u0000"}}'],
    ['table', '{"type":"INSERT","table":"\\ud83d","schema":"public","record":{}}'],
    ['__proto__', `{${event},"action":"board_updated","__proto__":{}}`],
  ])('is a 400 that names %s if that cannot be stored or is no id: %s', async (parameter, body) => {
    const answer = await refused(invalidate, internal, body)
    expect(answer).toMatchObject({ status: 400, code: 'invalid_body' })
    expect(answer.parameters).toContain(parameter)
  })

  it.each([
    ['a byte order mark changes nothing', `\ufeff{${event},"action":"board_updated"}`],
    ['the later of two members counts', `{${event},"action":"contact_eaten","action":"board_updated"}`],
  ])('is accepted: %s', async (_name, body) => {
    expect((await send(invalidate, internal, body)).status).toBe(200)
  })

  it('of a webhook moves what its row names, and nothing that a prototype in it names', async () => {
    const row = '"workspace_id":"15213","board_id":"b1","board_column_id":"c1","id":"k1"'
    const record = `{"__proto__":{"board_id":"b2"},${row}}`
    const response = await send(
      invalidate,
      internal,
      `{"type":"INSERT","table":"contacts","schema":"public","record":${record},"old_record":null}`,
    )
    expect(await response.json()).toMatchObject({
      data: { patterns: expect.not.arrayContaining(['contacts:15213:b2:*']) },
    })
  })
})

describe('an id of dots', () => {
  const ask = (path: string, headers: Record<string, string> = {}) =>
    exports.default.fetch(`https://boardcache.test${path}`, {
      headers: { Authorization: `Bearer ${token}`, 'X-Workspace-ID': '15213', ...headers },
    })

  it.each(['.', '..'])('is a 400 in a query and in a header: %s', async (id) => {
    expect((await ask(`/api/boards/b1/contacts?column_id=${id}`)).status).toBe(400)
    expect((await ask('/api/boards/b1/contacts', { 'X-Workspace-ID': id })).status).toBe(400)
  })

  // One dot leaves `/api/boards/contacts`, which is no route. Two leave `/api/contacts`, which has no GET.
  it.each([
    ['.', 'route_not_found'],
    ['%2e', 'route_not_found'],
    ['..', 'method_not_allowed'],
    ['%2E%2e', 'method_not_allowed'],
    ['.%2e', 'method_not_allowed'],
  ] as const)('is no part of a path: %s', async (id, code) => {
    const response = await ask(`/api/boards/${id}/contacts`)
    expect(errorBodySchema.parse(await response.json()).code).toBe(code)
  })
})
