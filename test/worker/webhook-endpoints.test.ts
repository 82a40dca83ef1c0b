import { exports } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { errorBodySchema, wireErrors } from '../../shared/contract/errors.ts'
import { workerTestBindings } from '../support/worker-bindings.ts'
import { workerTokenFor } from '../support/worker-tokens.ts'

const tokenFor = async (role: 'admin' | 'member') => workerTokenFor({ '15213': role })
const workspace = { 'X-Workspace-ID': '15213' }
const service = { ...workspace, Authorization: `Bearer ${workerTestBindings.INTERNAL_AUTH_KEY}` }
const admin = { ...workspace, Authorization: `Bearer ${await tokenFor('admin')}` }
const member = { ...workspace, Authorization: `Bearer ${await tokenFor('member')}` }

const list = '/api/v1/webhook-endpoints'
const deliveryId = '3f0c6f0e-5b1c-4e0a-9a53-6a3c1f1f7a10'
const routes = [
  ['GET', list, null],
  ['POST', list, { url: 'https://hooks.example/', events: ['*'] }],
  ['GET', `${list}/e1`, null],
  ['PATCH', `${list}/e1`, { isEnabled: false }],
  ['DELETE', `${list}/e1`, null],
  ['POST', `${list}/e1/rotate-secret`, {}],
  ['POST', `${list}/e1/test`, null],
  ['GET', `${list}/e1/deliveries?status=failed`, null],
  ['POST', `${list}/e1/deliveries/${deliveryId}/resend`, null],
] as const

async function refusal(method: string, path: string, headers: Record<string, string>, body: unknown) {
  const response = await exports.default.fetch(`https://boardcache.test${path}`, {
    method,
    headers,
    ...(body === null ? {} : { body: JSON.stringify(body) }),
  })
  const { code, details = [] } = errorBodySchema.parse(await response.json())
  expect(response.status).toBe(wireErrors[code].status)
  return { code, parameters: details.map(({ parameter }) => parameter) }
}

describe.each(routes)('%s %s', (method, path, body) => {
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
      [{ ...service, Authorization: `${service.Authorization}x` }, 'token_invalid'],
      [workspace, 'token_missing'],
      [{ Authorization: service.Authorization }, 'workspace_missing'],
      [{ Authorization: admin.Authorization }, 'workspace_missing'],
    ]
    for (const [headers, code] of refused)
      expect((await refusal(method, path, headers, body)).code).toBe(code)
  })
})

it.each([
  ['POST', list, { url: 'http://hooks.example/', events: ['*'] }, 'invalid_body', ['url']],
  ['PATCH', `${list}/e1`, {}, 'invalid_body', ['(input)']],
  ['POST', `${list}/e1/rotate-secret`, { keepPreviousSeconds: -1 }, 'invalid_body', ['keepPreviousSeconds']],
  ['GET', `${list}/e1/deliveries?cursor=x`, null, 'invalid_parameter', ['cursor']],
  ['GET', `${list}/a%20b`, null, 'invalid_parameter', ['id']],
  ['POST', `${list}/e1/deliveries/x/resend`, null, 'invalid_parameter', ['deliveryId']],
])('%s %s of %j is refused as %s', async (method, path, body, code, parameters) => {
  expect(await refusal(method, path, admin, body)).toEqual({ code, parameters })
})
