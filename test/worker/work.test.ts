import { exports } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { errorBodySchema, wireErrors } from '../../shared/contract/errors.ts'
import { exportBody } from '../../shared/contract/exports.ts'
import { notificationsReadBody } from '../../shared/contract/notifications.ts'
import { workerTestBindings } from '../support/worker-bindings.ts'
import { workerTokenFor } from '../support/worker-tokens.ts'

const tokenFor = async (role: 'admin' | 'member') => workerTokenFor({ '15213': role })
const workspace = { 'X-Workspace-ID': '15213' }
const service = {
  ...workspace,
  'X-User-ID': 'somebody',
  Authorization: `Bearer ${workerTestBindings.INTERNAL_AUTH_KEY}`,
}
const admin = { ...workspace, Authorization: `Bearer ${await tokenFor('admin')}` }
const member = { ...workspace, Authorization: `Bearer ${await tokenFor('member')}` }

interface Request {
  readonly path: string
  readonly lowest: 'admin' | 'member'
  readonly body?: { readonly sent: object; readonly bytesMax: number }
}

const requests: readonly Request[] = [
  {
    path: '/api/v1/exports',
    lowest: 'admin',
    body: { sent: { format: 'csv' }, bytesMax: exportBody.bytesMax },
  },
  { path: '/api/v1/exports', lowest: 'admin' },
  { path: '/api/v1/exports/e1', lowest: 'admin' },
  { path: '/api/v1/imports', lowest: 'member' },
  { path: '/api/v1/imports/i1', lowest: 'member' },
  { path: '/api/v1/notifications?unread=true', lowest: 'member' },
  {
    path: '/api/v1/notifications/read',
    lowest: 'member',
    body: { sent: { ids: ['n1'] }, bytesMax: notificationsReadBody.bytesMax },
  },
  { path: '/api/v1/analytics/snapshots?period=daily', lowest: 'member' },
]

async function refusal(
  { path, body }: Request,
  headers: Record<string, string>,
  sent = body && JSON.stringify(body.sent),
) {
  const response = await exports.default.fetch(`https://boardcache.test${path}`, {
    method: sent === undefined ? 'GET' : 'POST',
    headers,
    ...(sent === undefined ? {} : { body: sent }),
  })
  const { code } = errorBodySchema.parse(await response.json())
  expect(response.status).toBe(wireErrors[code].status)
  return code
}

describe.each(requests)('$path for the lowest role $lowest', (request) => {
  it('is open to that role and to the backend', async () => {
    // Something else answers in the place of the origin, until the breaker of the origin opens.
    for (const headers of [service, request.lowest === 'admin' ? admin : member])
      expect(['write_unconfirmed', 'origin_unavailable']).toContain(await refusal(request, headers))
  })

  it('is refused to others', async () => {
    const refused: [Record<string, string>, string][] = [
      [{ ...admin, 'X-Workspace-ID': '15214' }, 'not_a_member'],
      [{ ...admin, 'X-User-ID': 'another' }, 'user_mismatch'],
      [{ ...service, Authorization: `${service.Authorization}x` }, 'token_invalid'],
      [workspace, 'token_missing'],
      [{ Authorization: admin.Authorization }, 'workspace_missing'],
      ...(request.lowest === 'admin' ? [[member, 'admin_required'] as [typeof member, string]] : []),
    ]
    for (const [headers, code] of refused) expect(await refusal(request, headers)).toBe(code)
  })

  it.runIf(request.body !== undefined)('refuses a body past its bound, and one of another form', async () => {
    for (const [sent, code] of [
      [' '.repeat((request.body?.bytesMax ?? 0) + 1), 'body_too_large'],
      ['{"format":', 'invalid_json'],
      ['{"nonsense":1}', 'invalid_body'],
    ] as const)
      expect(await refusal(request, service, sent)).toBe(code)
  })
})

it('the backend must name the user whose notifications it reads', async () => {
  const { 'X-User-ID': _user, ...nobody } = service
  expect(await refusal({ path: '/api/v1/notifications', lowest: 'member' }, nobody)).toBe('user_needed')
})

it('parameters of another form are refused', async () => {
  for (const path of [
    '/api/v1/notifications?unread=maybe',
    '/api/v1/analytics/snapshots',
    '/api/v1/analytics/snapshots?period=yearly',
    '/api/v1/exports/a%20b',
  ])
    expect(await refusal({ path, lowest: 'member' }, admin)).toBe('invalid_parameter')
})
