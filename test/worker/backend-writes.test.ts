import { exports } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { backendBodies } from '../../shared/contract/backend-writes.ts'
import { errorBodySchema, wireErrors } from '../../shared/contract/errors.ts'
import { workerTestBindings } from '../support/worker-bindings.ts'
import { workerTokenFor } from '../support/worker-tokens.ts'

const tokenFor = async (role: 'admin' | 'member') => workerTokenFor({ '15213': role })
const workspace = { 'X-Workspace-ID': '15213' }
const service = { ...workspace, Authorization: `Bearer ${workerTestBindings.INTERNAL_AUTH_KEY}` }
const admin = { ...workspace, Authorization: `Bearer ${await tokenFor('admin')}` }
const member = { ...workspace, Authorization: `Bearer ${await tokenFor('member')}` }

const letter = { id: 'n1', from_address: 'ann@example.com', received_at: '2026-01-02T03:04:05Z' }
const writes = [
  ['PUT', '/api/mailboxes/ann/inbox', { messages: [letter] }, backendBodies.mailboxFolder.bytesMax],
  ['DELETE', '/api/mailboxes/ann/inbox', null, null],
  ['PUT', '/api/leads/c1/control', { answered_by: 'ai' }, backendBodies.leadControl.bytesMax],
  [
    'POST',
    '/api/leads/c1/messages',
    { channel: 'web', direction: 'inbound', body: 'Hello' },
    backendBodies.leadMessage.bytesMax,
  ],
  ['PUT', '/api/calls/c1/session', { state: {} }, backendBodies.session.bytesMax],
  ['PATCH', '/api/calls/c1/session', { state: {} }, backendBodies.sessionChange.bytesMax],
  ['DELETE', '/api/calls/c1/session', null, null],
] as const

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

describe.each(writes)('%s %s', (method, path, body, bytesMax) => {
  it('is open to the backend and to admins', async () => {
    // Something else answers in the place of the origin, until the breaker of the origin opens.
    for (const headers of [service, admin])
      expect(['write_unconfirmed', 'origin_unavailable']).toContain(
        (await refusal(method, path, headers, body)).code,
      )
  })

  it('is refused to members, to strangers, with another key, without a token and without a workspace', async () => {
    const refused: [Record<string, string>, string][] = [
      [member, 'admin_required'],
      [{ ...admin, 'X-Workspace-ID': '15214' }, 'not_a_member'],
      [{ ...admin, 'X-User-ID': 'another' }, 'user_mismatch'],
      [{ ...service, Authorization: `${service.Authorization}x` }, 'token_invalid'],
      [workspace, 'token_missing'],
      [{ Authorization: service.Authorization }, 'workspace_missing'],
      [{ Authorization: admin.Authorization }, 'workspace_missing'],
      [{ ...service, 'X-Workspace-ID': 'a b' }, 'invalid_parameter'],
    ]
    for (const [headers, code] of refused)
      expect((await refusal(method, path, headers, body)).code).toBe(code)
  })

  it('counts no request of the backend against a limit', async () => {
    expect((await send(method, path, service, body)).headers.get('RateLimit')).toBeNull()
  })

  it.runIf(bytesMax !== null)(
    'refuses a body past its own bound, one that is no JSON and one of another form',
    async () => {
      for (const [sent, code] of [
        [' '.repeat((bytesMax ?? 0) + 1), 'body_too_large'],
        ['{"state":', 'invalid_json'],
        ['[]', 'invalid_body'],
        ['{"nonsense":1}', 'invalid_body'],
        [JSON.stringify({ state: { a: '\0' }, body: '\0', messages: '\0' }), 'invalid_body'],
      ] as const)
        expect((await refusal(method, path, service, sent)).code).toBe(code)
    },
  )
})

it('the mailbox of nobody in particular cannot be written', async () => {
  expect(await refusal('PUT', '/api/mailboxes/me/inbox', service, { messages: [] })).toEqual({
    code: 'invalid_parameter',
    parameters: ['userId'],
  })
})

it('other methods are a 405 that names the existing ones', async () => {
  const allowed = async (method: string, path: string) =>
    (await send(method, path, service, null)).headers.get('Allow')
  expect(await allowed('GET', '/api/mailboxes/ann/inbox')).toBe('PUT, DELETE, OPTIONS')
  expect(await allowed('POST', '/api/calls/c1/session')).toBe('GET, PUT, PATCH, DELETE, HEAD, OPTIONS')
  expect(await allowed('PUT', '/api/leads/c1/messages')).toBe('POST, OPTIONS')
})
