import { exports } from 'cloudflare:workers'
import { SignJWT, UnsecuredJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { errorBodySchema, wireErrors } from '../../shared/contract/errors.ts'
import { limits } from '../../shared/limits.ts'
import { workerTestBindings } from '../support/worker-bindings.ts'

const site = 'https://boardcache.test'
const list = '/api/boards/board_123/contacts'
const counts = '/api/cache-settings/workspace/15213/counts'
const settings = '/api/cache-settings/workspace/15213/settings'
const issuer = 'https://example.supabase.co/auth/v1'

interface Claims {
  readonly subject?: string
  readonly workspaces?: Record<string, string>
  readonly expires?: string
  readonly secret?: string
}

function tokenOf({
  subject = 'user-1',
  workspaces = { '15213': 'member' },
  expires = '1h',
  secret,
}: Claims = {}) {
  return new SignJWT({ role: 'authenticated', app_metadata: { workspaces } })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(subject)
    .setIssuer(issuer)
    .setAudience('authenticated')
    .setExpirationTime(expires)
    .sign(new TextEncoder().encode(secret ?? workerTestBindings.SUPABASE_JWT_SECRET))
}

const member = { Authorization: `Bearer ${await tokenOf()}`, 'X-Workspace-ID': '15213' }
const admin = { Authorization: `Bearer ${await tokenOf({ workspaces: { '15213': 'admin' } })}` }
const internal = { Authorization: `Bearer ${workerTestBindings.INTERNAL_AUTH_KEY}` }

async function ask(path: string, init: RequestInit = {}) {
  const response = await exports.default.fetch(`${site}${path}`, init)
  const body = errorBodySchema.parse(await response.json())
  return { status: response.status, code: body.code, details: body.details ?? [], headers: response.headers }
}

const post = (headers: Record<string, string>, body: BodyInit) => ({ method: 'POST', headers, body })

describe('a parameter that the route refuses', () => {
  it.each([
    ['page', 'page=0'],
    ['page', 'page=1&page=2'],
    ['per_page', 'per_page=1000'],
    ['filter', 'filter=nonsense'],
    ['search', `search=${'x'.repeat(201)}`],
    ['column_id', 'column_id=a%20b'],
    ['sort_by', 'sort_by=email'],
    ['sort_order', 'sort_order=up'],
    ['cursor', 'cursor=nonsense'],
    ['pag', 'pag=2'],
    ['__proto__', '__proto__=2'],
  ])('is a 400 that names %s: %s', async (parameter, query) => {
    const answer = await ask(`${list}?${query}`, { headers: member })
    expect(answer).toMatchObject({ status: 400, code: 'invalid_parameter' })
    expect(answer.details.map((fault) => fault.parameter)).toContain(parameter)
  })

  it('is a 400 in a header too', async () => {
    const answer = await ask(list, { headers: { ...member, 'X-Min-Version': '-1' } })
    expect(answer).toMatchObject({ status: 400, details: [{ parameter: 'X-Min-Version' }] })
  })

  it.each([
    `${list}?search=%FF`,
    `${list}?search=a%00b`,
    '/api/boards/%E0%A4%A/contacts',
    '/api/boards/%00/contacts',
  ])('is a 400 if it is not UTF-8 or contains NUL: %s', async (path) => {
    expect(await ask(path, { headers: member })).toMatchObject({ status: 400, code: 'invalid_encoding' })
  })

  it('is a 414 if the URL is too long', async () => {
    const answer = await ask(`${list}?search=${'x'.repeat(limits.urlBytesMax)}`, { headers: member })
    expect(answer).toMatchObject({ status: 414, code: 'url_too_long' })
  })
})

describe('a token that is refused', async () => {
  const unsecured = new UnsecuredJWT({
    role: 'authenticated',
    app_metadata: { workspaces: { '15213': 'admin' } },
  })
    .setSubject('user-1')
    .setIssuer(issuer)
    .setAudience('authenticated')
    .setExpirationTime('1h')
    .encode()
  it.each([
    ['token_missing', undefined],
    ['token_invalid', 'Basic dXNlcjpwYXNz'],
    ['token_invalid', 'Bearer'],
    ['token_invalid', 'Bearer not.a.token'],
    ['token_invalid', `Bearer ${'x'.repeat(limits.tokenCharactersMax + 1)}`],
    ['token_invalid', `Bearer ${unsecured}`],
    ['token_invalid', `Bearer ${await tokenOf({ secret: 'another secret that is also long enough' })}`],
    ['token_expired', `Bearer ${await tokenOf({ expires: '-1h' })}`],
  ] as const)('is a 401 %s: %.40s', async (code, authorization) => {
    const headers = {
      'X-Workspace-ID': '15213',
      ...(authorization === undefined ? {} : { Authorization: authorization }),
    }
    const answer = await ask(list, { headers })
    expect(answer).toMatchObject({ status: 401, code })
    expect(answer.headers.get('WWW-Authenticate')).toBe(
      code === 'token_missing'
        ? 'Bearer'
        : `Bearer error="invalid_token", error_description="${wireErrors[code].sentence}"`,
    )
  })

  it('is a 403 for another workspace', async () => {
    const answer = await ask(list, { headers: { ...member, 'X-Workspace-ID': '15214' } })
    expect(answer).toMatchObject({ status: 403, code: 'not_a_member' })
  })

  it("is a 403 in another user's name", async () => {
    const answer = await ask(list, { headers: { ...member, 'X-User-ID': 'user-2' } })
    expect(answer).toMatchObject({ status: 403, code: 'user_mismatch' })
  })

  it('is a 403 for what only an admin may change', async () => {
    const answer = await ask(settings, post(member, '{"cacheEnabled":false}'))
    expect(answer).toMatchObject({ status: 403, code: 'admin_required' })
  })
})

describe('a workspace that is not named exactly once', () => {
  it('is a 400 if it is not named', async () => {
    const answer = await ask(list, { headers: { Authorization: member.Authorization } })
    expect(answer).toMatchObject({ status: 400, code: 'workspace_missing' })
  })

  it('is a 400 if header and path disagree', async () => {
    const answer = await ask(counts, { headers: { ...member, 'X-Workspace-ID': '15214' } })
    expect(answer).toMatchObject({ status: 400, code: 'workspace_mismatch' })
  })

  it('is a 400 if its name is not valid', async () => {
    const answer = await ask(list, { headers: { ...member, 'X-Workspace-ID': 'a/b' } })
    expect(answer).toMatchObject({ status: 400, details: [{ parameter: 'X-Workspace-ID' }] })
  })
})

describe('a body that the route refuses', () => {
  const path = '/api/cache/invalidate'
  const event = { workspaceId: '15213', boardId: 'b1', action: 'board_updated' }
  it.each([
    ['invalid_json', '{'],
    ['invalid_json', ''],
    ['invalid_json', new Uint8Array([0x7b, 0xff, 0x7d])],
    ['invalid_body', '[]'],
    ['invalid_body', 'null'],
    ['invalid_body', '"text"'],
    ['invalid_body', JSON.stringify({ ...event, action: 'contact_eaten' })],
    ['invalid_body', JSON.stringify({ ...event, boardId: 7 })],
    ['invalid_body', JSON.stringify({ ...event, boardId: 'a\u0000' })],
    ['invalid_body', JSON.stringify({ ...event, surplus: true })],
    ['invalid_body', JSON.stringify({ ...event, eventId: 'x'.repeat(201) })],
    ['invalid_body', JSON.stringify({ events: [] })],
    ['invalid_body', JSON.stringify({ events: Array.from({ length: 501 }, () => event) })],
    [
      'invalid_body',
      JSON.stringify({ type: 'UPDATE', table: 'invoices', schema: 'public', record: {}, old_record: {} }),
    ],
    [
      'invalid_body',
      JSON.stringify({
        type: 'INSERT',
        table: 'contacts_64',
        schema: 'private',
        record: {},
        old_record: null,
      }),
    ],
    ['workspace_missing', JSON.stringify({ action: 'workspace_updated' })],
  ])('is a 400 %s: %.60s', async (code, body) => {
    expect(await ask(path, post(internal, body))).toMatchObject({ status: 400, code })
  })

  it('is a 413 if it is too large, whether or not its length is declared', async () => {
    const large = 'x'.repeat(limits.requestBodyBytesMax + 1)
    expect(await ask(path, post(internal, large))).toMatchObject({ status: 413, code: 'body_too_large' })
    const { readable, writable } = new TransformStream()
    const writer = writable.getWriter()
    const written = writer.write(new TextEncoder().encode(large)).then(() => writer.close())
    expect(await ask(path, post(internal, readable))).toMatchObject({ status: 413, code: 'body_too_large' })
    await written.catch(() => undefined)
  })

  it('is a 401 before anything is read without the internal key', async () => {
    for (const headers of [{}, member, { Authorization: 'Bearer wrong' }]) {
      expect(await ask(path, post(headers, '{'))).toMatchObject({ status: 401, code: 'key_invalid' })
    }
  })

  it.each([
    '{"cacheConfig":{"contactsTTL":29}}',
    '{"cacheConfig":{"contactsTTL":86401}}',
    '{"cacheConfig":{"contactsTTL":60.5}}',
    '{"cacheEnabled":"yes"}',
    '{"features":{"teleport":true}}',
    '{}',
  ])('is a 400 if settings are out of range: %s', async (body) => {
    expect(await ask(settings, post(admin, body))).toMatchObject({ status: 400, code: 'invalid_body' })
  })

  it("is a 403 if it names another user than the token's", async () => {
    const answer = await ask(
      '/api/cache-settings/warm-cache',
      post(admin, '{"workspaceId":"15213","userId":"user-2"}'),
    )
    expect(answer).toMatchObject({ status: 403, code: 'user_mismatch' })
  })
})

describe('an invalidation', () => {
  const event = { action: 'board_updated', boardId: 'board_123' }

  it('names the header where the workspace in it is none', async () => {
    for (const workspace of ['', 'a/b', 'x'.repeat(65)]) {
      const headers = { ...internal, 'X-Workspace-ID': workspace }
      const answer = await ask('/api/cache/invalidate', post(headers, JSON.stringify(event)))
      expect(answer).toMatchObject({ status: 400, code: 'invalid_parameter' })
      expect(answer.details?.map(({ parameter }) => parameter)).toContain('X-Workspace-ID')
      expect(answer.details?.map(({ parameter }) => parameter)).not.toContain('(input)')
    }
  })

  it('of the outbox says what a move must be', async () => {
    const outbox = [{ eventId: 'e', workspaceId: '15213', tags: ['x', 'place#3', 'contact#99999'] }]
    const answer = await ask('/api/cache/invalidate', post(internal, JSON.stringify({ outbox })))
    const message = 'must name a family, a bucket of it, or slots of a place'
    expect(answer.details).toEqual(
      [0, 1, 2].map((index) => ({ parameter: `outbox.0.tags.${index}`, message })),
    )
  })
})

describe('a route that does not exist', () => {
  it('is a 404', async () => {
    expect(await ask('/api/nothing', { headers: member })).toMatchObject({
      status: 404,
      code: 'route_not_found',
    })
  })

  it('is a 405 that names the existing methods', async () => {
    const answer = await ask(list, { method: 'DELETE', headers: member })
    expect(answer).toMatchObject({ status: 405, code: 'method_not_allowed' })
    expect(answer.headers.get('Allow')).toBe('GET, HEAD, OPTIONS')
  })
})
