import { describe, expect, test } from 'vitest'
import type { Database } from '../../../origin/database/database.ts'
import { ok } from '../../../shared/result.ts'
import { alice, createOrigin, internalAuthKey, read } from './origin-under-test.ts'
import { createPromptDatabase } from './stub-database.ts'

const at = '2026-01-02T03:04:05.123456+00:00'
const deliveryId = '3f0c6f0e-5b1c-4e0a-9a53-6a3c1f1f7a10'
const list = '/api/v1/webhook-endpoints'
const asBackend = { 'X-Workspace-ID': '15213', Authorization: `Bearer ${internalAuthKey}` }
const endpoint = {
  ...{ id: 'e1', url: 'https://hooks.example/', description: null, events: ['*'], isEnabled: true },
  ...{ stoppedBecause: null, failures: 0, pausedUntil: null, previousSecretUntil: null },
  ...{ createdAt: at, updatedAt: at },
}
const delivery = (id = deliveryId) => ({
  ...{ id, endpointId: 'e1', eventId: 'event-1', type: 'contact.created', occurredAt: at, status: 'waiting' },
  ...{
    attempts: 1,
    log: [{ at, status: 500, failure: null, durationMs: 7 }],
    createdAt: at,
    completedAt: null,
  },
})

interface Route {
  readonly method: string
  readonly path: string
  readonly body?: unknown
  readonly called: readonly [functionName: string, args: object]
  readonly answered: object
  readonly shown: object
  readonly status?: 201
}
const secret = expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/)
const page = { p_endpoint: 'e1', p_status: null, p_after_at: null, p_after_id: null, p_rows_max: 51 }

const routes: readonly Route[] = [
  {
    ...{ method: 'GET', path: list, called: ['webhook_endpoints', {}] },
    ...{ answered: { endpoints: [endpoint] }, shown: { endpoints: [endpoint] } },
  },
  {
    ...{ method: 'POST', path: list, status: 201, body: { url: 'https://Hooks.example', events: ['*'] } },
    called: [
      'webhook_endpoint_create',
      {
        p_created: {
          ...{ url: 'https://hooks.example/', events: ['*'], description: null, isEnabled: true },
          id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        },
        p_secret: secret,
      },
    ],
    ...{ answered: { endpoint }, shown: { endpoint, secret } },
  },
  {
    ...{ method: 'GET', path: `${list}/e1`, called: ['webhook_endpoint', { p_endpoint: 'e1' }] },
    ...{ answered: { endpoint }, shown: { endpoint } },
  },
  {
    ...{ method: 'PATCH', path: `${list}/e1`, body: { isEnabled: false } },
    called: ['webhook_endpoint_update', { p_endpoint: 'e1', p_change: { isEnabled: false } }],
    ...{ answered: { endpoint }, shown: { endpoint } },
  },
  {
    ...{ method: 'DELETE', path: `${list}/e1`, called: ['webhook_endpoint_delete', { p_endpoint: 'e1' }] },
    ...{ answered: {}, shown: { id: 'e1' } },
  },
  {
    ...{ method: 'POST', path: `${list}/e1/rotate-secret`, body: {} },
    called: ['webhook_endpoint_rotate', { p_endpoint: 'e1', p_secret: secret, p_keep_seconds: 86_400 }],
    ...{ answered: { endpoint }, shown: { endpoint, secret } },
  },
  {
    ...{ method: 'POST', path: `${list}/e1/test`, status: 201 },
    called: ['webhook_endpoint_test', { p_endpoint: 'e1' }],
    ...{ answered: { delivery: delivery() }, shown: { delivery: delivery() } },
  },
  {
    ...{ method: 'GET', path: `${list}/e1/deliveries`, called: ['webhook_deliveries', page] },
    answered: { deliveries: [delivery()] },
    shown: { deliveries: [delivery()], pagination: { next_cursor: null } },
  },
  {
    ...{ method: 'POST', path: `${list}/e1/deliveries/${deliveryId}/resend` },
    called: ['webhook_delivery_resend', { p_endpoint: 'e1', p_delivery: deliveryId }],
    ...{ answered: { delivery: delivery() }, shown: { delivery: delivery() } },
  },
]

const send = (
  database: Database,
  { method, path, body }: Pick<Route, 'method' | 'path' | 'body'>,
  headers: Readonly<Record<string, string>> = asBackend,
) =>
  createOrigin({ database }).app.request(path, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })

