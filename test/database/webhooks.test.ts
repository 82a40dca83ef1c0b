import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import {
  deliveryListSchema,
  deliveryShownSchema,
  endpointListSchema,
  endpointShownSchema,
  eventTypeSchema,
  webhookEventTypes,
} from '../../shared/contract/webhook-endpoints.ts'
import { limits } from '../../shared/limits.ts'
import { secret } from './bounded-webhooks.ts'
import {
  type Arguments,
  type Caller,
  callers,
  type HostedDatabase,
  type HostedServer,
  startHostedServer,
} from './hosted.ts'

let server: HostedServer
let database: HostedDatabase

beforeAll(async () => {
  server = await startHostedServer()
  database = await server.open('America/St_Johns')
  // Stands in for the queues: what would be added as a job is a row here, in the same transaction.
  await database.owner.unsafe(`
    create table private.added_jobs (queue text, name text, workspace text, input jsonb, job_id text, unique (queue, workspace, job_id));
    create or replace function private.add_job(
      p_queue text, p_name text, p_workspace text, p_input jsonb, p_job_id text default null,
      p_priority integer default null, p_delay_ms bigint default 0, p_attempts integer default null
    ) returns text language sql as $$
      insert into private.added_jobs values (p_queue, p_name, p_workspace, p_input, p_job_id) on conflict do nothing
      returning job_id
    $$`)
})
afterAll(() => server?.stop())

beforeEach(async () => {
  await database.owner.unsafe(`
    delete from private.webhook_endpoints;
    delete from private.contact_events;
    delete from private.added_jobs;
    delete from public.contacts where id like 'c%';
    delete from public.conversations;
    delete from public.communications;
    delete from private.outbox`)
})

const rpc = (name: string, args: Arguments, caller: Caller = callers.admin) =>
  database.rpc(caller, name, { p_workspace: 'w1', ...args })

async function createEndpoint(id: string, events: readonly string[], more: object = {}) {
  const p_created = {
    id,
    url: `https://${id}.example/hook`,
    events,
    description: null,
    isEnabled: true,
    ...more,
  }
  expect(await rpc('webhook_endpoint_create', { p_created, p_secret: secret })).toMatchObject({
    outcome: 'ok',
  })
}

const tell = (event: string, type = 'contact.created', workspace = 'w1') =>
  database.owner`select private.webhook_event(${workspace}, ${event}, ${type}, '{"contactIds": ["c1"]}') as added`

const deliveries = () =>
  database.owner`
    select d.id, d.endpoint_id as endpoint, d.event_id as event, d.event_type as type, d.status, d.attempts, d.round, d.data
    from private.webhook_deliveries d order by d.endpoint_id, d.event_type, d.created_at`
const jobs = () =>
  database.owner`select queue, name, workspace, input, job_id from private.added_jobs order by job_id`

async function onlyDelivery(): Promise<string> {
  const [row] = await deliveries()
  return z.uuid().parse(row?.['id'])
}
const begin = async (delivery: string, workspace = 'w1') => {
  const [row] = await database.owner`select private.webhook_attempt_begin(${workspace}, ${delivery}) as begun`
  return z.record(z.string(), z.unknown()).parse(row?.['begun'])
}
const end = async (
  delivery: string,
  outcome: 'delivered' | 'again' | 'failed',
  { status = 500, isTrial = false, retryAfterMs = 0 } = {},
) => {
  const attempt = { at: '2026-01-02T03:04:05.123Z', status, failure: null, durationMs: 7 }
  const [row] = await database.owner`
    select private.webhook_attempt_end('w1', ${delivery}, ${outcome}, ${database.owner.json(attempt)}, ${isTrial}, ${retryAfterMs}) as ended`
  return z.object({ isOff: z.boolean(), pauseMs: z.number() }).parse(row?.['ended'])
}
/** Moves an endpoint's pause, and the start of its failures, into the past. */
const passHours = (hours: number) =>
  database.owner`
    update private.webhook_endpoints e
    set
      paused_until = e.paused_until - interval '1 hour' * ${hours}::float8,
      failing_since = e.failing_since - interval '1 hour' * ${hours}::float8`

