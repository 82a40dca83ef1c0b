import { exports } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { errorBodySchema, wireErrors } from '../../shared/contract/errors.ts'
import { limits } from '../../shared/limits.ts'
import { workerTestBindings } from '../support/worker-bindings.ts'
import { workerTokenFor } from '../support/worker-tokens.ts'

const token = await workerTokenFor({ '15213': 'member' })
const member = { Authorization: `Bearer ${token}`, 'X-Workspace-ID': '15213' }
const place = { board_id: 'board_123', board_column_id: 'col_1' }

const writes = [
  ['POST', '/api/contacts', { ...place, name: 'New' }],
  ['PATCH', '/api/contacts/c1', { name: 'Changed' }],
  ['POST', '/api/contacts/c1/move', { board_column_id: 'col_2' }],
  ['DELETE', '/api/contacts/c1', null],
] as const
const withBody = writes.filter(([, , body]) => body !== null)

function send(method: string, path: string, headers: Record<string, string>, body: unknown) {
  return exports.default.fetch(`https://boardcache.test${path}`, {
    method,
    headers,
    ...(body === null ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
}

async function refusal(...request: Parameters<typeof send>) {
  const response = await send(...request)
  const { code, details = [] } = errorBodySchema.parse(await response.json())
  expect(response.status).toBe(wireErrors[code].status)
  return { code, parameters: details.map(({ parameter }) => parameter) }
}

describe.each(writes)('%s %s', (method, path, body) => {
  it('is refused without a token, to a stranger, in the name of another user, and without a workspace', async () => {
    const { Authorization } = member
    expect(await refusal(method, path, { 'X-Workspace-ID': '15213' }, body)).toMatchObject({
      code: 'token_missing',
    })
    expect(await refusal(method, path, { Authorization }, body)).toMatchObject({ code: 'workspace_missing' })
    expect(await refusal(method, path, { ...member, 'X-Workspace-ID': '15214' }, body)).toMatchObject({
      code: 'not_a_member',
    })
    expect(await refusal(method, path, { ...member, 'X-User-ID': 'another' }, body)).toMatchObject({
      code: 'user_mismatch',
    })
  })

  it('is refused with the internal key, which writes at the origin', async () => {
    const Authorization = `Bearer ${workerTestBindings.INTERNAL_AUTH_KEY}`
    expect(await refusal(method, path, { ...member, Authorization }, body)).toMatchObject({
      code: 'token_invalid',
    })
  })

  it('is unconfirmed if something else than the origin answers', async () => {
    expect(await refusal(method, path, member, body)).toMatchObject({ code: 'write_unconfirmed' })
  })

  it('is allowed by a preflight to allowed origins alone, with the headers that it needs', async () => {
    const preflight = (Origin: string) =>
      send(
        'OPTIONS',
        path,
        {
          Origin,
          'Access-Control-Request-Method': method,
          'Access-Control-Request-Headers': 'authorization,content-type,x-workspace-id',
        },
        null,
      )
    const { status, headers } = await preflight('https://crm.example.com')
    expect(status).toBe(204)
    expect(headers.get('Access-Control-Allow-Origin')).toBe('https://crm.example.com')
    expect(headers.get('Access-Control-Allow-Methods')?.split(',')).toContain(method)
    for (const name of ['Authorization', 'Content-Type', 'X-Workspace-ID', 'X-Min-Version']) {
      expect(headers.get('Access-Control-Allow-Headers')?.split(',')).toContain(name)
    }
    expect((await preflight('https://evil.example')).headers.get('Access-Control-Allow-Origin')).toBeNull()
  })

  it('lets a browser read the reason of a refusal', async () => {
    const response = await send(method, path, { Origin: 'https://crm.example.com' }, body)
    expect(response.headers.get('Access-Control-Allow-Origin')).toBe('https://crm.example.com')
    expect(response.status).toBe(401)
  })
})

describe.each(withBody)('the body of %s %s', (method, path) => {
  it.each<[string, unknown, string, string[]]>([
    ['is no JSON', '{"name":', 'invalid_json', []],
    ['is empty', '', 'invalid_json', []],
    ['is no object', '[]', 'invalid_body', ['(input)']],
    [
      'names unknown fields',
      { nonsense: 1, workspace_id: '15214' },
      'invalid_body',
      ['nonsense', 'workspace_id'],
    ],
    ['contains text that no database can store', '{"name":"\\u0000"}', 'invalid_body', ['name']],
    ['is too large', ' '.repeat(limits.contactBodyBytesMax + 1), 'body_too_large', []],
  ])('is refused if it %s', async (_name, body, code, parameters) => {
    const refused = await refusal(method, path, member, body)
    expect(refused.code).toBe(code)
    expect(refused.parameters).toEqual(expect.arrayContaining(parameters))
  })
})

it('a move is refused past its own smaller bound', async () => {
  const body = ' '.repeat(limits.contactMoveBodyBytesMax + 1)
  expect(await refusal('POST', '/api/contacts/c1/move', member, body)).toMatchObject({
    code: 'body_too_large',
  })
})

it('an invalid id is a 400 that names it', async () => {
  for (const [method, body] of [
    ['PATCH', { name: 'X' }],
    ['DELETE', null],
  ] as const) {
    expect(await refusal(method, '/api/contacts/a%20b', member, body)).toEqual({
      code: 'invalid_parameter',
      parameters: ['id'],
    })
  }
})

it('other methods are a 405 that names the existing ones', async () => {
  const response = await send('PUT', '/api/contacts/c1', member, { name: 'X' })
  expect([response.status, response.headers.get('Allow')]).toEqual([405, 'GET, PATCH, DELETE, HEAD, OPTIONS'])
  expect((await send('GET', '/api/contacts', member, null)).headers.get('Allow')).toBe('POST, OPTIONS')
})
