import { exports } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { outboxAnswerSchema } from '../../shared/contract/invalidation.ts'
import { workerTestBindings } from '../support/worker-bindings.ts'

function post(body: unknown, key: string = workerTestBindings.INTERNAL_AUTH_KEY) {
  return exports.default.fetch('https://boardcache.test/api/cache/invalidate', {
    method: 'POST',
    headers: { Authorization: `Bearer ${key}` },
    body: JSON.stringify(body),
  })
}

const event = (eventId: string, workspaceId = '15213') => ({
  eventId,
  workspaceId,
  tags: ['place#7#1802', 'counts'],
})

it('a batch of the outbox becomes durable once, however often it comes', async () => {
  const batch = { outbox: [event('outbox:1'), event('outbox:2'), event('outbox:3', '15214')] }
  const first = await post(batch)
  expect(first.status).toBe(200)
  const answered = await first.json()
  const { events } = z.object({ success: z.literal(true), data: outboxAnswerSchema }).parse(answered).data
  const [one = 0, two = 0] = events.map((outcome) => (outcome.status === 200 ? outcome.version : 0))
  expect(events.map(({ status }) => status)).toEqual([200, 200, 200])
  expect(two).toBe(one + 1)
  expect(await (await post(batch)).json()).toEqual(answered)
})

it('a batch of the outbox is accepted with the internal key alone, and only with known moves', async () => {
  expect((await post({ outbox: [event('a')] }, 'another key of some length')).status).toBe(401)
  const misspelt = await post({ outbox: [{ ...event('a'), tags: ['contact#1024'] }] })
  expect(misspelt.status).toBe(400)
  expect(await misspelt.json()).toMatchObject({ code: 'invalid_body' })
})

it('the deployment has a ledger of its own, which only the outbox writes to', async () => {
  const workspaceId = ':deployment'
  const taken = await post({ outbox: [event('outbox:4', workspaceId), event('outbox:5')] })
  expect(await taken.json()).toMatchObject({ data: { events: [{ status: 200 }, { status: 200 }] } })
  const reported = { workspaceId, action: 'workspace_updated' }
  const row = {
    type: 'INSERT',
    schema: 'public',
    table: 'workspaces',
    record: { id: workspaceId },
    old_record: null,
  }
  for (const body of [reported, { events: [reported] }, row, { outbox: [event('a', ':another')] }]) {
    expect((await post(body)).status).toBe(400)
  }
})
