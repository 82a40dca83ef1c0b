import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
import {
  deliveryListSchema,
  deliveryShownSchema,
  endpointShownSchema,
  endpointWithSecretSchema,
} from '../../shared/contract/webhook-endpoints.ts'
import { ask } from '../support/api-client.ts'
import { eventually } from '../support/eventually.ts'
import { type HookReceiver, startHookReceiver } from '../support/hook-receiver.ts'
import { startTestStack, type TestStack } from '../support/local-stack.ts'

let stack: TestStack
let receiver: HookReceiver
let secret = 'whsec_none'
let endpoint = ''

beforeAll(async () => {
  stack = await startTestStack({ contacts: 2_000 })
  receiver = await startHookReceiver(() => secret)
})
afterAll(async () => {
  await receiver?.stop()
  await stack?.stop()
})

async function send<Schema extends z.ZodType>(schema: Schema, method: string, path: string, body?: unknown) {
  const token = await stack.tokenOf({ userId: 'ann', workspaces: { '15213': 'admin' } })
  const answer = await ask(`${stack.worker}${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${token}`,
      'X-Workspace-ID': '15213',
      'Content-Type': 'application/json',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const { data } = z.object({ success: z.literal(true), data: z.unknown() }).parse(JSON.parse(answer.text))
  return schema.parse(data)
}
const list = '/api/v1/webhook-endpoints'
const writeContact = (method: string, path: string, body: unknown) =>
  ask(`${stack.origin}${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${stack.internalAuthKey}`,
      'X-Workspace-ID': '15213',
      'Content-Type': 'application/json',
    },
    body: JSON.stringify(body),
  })

it('an admin’s endpoint is told of a contact that was written, after which the cache answers with it', async () => {
  const made = await send(endpointWithSecretSchema, 'POST', list, {
    url: receiver.url,
    events: ['contact.created', 'contact.updated'],
  })
  ;({ secret } = made)
  endpoint = made.endpoint.id
  const contact = { id: 'told', board_id: 'board_123', board_column_id: 'col_1', name: 'Ann Lee' }
  expect((await writeContact('POST', '/contacts', contact)).status).toBe(201)
  expect((await writeContact('PATCH', '/contacts/told', { name: 'Ann Li' })).status).toBe(200)
  await eventually(() =>
    expect(receiver.verified.map(({ body }) => body).toSorted()).toMatchObject([
      { type: 'contact.created', data: { contactIds: ['told'] } },
      { type: 'contact.updated', data: { contactIds: ['told'] } },
    ]),
  )
  expect(JSON.stringify(receiver.verified)).not.toContain('Ann')
})

it('a secret can be rotated without missing a delivery: each is signed with both', async () => {
  const before = secret
  const rotated = await send(endpointWithSecretSchema, 'POST', `${list}/${endpoint}/rotate-secret`, {})
  expect(rotated.secret).not.toBe(before)
  for (const valid of [before, rotated.secret]) {
    secret = valid
    const { delivery } = await send(deliveryShownSchema, 'POST', `${list}/${endpoint}/test`)
    await eventually(() => expect(receiver.verified.map(({ id }) => id)).toContain(delivery.eventId))
  }
})

it('the log shows each delivery, which can be sent again under its id', async () => {
  const page = () =>
    send(deliveryListSchema, 'GET', `${list}/${endpoint}/deliveries?status=delivered&per_page=2`)
  await eventually(async () => expect((await page()).deliveries).toHaveLength(2))
  const [latest] = (await page()).deliveries
  const before = receiver.verified.filter(({ id }) => id === latest?.eventId).length
  await send(deliveryShownSchema, 'POST', `${list}/${endpoint}/deliveries/${latest?.id}/resend`)
  await eventually(() =>
    expect(receiver.verified.filter(({ id }) => id === latest?.eventId)).toHaveLength(before + 1),
  )
})

it('an endpoint that is off is told of nothing', async () => {
  await send(endpointShownSchema, 'PATCH', `${list}/${endpoint}`, { isEnabled: false })
  const known = receiver.tries.length
  await writeContact('PATCH', '/contacts/told', { name: 'Ann Lo' })
  await send(endpointShownSchema, 'PATCH', `${list}/${endpoint}`, { isEnabled: true })
  const { delivery } = await send(deliveryShownSchema, 'POST', `${list}/${endpoint}/test`)
  await eventually(() => expect(receiver.verified.map(({ id }) => id)).toContain(delivery.eventId))
  expect(receiver.tries).toHaveLength(known + 1)
})
