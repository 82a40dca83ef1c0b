import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { OutboundSettings } from '../../origin/outbound/outbound-settings.ts'
import { createOutboundHandlers } from '../../origin/queues/handlers/outbound.ts'
import { systemClock } from '../../shared/clock.ts'
import { eventually } from '../support/eventually.ts'
import { type HookReceiver, startHookReceiver } from '../support/hook-receiver.ts'
import { jobs, type QueueRoom, startQueueRoom, workspace } from './queue-room.ts'

/** Events on a real Postgres, the process that runs jobs, and receivers on this machine. */

let room: QueueRoom
const receivers: HookReceiver[] = []
const secret = `whsec_${'A'.repeat(43)}=`
const local: OutboundSettings = { webhookNetworks: ['127.0.0.1/32'], queueHandler: null }

beforeAll(async () => {
  room = await startQueueRoom()
})
afterAll(() => room.stop())
beforeEach(async () => {
  await room.clear()
  await room.sql`delete from private.webhook_endpoints`
})
afterEach(async () => {
  await room.clear()
  for (const receiver of receivers.splice(0)) await receiver.stop()
})

async function receive(...args: Parameters<typeof startHookReceiver>) {
  const receiver = await startHookReceiver(...args)
  receivers.push(receiver)
  return receiver
}

const addEndpoint = (id: string, url: string) =>
  room.sql`
    insert into private.webhook_endpoints (workspace_id, id, url, event_types, secret)
    values (${workspace}, ${id}, ${url}, '{*}', ${secret})`
const tell = (event: string) =>
  room.sql`select private.webhook_event(${workspace}, ${event}, 'contact.created', '{"contactIds": ["c1"]}')`
const statuses = async () =>
  Object.fromEntries(
    (
      await room.sql`select endpoint_id || '/' || event_id as name, status from private.webhook_deliveries`
    ).map((row) => [row['name'], row['status']]),
  )

const serve = (outbound = local, backoffMs = 1) =>
  room.serve(createOutboundHandlers({ outbound, database: room.database, clock: systemClock }), {
    declared: { webhooks: { backoffMs }, messages: { backoffMs } },
    drainMs: 200,
  })

test('an event reaches each receiver once, and a failure is tried again under the same webhook-id', async () => {
  const good = await receive(() => secret)
  const flaky = await receive(
    () => secret,
    (tryNumber) => (tryNumber === 1 ? 503 : 200),
  )
  await addEndpoint('good', good.url)
  await addEndpoint('flaky', flaky.url)
  await serve()
  await tell('event-1')
  await eventually(async () =>
    expect(await statuses()).toEqual({ 'good/event-1': 'delivered', 'flaky/event-1': 'delivered' }),
  )
  expect(good.tries).toEqual(['event-1'])
  expect(good.verified).toEqual([
    {
      id: 'event-1',
      body: { type: 'contact.created', timestamp: expect.any(String), data: { contactIds: ['c1'] } },
    },
  ])
  expect(flaky.tries).toEqual(['event-1', 'event-1'])
})

test('a receiver that hangs does not hold up another one', async () => {
  const hanging = await receive(
    () => secret,
    () => 'hang',
  )
  const good = await receive(() => secret)
  await addEndpoint('hanging', hanging.url)
  await addEndpoint('good', good.url)
  for (let count = 0; count < 40; count += 1) {
    await room.sql`
      with delivery as (
        insert into private.webhook_deliveries (workspace_id, endpoint_id, event_id, event_type, occurred_at, data)
        values (${workspace}, 'hanging', ${`hanging-${count}`}, 'contact.created', now(), '{}')
        returning id, round
      )
      select private.webhook_job(${workspace}, 'hanging', id, round) from delivery`
  }
  await tell('event-1')
  await serve()
  await eventually(async () => expect(await statuses()).toMatchObject({ 'good/event-1': 'delivered' }))
  // Two places of twenty, although forty deliveries were due before.
  expect(hanging.tries).toHaveLength(2)
})