describe.each(routes)('$method $path', (route) => {
  const { called, answered, shown, status = 200 } = route

  test('calls its function for the caller, once, and no cache may store the answer', async () => {
    const calls: unknown[] = []
    const database: Database = {
      callRpc: async (name, args, token) => {
        calls.push([name, args, token])
        return ok({ outcome: 'ok', ...answered })
      },
      probe: async () => true,
    }
    for (const [headers, token] of [
      [asBackend, null],
      [{ ...asBackend, 'X-Caller-Token': alice }, alice],
    ] as const) {
      const response = await send(database, route, headers)
      expect(response.headers.get('Cache-Control')).toBe('no-store')
      expect(await read(response)).toEqual({ status, body: { success: true, data: shown } })
      expect(calls.pop()).toEqual([called[0], { p_workspace: '15213', ...called[1] }, token])
      expect(calls).toEqual([])
    }
  })

  test.each([
    ['forbidden', 403, 'not_a_member'],
    ['admin_required', 403, 'admin_required'],
    ['not_found', 404, 'not_found'],
    ['webhook_endpoints_full', 409, 'webhook_endpoints_full'],
    ['webhook_endpoint_off', 409, 'webhook_endpoint_off'],
  ])('that ends as %s is a %i with the code %s', async (outcome, refused, code) => {
    expect(
      await read(
        await send(
          createPromptDatabase(() => ({ outcome })),
          route,
        ),
      ),
    ).toMatchObject({
      status: refused,
      body: { code },
    })
  })

  test('is not open to a member with their own token', async () => {
    const asMember = { 'X-Workspace-ID': '15213', Authorization: `Bearer ${alice}` }
    const database = createPromptDatabase(() => ({ outcome: 'ok', ...answered }))
    expect(await read(await send(database, route, asMember))).toMatchObject({ status: 401 })
  })
})

test('each secret is another one', async () => {
  const secrets = new Set<unknown>()
  const database = createPromptDatabase((_name, args) => {
    secrets.add(args['p_secret'])
    return { outcome: 'ok', endpoint }
  })
  for (let count = 0; count < 10; count += 1)
    await send(database, { method: 'POST', path: list, body: { url: 'https://a.example', events: ['*'] } })
  expect(secrets.size).toBe(10)
})

test('a page of deliveries has a cursor if another page follows, from which that one is asked for', async () => {
  const ids = [1, 2, 3].map((digit) => `00000000-0000-4000-8000-00000000000${digit}`)
  const asked: unknown[] = []
  const database = createPromptDatabase((_name, args) => {
    asked.push(args)
    return { outcome: 'ok', deliveries: ids.map(delivery) }
  })
  const first = await send(database, {
    method: 'GET',
    path: `${list}/e1/deliveries?per_page=2&status=failed`,
  })
  const { data } = Object(await first.json())
  expect(data.deliveries.map(({ id }: { id: string }) => id)).toEqual(ids.slice(0, 2))
  const cursor = data.pagination.next_cursor
  await send(database, { method: 'GET', path: `${list}/e1/deliveries?per_page=2&cursor=${cursor}` })
  expect(asked).toMatchObject([
    { p_status: 'failed', p_after_at: null, p_rows_max: 3 },
    { p_status: null, p_after_at: at, p_after_id: ids[1], p_rows_max: 3 },
  ])
})

test.each([
  [`${list}/e1/deliveries?per_page=0`, 'per_page'],
  [`${list}/e1/deliveries?per_page=101`, 'per_page'],
  [`${list}/e1/deliveries?status=lost`, 'status'],
  [`${list}/e1/deliveries?cursor=x`, 'cursor'],
  [`${list}/e1/deliveries?other=1`, 'other'],
  [`${list}/a%20b`, 'id'],
])('GET %s is refused and names %s', async (path, parameter) => {
  expect(
    await read(
      await send(
        createPromptDatabase(() => null),
        { method: 'GET', path },
      ),
    ),
  ).toMatchObject({
    status: 400,
    body: { code: 'invalid_parameter', details: [{ parameter }] },
  })
})

test.each([
  [{ events: ['*'] }, 'url'],
  [{ url: 'http://hooks.example/', events: ['*'] }, 'url'],
  [{ url: 'https://user:password@hooks.example/', events: ['*'] }, 'url'],
  [{ url: 'https://hooks.example/#part', events: ['*'] }, 'url'],
  [{ url: 'ftp://hooks.example/', events: ['*'] }, 'url'],
  [{ url: `https://hooks.example/${'x'.repeat(2_048)}`, events: ['*'] }, 'url'],
  [{ url: `https://hooks.example/${'ä'.repeat(1_000)}`, events: ['*'] }, 'url'],
  [{ url: 'https://hooks.example/', events: [] }, 'events'],
  [{ url: 'https://hooks.example/', events: ['Contact'] }, 'events.0'],
  [{ url: 'https://hooks.example/', events: ['*'], isEnabled: 1 }, 'isEnabled'],
  [{ url: 'https://hooks.example/', events: ['*'], secret: 'whsec_x' }, 'secret'],
  [{ url: 'https://hooks.example/', events: ['*'], description: '' }, 'description'],
])('POST of %j is refused and names %s', async (body, parameter) => {
  const database = createPromptDatabase(() => {
    throw new Error('nothing is written')
  })
  expect(await read(await send(database, { method: 'POST', path: list, body }))).toMatchObject({
    status: 400,
    body: { code: 'invalid_body', details: [{ parameter }] },
  })
})