describe('an event', () => {
  test('becomes one delivery and one job for each endpoint that is on and wants its type', async () => {
    await createEndpoint('all', ['*'])
    await createEndpoint('created', ['contact.created', 'contact.moved'])
    await createEndpoint('other', ['contact.deleted'])
    await createEndpoint('off', ['*'], { isEnabled: false })
    expect(await tell('event-1')).toEqual([{ added: 2 }])
    const rows = await deliveries()
    expect(rows).toMatchObject([
      { endpoint: 'all', event: 'event-1', status: 'waiting', data: { contactIds: ['c1'] } },
      { endpoint: 'created', event: 'event-1', status: 'waiting' },
    ])
    expect(
      (await jobs()).toSorted((one, other) => (one['input'].endpointId < other['input'].endpointId ? -1 : 1)),
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
    await createEndpoint('all', ['*'])
    await tell('event-1')
    expect(await tell('event-1')).toEqual([{ added: 0 }])
    expect(await tell('event-1', 'contact.created', 'w2')).toEqual([{ added: 0 }])
    expect(await deliveries()).toHaveLength(1)
    expect(await jobs()).toHaveLength(1)
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
  const told = async () => (await deliveries()).map((row) => [row['type'], row['data'].contactIds])

  test('are told of when their row of the outbox has reached the Worker, each kind of change by its own type', async () => {
    await createEndpoint('all', ['*'])
    await insert(['c1', 'c2', 'c3'])
    await database.owner`update public.contacts set board_column_id = 'c2' where id = 'c1'`
    await database.owner`update public.contacts set name = 'Zoe' where id = 'c2'`
    await database.owner`update public.contacts set name = 'Zoe', board_column_id = 'c2' where id = 'c3'`
    await database.owner`update public.contacts set name = name where id = 'c2'`
    await database.owner`delete from public.contacts where id in ('c1', 'c2')`
    expect(await told()).toEqual([])
    expect(await jobs()).toEqual([])
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
    await createEndpoint('deleted', ['contact.deleted'])
    await insert(['c1'])
    await insert(['c1'], 'w2')
    expect(await database.owner`select from private.contact_events`).toHaveLength(0)
  })

  test('of one workspace never reach the endpoints of another, in one statement over both', async () => {
    await createEndpoint('all', ['*'])
    await database.owner`
      insert into public.contacts (workspace_id, id, board_id, board_column_id, name)
      values ('w1', 'c1', 'b1', 'c1', 'One'), ('w2', 'c2', 'b1', 'c1', 'Two')`
    await acknowledge()
    expect(await told()).toEqual([['contact.created', ['c1']]])
  })

  test('of one statement are events of at most 200 ids, whatever the ids are', async () => {
    await createEndpoint('all', ['*'])
    const ids = Array.from({ length: 450 }, (_, index) => `c${index}`.padEnd(128, 'é'))
    await insert(ids)
    await acknowledge()
    const parts = (await told()).map(([, contactIds]) => z.array(z.string()).parse(contactIds))
    expect(parts.map((part) => part.length).toSorted()).toEqual([200, 200, 50].toSorted())
    expect(parts.flat().toSorted()).toEqual(ids.toSorted())
  })

  test('whose write is rolled back are told of by nobody', async () => {
    await createEndpoint('all', ['*'])
    await database.owner
      .begin(async (sql) => {
        await sql`insert into public.contacts (workspace_id, id, board_id, board_column_id, name) values ('w1', 'c1', 'b1', 'c1', 'Zoë')`
        throw new Error('undone')
      })
      .catch(() => null)
    await acknowledge()
    expect(await deliveries()).toHaveLength(0)
  })

  test('whose row of the outbox is gone without them are told of by the upkeep', async () => {
    await createEndpoint('all', ['*'])
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
  await createEndpoint('all', ['*'])
  await database.owner.unsafe(`
    insert into public.conversations (workspace_id, id, contact_id, channel) values ('w1', 'v1', 'w1-first', 'web');
    insert into public.messages (workspace_id, id, conversation_id, contact_id, channel, direction, body)
      values ('w1', 'm1', 'v1', 'w1-first', 'web', 'inbound', 'Hello'), ('w1', 'm2', 'v1', 'w1-first', 'web', 'inbound', 'Hi');
    insert into public.communications (workspace_id, id, direction, from_address) values ('w1', 'k1', 'inbound', 'a@b.example')`)
  expect(await deliveries()).toMatchObject([
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
  expect(await jobs()).toHaveLength(2)
})

test('a deployment without queues keeps its deliveries, and the upkeep gives them their jobs once it has some', async () => {
  await createEndpoint('all', ['*'])
  await tell('event-1')
  const expected = await jobs()
  await database.owner`delete from private.added_jobs`
  await database.owner`select private.webhook_upkeep(100)`
  expect(await jobs()).toEqual([])
  await database.owner`update private.webhook_deliveries set job_checked_at = now() - interval '11 minutes'`
  await database.owner`select private.webhook_upkeep(100)`
  await database.owner`select private.webhook_upkeep(100)`
  expect(await jobs()).toEqual(expected)
})

describe('an attempt', () => {
  beforeEach(() => createEndpoint('all', ['*']))

  test('has the same body under the same id each time, and nothing is sent once the receiver has it', async () => {
    await tell('event-1')
    const delivery = await onlyDelivery()
    const first = await begin(delivery)
    expect(first).toMatchObject({
      outcome: 'send',
      url: 'https://all.example/hook',
      secrets: [secret],
      eventId: 'event-1',
      isTrial: false,
    })
    expect(JSON.parse(String(first['body']))).toEqual({
      type: 'contact.created',
      timestamp: expect.stringMatching(/\+00:00$/),
      data: { contactIds: ['c1'] },
    })
    await end(delivery, 'again')
    expect(await begin(delivery)).toEqual(first)
    await end(delivery, 'delivered', { status: 204 })
    expect(await begin(delivery)).toEqual({ outcome: 'known' })
    expect(await deliveries()).toMatchObject([{ status: 'delivered', attempts: 2 }])
  })

  test('of another workspace’s delivery finds nothing', async () => {
    await tell('event-1')
    expect(await begin(await onlyDelivery(), 'w2')).toEqual({ outcome: 'gone' })
  })

  test('is signed with both secrets after a rotation, until the previous one is no longer valid', async () => {
    await tell('event-1')
    const delivery = await onlyDelivery()
    const next = `whsec_${'B'.repeat(43)}=`
    await rpc('webhook_endpoint_rotate', { p_endpoint: 'all', p_secret: next, p_keep_seconds: 60 })
    expect(await begin(delivery)).toMatchObject({ secrets: [next, secret] })
    await database.owner`update private.webhook_endpoints set previous_secret_until = now() - interval '1 second'`
    expect(await begin(delivery)).toMatchObject({ secrets: [next] })
    await rpc('webhook_endpoint_rotate', { p_endpoint: 'all', p_secret: secret, p_keep_seconds: 0 })
    expect(await begin(delivery)).toMatchObject({ secrets: [secret] })
  })

  test('of a delivery that has waited for too long, or whose endpoint is off, is not made, and the delivery has failed', async () => {
    await tell('event-1')
    const delivery = await onlyDelivery()
    await database.owner`update private.webhook_deliveries set expires_at = now()`
    expect(await begin(delivery)).toEqual({ outcome: 'expired' })
    expect(await deliveries()).toMatchObject([{ status: 'failed', attempts: 0 }])
    await rpc('webhook_endpoint_update', { p_endpoint: 'all', p_change: { isEnabled: false } })
    expect(await begin(delivery)).toEqual({ outcome: 'off' })
  })

  test('is logged, and the log keeps the latest ten', async () => {
    await tell('event-1')
    const delivery = await onlyDelivery()
    for (let count = 0; count < 12; count += 1) {
      await database.owner`update private.webhook_endpoints set failures = 0, paused_until = null`
      await end(delivery, 'again', { status: 500 + count })
    }
    const [row] = await database.owner`select attempts, log from private.webhook_deliveries`
    expect(row?.['attempts']).toBe(12)
    expect(row?.['log'].map((attempt: { status: number }) => attempt.status)).toEqual(
      Array.from({ length: limits.webhookAttemptsKeptMax }, (_, index) => 502 + index),
    )
  })
})

describe('the breaker of an endpoint', () => {
  let delivery: string
  beforeEach(async () => {
    await createEndpoint('all', ['*'])
    await tell('event-1')
    delivery = await onlyDelivery()
  })
  const fail = (times: number) =>
    Array.from({ length: times }).reduce<Promise<unknown>>(
      (done) => done.then(() => end(delivery, 'again')),
      Promise.resolve(),
    )

  test('opens after five failures in a row, and one success in between keeps it closed', async () => {
    await fail(4)
    await end(delivery, 'delivered', { status: 200 })
    await database.owner`update private.webhook_deliveries set status = 'waiting', completed_at = null`
    await fail(4)
    expect(await begin(delivery)).toMatchObject({ outcome: 'send' })
    expect(await end(delivery, 'again')).toMatchObject({ isOff: false, pauseMs: 30_000 })
    expect(await begin(delivery)).toMatchObject({ outcome: 'paused', waitMs: expect.any(Number) })
  })

  test('lets one attempt through when its pause is over, whose failure doubles the pause, up to an hour', async () => {
    await fail(5)
    const pauses: number[] = []
    for (let trial = 0; trial < 9; trial += 1) {
      await passHours(1)
      expect(await begin(delivery)).toMatchObject({ outcome: 'send', isTrial: true })
      expect(await begin(delivery)).toMatchObject({ outcome: 'paused' })
      pauses.push((await end(delivery, 'again', { isTrial: true })).pauseMs)
    }
    const minute = 60_000
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60].map((minutes) => minutes * minute))
    await passHours(1)
    expect(await begin(delivery)).toMatchObject({ isTrial: true })
    await end(delivery, 'delivered', { status: 200, isTrial: true })
    await database.owner`update private.webhook_deliveries set status = 'waiting', completed_at = null`
    expect(await begin(delivery)).toMatchObject({ outcome: 'send', isTrial: false })
  })

  test('counts failures of attempts that were under way when it opened only once', async () => {
    await fail(30)
    const [row] = await database.owner`select failures from private.webhook_endpoints`
    expect(row?.['failures']).toBe(5)
  })

  test('holds for as long as a receiver asks with Retry-After, up to an hour', async () => {
    expect(await end(delivery, 'again', { status: 429, retryAfterMs: 90_000 })).toMatchObject({
      pauseMs: 90_000,
    })
    expect(await begin(delivery)).toMatchObject({ outcome: 'paused' })
    expect(await end(delivery, 'again', { status: 429, retryAfterMs: 86_400_000 })).toMatchObject({
      pauseMs: 3_600_000,
    })
  })

  test('turns an endpoint off that is gone, or that has failed for five days', async () => {
    expect(await end(delivery, 'again', { status: 410 })).toMatchObject({ isOff: true })
    expect(await rpc('webhook_endpoint', { p_endpoint: 'all' })).toMatchObject({
      endpoint: { isEnabled: false, stoppedBecause: 'gone' },
    })
    await rpc('webhook_endpoint_update', { p_endpoint: 'all', p_change: { isEnabled: true } })
    expect(await rpc('webhook_endpoint', { p_endpoint: 'all' })).toMatchObject({
      endpoint: { isEnabled: true, stoppedBecause: null, failures: 0, pausedUntil: null },
    })
    await fail(5)
    for (let trial = 0; trial < 4; trial += 1) {
      await passHours(24)
      await begin(delivery)
      expect(await end(delivery, 'again', { isTrial: true })).toMatchObject({ isOff: false })
    }
    await passHours(24)
    await begin(delivery)
    expect(await end(delivery, 'again', { isTrial: true })).toMatchObject({ isOff: true })
    expect(await rpc('webhook_endpoint', { p_endpoint: 'all' })).toMatchObject({
      endpoint: { stoppedBecause: 'failing' },
    })
  })
})

describe('endpoints', () => {
  test('are kept by admins of their workspace and by its backend alone, and no answer has a secret', async () => {
    await createEndpoint('all', ['*'])
    await tell('event-1')
    const delivery = await onlyDelivery()
    const of = { p_endpoint: 'all' }
    const calls = [
      ['webhook_endpoints', {}],
      ['webhook_endpoint', of],
      ['webhook_endpoint_update', { ...of, p_change: { description: 'Ours' } }],
      ['webhook_endpoint_rotate', { ...of, p_secret: `whsec_${'B'.repeat(43)}=`, p_keep_seconds: 60 }],
      ['webhook_endpoint_test', of],
      ['webhook_deliveries', { ...of, p_status: null, p_after_at: null, p_after_id: null, p_rows_max: 10 }],
      ['webhook_delivery_resend', { ...of, p_delivery: delivery }],
      ['webhook_endpoint_delete', of],
    ] as const
    for (const [name, args] of calls) {
      expect([name, await rpc(name, args, callers.outsider)]).toEqual([name, { outcome: 'forbidden' }])
      expect([name, await rpc(name, args, callers.member)]).toEqual([name, { outcome: 'admin_required' }])
      await expect(rpc(name, args, 'anon')).rejects.toThrow('permission denied')
      // An endpoint of another workspace does not exist for its admins.
      const elsewhere = await database.rpc(callers.outsider, name, { p_workspace: 'w2', ...args })
      expect([name, elsewhere]).toEqual([
        name,
        name === 'webhook_endpoints' ? { outcome: 'ok', endpoints: [] } : { outcome: 'not_found' },
      ])
      const answer = await rpc(
        name,
        args,
        name === 'webhook_endpoint_delete' ? 'service_role' : callers.admin,
      )
      expect([name, answer]).toMatchObject([name, { outcome: 'ok' }])
      expect(JSON.stringify(answer)).not.toContain('whsec_')
    }
    expect(await deliveries()).toHaveLength(0)
  })

  test('are shown as the API declares them', async () => {
    await createEndpoint('all', ['*'], { description: 'Ours' })
    await tell('event-1')
    const delivery = await onlyDelivery()
    await end(delivery, 'failed', { status: 500 })
    expect(endpointListSchema.parse(await rpc('webhook_endpoints', {})).endpoints).toHaveLength(1)
    expect(
      endpointShownSchema.parse(await rpc('webhook_endpoint', { p_endpoint: 'all' })).endpoint,
    ).toMatchObject({
      id: 'all',
      description: 'Ours',
      failures: 1,
    })
    const page = { p_endpoint: 'all', p_status: 'failed', p_after_at: null, p_after_id: null, p_rows_max: 10 }
    const listed = deliveryListSchema.pick({ deliveries: true }).parse(await rpc('webhook_deliveries', page))
    expect(listed.deliveries).toMatchObject([
      { id: delivery, status: 'failed', attempts: 1, log: [{ status: 500 }] },
    ])
    const resent = deliveryShownSchema.parse(
      await rpc('webhook_delivery_resend', { p_endpoint: 'all', p_delivery: delivery }),
    )
    expect(resent.delivery).toMatchObject({ eventId: 'event-1', status: 'waiting', completedAt: null })
    expect((await jobs()).map((job) => job['job_id']).toSorted()).toEqual([
      `delivery-${delivery}`,
      `delivery-${delivery}-1`,
    ])
  })

  test('have pages of deliveries that show each one once, newest first, while others are added', async () => {
    await createEndpoint('all', ['*'])
    for (let count = 0; count < 5; count += 1) await tell(`event-${count}`)
    // In milliseconds: the client of this test makes a Date of an instant, unlike the origin's.
    await database.owner`update private.webhook_deliveries set created_at = to_char(created_at, 'YYYY-MM-DD HH24:MI:SS.MSOF')::timestamptz`
    const seen: string[] = []
    let after: { p_after_at: string | null; p_after_id: string | null } = {
      p_after_at: null,
      p_after_id: null,
    }
    for (;;) {
      const answer = await rpc('webhook_deliveries', {
        p_endpoint: 'all',
        p_status: null,
        ...after,
        p_rows_max: 2,
      })
      const { deliveries: page } = deliveryListSchema.pick({ deliveries: true }).parse(answer)
      const last = page.at(-1)
      if (last === undefined) break
      seen.push(...page.map(({ eventId }) => eventId))
      after = { p_after_at: last.createdAt, p_after_id: last.id }
      await tell(`later-${seen.length}`)
    }
    expect(seen).toEqual(['event-4', 'event-3', 'event-2', 'event-1', 'event-0'])
  })

  test('are at most 50 a workspace', async () => {
    await database.owner`
      insert into private.webhook_endpoints (workspace_id, id, url, event_types, secret)
      select 'w1', 'e' || n, 'https://a.example/', '{*}', ${secret} from generate_series(1, ${limits.webhookEndpointsMax - 1}::int) n`
    await createEndpoint('last', ['*'])
    const p_created = {
      id: 'more',
      url: 'https://a.example/',
      events: ['*'],
      description: null,
      isEnabled: true,
    }
    expect(await rpc('webhook_endpoint_create', { p_created, p_secret: secret })).toEqual({
      outcome: 'webhook_endpoints_full',
    })
  })

  test('that are off take no test and no second delivery', async () => {
    await createEndpoint('all', ['*'])
    await tell('event-1')
    const delivery = await onlyDelivery()
    await end(delivery, 'failed')
    await rpc('webhook_endpoint_update', { p_endpoint: 'all', p_change: { isEnabled: false } })
    const off = { outcome: 'webhook_endpoint_off' }
    expect(await rpc('webhook_endpoint_test', { p_endpoint: 'all' })).toEqual(off)
    expect(await rpc('webhook_delivery_resend', { p_endpoint: 'all', p_delivery: delivery })).toEqual(off)
  })
})

test('deliveries are kept for 7 days after a success and for 30 days after a failure', async () => {
  await createEndpoint('all', ['*'])
  for (const event of ['old-success', 'success', 'old-failure', 'failure', 'waiting']) await tell(event)
  await database.owner`
    update private.webhook_deliveries d
    set status = t.status, completed_at = now() - interval '1 hour' * t.hours
    from (values ('old-success', 'delivered', 169), ('success', 'delivered', 167), ('old-failure', 'failed', 721), ('failure', 'failed', 719))
      t (event, status, hours)
    where d.event_id = t.event`
  await database.owner`select private.webhook_upkeep(100)`
  expect((await deliveries()).map((row) => row['event']).toSorted()).toEqual([
    'failure',
    'success',
    'waiting',
  ])
})