test('a receiver that is away for longer than the attempts of a delivery gets what waited for it, with no attempt spent meanwhile', async () => {
  let isAway = true
  const receiver = await receive(
    () => secret,
    () => (isAway ? 500 : 200),
  )
  await addEndpoint('away', receiver.url)
  await room.sql`update private.webhook_endpoints set failures = 4`
  await serve()
  await tell('event-1')
  await eventually(async () =>
    expect(await room.sql`select from private.webhook_endpoints where paused_until > now()`).toHaveLength(1),
  )
  for (let count = 2; count <= 6; count += 1) await tell(`event-${count}`)
  await eventually(async () => {
    const [row] = await room.sql`select count(*)::int as delayed from bullmq.job where state = 'delayed'`
    expect(row?.['delayed']).toBe(6)
  })
  expect(receiver.tries).toHaveLength(1)
  const made =
    await room.sql`select distinct attempts from private.webhook_deliveries where event_id <> 'event-1'`
  expect([...made]).toEqual([{ attempts: 0 }])
  isAway = false
  await room.sql`update private.webhook_endpoints set paused_until = now()`
  await eventually(async () => {
    // Those that come during the trial are put off once more.
    for (const row of await room.sql`select id from bullmq.job where state = 'delayed'`)
      await room.queues.promote('webhooks', String(row['id']), null)
    expect(new Set(Object.values(await statuses()))).toEqual(new Set(['delivered']))
  })
  expect(new Set(receiver.tries).size).toBe(6)
  expect(receiver.tries).toHaveLength(7)
})

test('a job of the CRM’s own handler is sent to it, signed, and one that it refuses fails for good', async () => {
  const handler = await receive(
    () => secret,
    (tryNumber) => [503, 200, 422][tryNumber - 1] ?? 200,
  )
  await serve({
    webhookNetworks: [],
    queueHandler: { url: handler.url, secrets: [secret], networks: ['127.0.0.1/32'] },
  })
  const added = await room.queues.add('messages', jobs(1, { name: 'reminder' }))
  const id = added.ok ? (added.value[0]?.id ?? '') : ''
  await eventually(async () =>
    expect(await room.queues.get('messages', id, null)).toMatchObject({
      value: { state: 'completed', result: { status: 200 } },
    }),
  )
  expect(handler.verified).toHaveLength(2)
  expect(new Set(handler.tries).size).toBe(1)
  expect(handler.verified[0]?.body).toMatchObject({
    type: 'messages.reminder',
    data: { queue: 'messages', workspaceId: workspace, attempt: 1, input: { index: 0 } },
  })
  const refused = await room.queues.add('messages', jobs(1))
  const refusedId = refused.ok ? (refused.value[0]?.id ?? '') : ''
  await eventually(async () =>
    expect(await room.queues.get('messages', refusedId, null)).toMatchObject({
      value: { state: 'failed', failedReason: 'the handler answered 422', attempts: { made: 1 } },
    }),
  )
})

test('nothing is sent to a private network that is not allowed', async () => {
  const receiver = await receive(() => secret)
  await addEndpoint('inside', receiver.url)
  await serve({ webhookNetworks: [], queueHandler: null })
  await tell('event-1')
  await eventually(async () => expect(await statuses()).toEqual({ 'inside/event-1': 'failed' }))
  expect(receiver.tries).toEqual([])
  const [row] = await room.sql`select log from private.webhook_deliveries`
  expect(row?.['log']).toMatchObject(Array(3).fill({ status: null, failure: 'address_refused' }))
})

test('an event that meets the deletion of its endpoint waits for it, and fails nobody’s transaction', async () => {
  await addEndpoint('deleted', 'https://hooks.example/')
  const { told } = await room.sql.begin(async (sql) => {
    await sql`delete from private.webhook_endpoints where id = 'deleted'`
    const telling = tell('event-1').execute()
    await eventually(async () =>
      expect(
        await room.sql`
          select from pg_stat_activity where wait_event_type = 'Lock' and query like 'select private.webhook_event(%'`,
      ).toHaveLength(1),
    )
    return { told: telling }
  })
  expect([...(await told)]).toEqual([{ webhook_event: 0 }])
})
