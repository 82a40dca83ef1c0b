import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { eventTypeSchema, webhookEventTypes } from '../../shared/contract/webhook-endpoints.ts'
import { type HostedDatabase, type HostedServer, startHostedServer } from '../database/hosted.ts'
import { clearWebhooks, createWebhookRoom, recordJobs, type WebhookRoom } from './webhook-room.ts'

let server: HostedServer
let database: HostedDatabase
let room: WebhookRoom

beforeAll(async () => {
  server = await startHostedServer()
  database = await server.open('America/St_Johns')
  await recordJobs(database)
  room = createWebhookRoom(database)
})
afterAll(() => server?.stop())
beforeEach(() => clearWebhooks(database))

describe('an event', () => {
  test('becomes one delivery and one job for each endpoint that is on and wants its type', async () => {
    await room.createEndpoint('all', ['*'])
    await room.createEndpoint('created', ['contact.created', 'contact.moved'])
    await room.createEndpoint('other', ['contact.deleted'])
    await room.createEndpoint('off', ['*'], { isEnabled: false })
    expect(await room.tell('event-1')).toEqual([{ added: 2 }])
    const rows = await room.deliveries()
    expect(rows).toMatchObject([
      { endpoint: 'all', event: 'event-1', status: 'waiting', data: { contactIds: ['c1'] } },
      { endpoint: 'created', event: 'event-1', status: 'waiting' },
    ])
    expect(
      (await room.jobs()).toSorted((one, other) =>
        one['input'].endpointId < other['input'].endpointId ? -1 : 1,
      ),
    ).toEqual(
      rows.map((row) => ({
        queue: 'webhooks',
        name: 'deliver',
        workspace: 'w1',
        input: { deliveryId: row['id'], endpointId: row['endpoint'] },
        job_id: `delivery-${row['id']}`,
      })),
    )
  })

  test('that was told already adds nothing, and one of another workspace is its own', async () => {
    await room.createEndpoint('all', ['*'])
    await room.tell('event-1')
    expect(await room.tell('event-1')).toEqual([{ added: 0 }])
    expect(await room.tell('event-1', 'contact.created', 'w2')).toEqual([{ added: 0 }])
    expect(await room.deliveries()).toHaveLength(1)
    expect(await room.jobs()).toHaveLength(1)
  })

  test('has a type that API and database agree on', async () => {
    for (const type of [
      'a',
      'a.b',
      'a.b.c.d',
      'a.b.c.d.e',
      'A.b',
      'a_1.b',
      '1a.b',
      'a.b ',
      'a..b',
      `${'a'.repeat(33)}.b`,
    ]) {
      const [row] = await database.owner`select private.is_event_type(${type}) as taken`
      expect([type, row?.['taken']]).toEqual([type, eventTypeSchema.safeParse(type).success])
    }
    for (const type of Object.keys(webhookEventTypes))
      expect(eventTypeSchema.safeParse(type).success).toBe(true)
  })
})

describe('contacts', () => {
  const insert = (ids: readonly string[], workspace = 'w1') =>
    database.owner`
      insert into public.contacts (workspace_id, id, board_id, board_column_id, name)
      select ${workspace}, id, 'b1', 'c1', 'Zoë' from unnest(${[...ids]}::text[]) id`
  const acknowledge = async () => {
    const rows = await database.owner`select id from private.outbox`
    return database.rpc('service_role', 'outbox_acknowledge', { p_ids: rows.map((row) => Number(row['id'])) })
  }
  const told = async () => (await room.deliveries()).map((row) => [row['type'], row['data'].contactIds])

  test('reach the receiver after their row of the outbox has reached the Worker, each kind of change by its own type', async () => {
    await room.createEndpoint('all', ['*'])
    await insert(['c1', 'c2', 'c3'])
    await database.owner`update public.contacts set board_column_id = 'c2' where id = 'c1'`
    await database.owner`update public.contacts set name = 'Zoe' where id = 'c2'`
    await database.owner`update public.contacts set name = 'Zoe', board_column_id = 'c2' where id = 'c3'`
    await database.owner`update public.contacts set name = name where id = 'c2'`
    await database.owner`delete from public.contacts where id in ('c1', 'c2')`
    expect(await told()).toEqual([])
    expect(await room.jobs()).toEqual([])
    await acknowledge()
    expect((await told()).toSorted()).toEqual(
      [
        ['contact.created', ['c1', 'c2', 'c3']],
        ['contact.moved', ['c1']],
        ['contact.updated', ['c2']],
        ['contact.moved', ['c3']],
        ['contact.updated', ['c3']],
        ['contact.deleted', ['c1', 'c2']],
      ].toSorted(),
    )
    expect(await database.owner`select from private.contact_events`).toHaveLength(0)
  })

  test('leave nothing behind where no endpoint of their workspace wants their type', async () => {
    await room.createEndpoint('deleted', ['contact.deleted'])
    await insert(['c1'])
    await insert(['c1'], 'w2')
    expect(await database.owner`select from private.contact_events`).toHaveLength(0)
  })

  test('of one workspace never reach the endpoints of another, in one statement over both', async () => {
    await room.createEndpoint('all', ['*'])
    await database.owner`
      insert into public.contacts (workspace_id, id, board_id, board_column_id, name)
      values ('w1', 'c1', 'b1', 'c1', 'One'), ('w2', 'c2', 'b1', 'c1', 'Two')`
    await acknowledge()
    expect(await told()).toEqual([['contact.created', ['c1']]])
  })

  test('of one statement are events of at most 200 ids, whatever the ids are', async () => {
    await room.createEndpoint('all', ['*'])
    const ids = Array.from({ length: 450 }, (_, index) => `c${index}`.padEnd(128, 'é'))
    await insert(ids)
    await acknowledge()
    const parts = (await told()).map(([, contactIds]) => z.array(z.string()).parse(contactIds))
    expect(parts.map((part) => part.length).toSorted()).toEqual([200, 200, 50].toSorted())
    expect(parts.flat().toSorted()).toEqual(ids.toSorted())
  })

  test('whose write is rolled back are told of by nobody', async () => {
    await room.createEndpoint('all', ['*'])
    await database.owner
      .begin(async (sql) => {
        await sql`insert into public.contacts (workspace_id, id, board_id, board_column_id, name) values ('w1', 'c1', 'b1', 'c1', 'Zoë')`
        throw new Error('undone')
      })
      .catch(() => null)
    await acknowledge()
    expect(await room.deliveries()).toHaveLength(0)
  })

  test('whose row of the outbox is gone without them are told of by the upkeep', async () => {
    await room.createEndpoint('all', ['*'])
    await insert(['c1'])
    await database.owner`delete from private.outbox`
    await database.owner`select private.webhook_upkeep(100)`
    expect(await told()).toEqual([])
    await database.owner`update private.contact_events set occurred_at = occurred_at - interval '11 minutes'`
    await database.owner`select private.webhook_upkeep(100)`
    expect(await told()).toEqual([['contact.created', ['c1']]])
  })
})

test('messages and communications are told of in the transaction of their rows', async () => {
  await room.createEndpoint('all', ['*'])
  await database.owner.unsafe(`
    insert into public.conversations (workspace_id, id, contact_id, channel) values ('w1', 'v1', 'w1-first', 'web');
    insert into public.messages (workspace_id, id, conversation_id, contact_id, channel, direction, body)
      values ('w1', 'm1', 'v1', 'w1-first', 'web', 'inbound', 'Hello'), ('w1', 'm2', 'v1', 'w1-first', 'web', 'inbound', 'Hi');
    insert into public.communications (workspace_id, id, direction, from_address) values ('w1', 'k1', 'inbound', 'a@b.example')`)
  expect(await room.deliveries()).toMatchObject([
    { type: 'communication.created', data: { communicationIds: ['k1'] } },
    {
      type: 'message.created',
      data: {
        messages: [
          { id: 'm1', conversationId: 'v1' },
          { id: 'm2', conversationId: 'v1' },
        ],
      },
    },
  ])
  expect(await room.jobs()).toHaveLength(2)
})

test('a deployment without queues keeps its deliveries, and the upkeep gives them their jobs once it has some', async () => {
  await room.createEndpoint('all', ['*'])
  await room.tell('event-1')
  const expected = await room.jobs()
  await database.owner`delete from private.added_jobs`
  await database.owner`select private.webhook_upkeep(100)`
  expect(await room.jobs()).toEqual([])
  await database.owner`update private.webhook_deliveries set job_checked_at = now() - interval '11 minutes'`
  await database.owner`select private.webhook_upkeep(100)`
  await database.owner`select private.webhook_upkeep(100)`
  expect(await room.jobs()).toEqual(expected)
})
