import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  deliveryListSchema,
  deliveryShownSchema,
  endpointListSchema,
  endpointShownSchema,
} from '../../shared/contract/webhook-endpoints.ts'
import { limits } from '../../shared/limits.ts'
import { secret } from '../database/bounded-webhooks.ts'
import { callers, type HostedDatabase, type HostedServer, startHostedServer } from '../database/hosted.ts'
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

describe('an attempt', () => {
  beforeEach(() => room.createEndpoint('all', ['*']))

  test('has the same body under the same id each time, and nothing is sent once the receiver has it', async () => {
    await room.tell('event-1')
    const delivery = await room.onlyDelivery()
    const first = await room.begin(delivery)
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
    await room.end(delivery, 'again')
    expect(await room.begin(delivery)).toEqual(first)
    await room.end(delivery, 'delivered', { status: 204 })
    expect(await room.begin(delivery)).toEqual({ outcome: 'known' })
    expect(await room.deliveries()).toMatchObject([{ status: 'delivered', attempts: 2 }])
  })

  test('of another workspace’s delivery finds nothing', async () => {
    await room.tell('event-1')
    expect(await room.begin(await room.onlyDelivery(), 'w2')).toEqual({ outcome: 'gone' })
  })

  test('is signed with both secrets after a rotation, until the previous one is no longer valid', async () => {
    await room.tell('event-1')
    const delivery = await room.onlyDelivery()
    const next = `whsec_${'B'.repeat(43)}=`
    await room.rpc('webhook_endpoint_rotate', { p_endpoint: 'all', p_secret: next, p_keep_seconds: 60 })
    expect(await room.begin(delivery)).toMatchObject({ secrets: [next, secret] })
    await database.owner`update private.webhook_endpoints set previous_secret_until = now() - interval '1 second'`
    expect(await room.begin(delivery)).toMatchObject({ secrets: [next] })
    await room.rpc('webhook_endpoint_rotate', { p_endpoint: 'all', p_secret: secret, p_keep_seconds: 0 })
    expect(await room.begin(delivery)).toMatchObject({ secrets: [secret] })
  })

  test('of a delivery that has waited for too long, or whose endpoint is off, is not made, and the delivery has failed', async () => {
    await room.tell('event-1')
    const delivery = await room.onlyDelivery()
    await database.owner`update private.webhook_deliveries set expires_at = now()`
    expect(await room.begin(delivery)).toEqual({ outcome: 'expired' })
    expect(await room.deliveries()).toMatchObject([{ status: 'failed', attempts: 0 }])
    await room.rpc('webhook_endpoint_update', { p_endpoint: 'all', p_change: { isEnabled: false } })
    expect(await room.begin(delivery)).toEqual({ outcome: 'off' })
  })

  test('is logged, and the log keeps the latest ten', async () => {
    await room.tell('event-1')
    const delivery = await room.onlyDelivery()
    for (let count = 0; count < 12; count += 1) {
      await database.owner`update private.webhook_endpoints set failures = 0, paused_until = null`
      await room.end(delivery, 'again', { status: 500 + count })
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
    await room.createEndpoint('all', ['*'])
    await room.tell('event-1')
    delivery = await room.onlyDelivery()
  })
  const fail = (times: number) =>
    Array.from({ length: times }).reduce<Promise<unknown>>(
      (done) => done.then(() => room.end(delivery, 'again')),
      Promise.resolve(),
    )

  test('opens after five failures in a row, and one success in between keeps it closed', async () => {
    await fail(4)
    await room.end(delivery, 'delivered', { status: 200 })
    await room.deliverAgain()
    await fail(4)
    expect(await room.begin(delivery)).toMatchObject({ outcome: 'send' })
    expect(await room.end(delivery, 'again')).toMatchObject({ isOff: false, pauseMs: 30_000 })
    expect(await room.begin(delivery)).toMatchObject({ outcome: 'paused', waitMs: expect.any(Number) })
  })

  test('holds up no other endpoint of its workspace', async () => {
    await room.createEndpoint('other', ['*'])
    await room.tell('event-2')
    await fail(5)
    const others = (await room.deliveries()).find(({ endpoint }) => endpoint === 'other')
    expect(await room.begin(String(others?.['id']))).toMatchObject({ outcome: 'send', isTrial: false })
    expect(await room.begin(delivery)).toMatchObject({ outcome: 'paused' })
  })

  test('lets one attempt through when its pause is over, whose failure doubles the pause, up to an hour', async () => {
    await fail(5)
    const pauses: number[] = []
    for (let trial = 0; trial < 9; trial += 1) {
      await room.passHours(1)
      expect(await room.begin(delivery)).toMatchObject({ outcome: 'send', isTrial: true })
      expect(await room.begin(delivery)).toMatchObject({ outcome: 'paused' })
      pauses.push((await room.end(delivery, 'again', { isTrial: true })).pauseMs)
    }
    const minute = 60_000
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60].map((minutes) => minutes * minute))
    await room.passHours(1)
    expect(await room.begin(delivery)).toMatchObject({ isTrial: true })
    await room.end(delivery, 'delivered', { status: 200, isTrial: true })
    await room.deliverAgain()
    expect(await room.begin(delivery)).toMatchObject({ outcome: 'send', isTrial: false })
  })

  test('counts failures of attempts that were under way when it opened only once', async () => {
    await fail(30)
    const [row] = await database.owner`select failures from private.webhook_endpoints`
    expect(row?.['failures']).toBe(5)
  })

  test('holds for as long as a receiver asks with Retry-After, up to an hour', async () => {
    expect(await room.end(delivery, 'again', { status: 429, retryAfterMs: 90_000 })).toMatchObject({
      pauseMs: 90_000,
    })
    expect(await room.begin(delivery)).toMatchObject({ outcome: 'paused' })
    expect(await room.end(delivery, 'again', { status: 429, retryAfterMs: 86_400_000 })).toMatchObject({
      pauseMs: 3_600_000,
    })
  })

  test('turns an endpoint off that is gone, or that has failed for five days', async () => {
    expect(await room.end(delivery, 'again', { status: 410 })).toMatchObject({ isOff: true })
    expect(await room.rpc('webhook_endpoint', { p_endpoint: 'all' })).toMatchObject({
      endpoint: { isEnabled: false, stoppedBecause: 'gone' },
    })
    await room.rpc('webhook_endpoint_update', { p_endpoint: 'all', p_change: { isEnabled: true } })
    expect(await room.rpc('webhook_endpoint', { p_endpoint: 'all' })).toMatchObject({
      endpoint: { isEnabled: true, stoppedBecause: null, failures: 0, pausedUntil: null },
    })
    await fail(5)
    for (let trial = 0; trial < 4; trial += 1) {
      await room.passHours(24)
      await room.begin(delivery)
      expect(await room.end(delivery, 'again', { isTrial: true })).toMatchObject({ isOff: false })
    }
    await room.passHours(24)
    await room.begin(delivery)
    expect(await room.end(delivery, 'again', { isTrial: true })).toMatchObject({ isOff: true })
    expect(await room.rpc('webhook_endpoint', { p_endpoint: 'all' })).toMatchObject({
      endpoint: { stoppedBecause: 'failing' },
    })
  })
})

describe('endpoints', () => {
  test('are kept by admins of their workspace and by its backend alone, and no answer has a secret', async () => {
    await room.createEndpoint('all', ['*'])
    await room.tell('event-1')
    const delivery = await room.onlyDelivery()
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
      expect([name, await room.rpc(name, args, callers.outsider)]).toEqual([name, { outcome: 'forbidden' }])
      expect([name, await room.rpc(name, args, callers.member)]).toEqual([
        name,
        { outcome: 'admin_required' },
      ])
      await expect(room.rpc(name, args, 'anon')).rejects.toThrow('permission denied')
      // An endpoint of another workspace does not exist for its admins.
      const elsewhere = await database.rpc(callers.outsider, name, { p_workspace: 'w2', ...args })
      expect([name, elsewhere]).toEqual([
        name,
        name === 'webhook_endpoints' ? { outcome: 'ok', endpoints: [] } : { outcome: 'not_found' },
      ])
      const answer = await room.rpc(
        name,
        args,
        name === 'webhook_endpoint_delete' ? 'service_role' : callers.admin,
      )
      expect([name, answer]).toMatchObject([name, { outcome: 'ok' }])
      expect(JSON.stringify(answer)).not.toContain('whsec_')
    }
    expect(await room.deliveries()).toHaveLength(0)
  })

  test('are shown as the API declares them', async () => {
    await room.createEndpoint('all', ['*'], { description: 'Ours' })
    await room.tell('event-1')
    const delivery = await room.onlyDelivery()
    await room.end(delivery, 'failed', { status: 500 })
    expect(endpointListSchema.parse(await room.rpc('webhook_endpoints', {})).endpoints).toHaveLength(1)
    expect(
      endpointShownSchema.parse(await room.rpc('webhook_endpoint', { p_endpoint: 'all' })).endpoint,
    ).toMatchObject({
      id: 'all',
      description: 'Ours',
      failures: 1,
    })
    const page = { p_endpoint: 'all', p_status: 'failed', p_after_at: null, p_after_id: null, p_rows_max: 10 }
    const listed = deliveryListSchema
      .pick({ deliveries: true })
      .parse(await room.rpc('webhook_deliveries', page))
    expect(listed.deliveries).toMatchObject([
      { id: delivery, status: 'failed', attempts: 1, log: [{ status: 500 }] },
    ])
    const resent = deliveryShownSchema.parse(
      await room.rpc('webhook_delivery_resend', { p_endpoint: 'all', p_delivery: delivery }),
    )
    expect(resent.delivery).toMatchObject({ eventId: 'event-1', status: 'waiting', completedAt: null })
    expect((await room.jobs()).map((job) => job['job_id']).toSorted()).toEqual([
      `delivery-${delivery}`,
      `delivery-${delivery}-1`,
    ])
  })

  test('have pages of deliveries that show each one once, newest first, while others are added', async () => {
    await room.createEndpoint('all', ['*'])
    for (let count = 0; count < 5; count += 1) await room.tell(`event-${count}`)
    // Whole seconds: the client of this test makes a Date of an instant, unlike the origin's.
    await database.owner`
      update private.webhook_deliveries
      set created_at = '2026-01-01 00:00:00+00'::timestamptz + interval '1 second' * right(event_id, 1)::integer`
    const seen: string[] = []
    let after: { p_after_at: string | null; p_after_id: string | null } = {
      p_after_at: null,
      p_after_id: null,
    }
    for (;;) {
      const answer = await room.rpc('webhook_deliveries', {
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
      await room.tell(`later-${seen.length}`)
    }
    expect(seen).toEqual(['event-4', 'event-3', 'event-2', 'event-1', 'event-0'])
  })

  test('are at most 50 a workspace', async () => {
    await database.owner`
      insert into private.webhook_endpoints (workspace_id, id, url, event_types, secret)
      select 'w1', 'e' || n, 'https://a.example/', '{*}', ${secret} from generate_series(1, ${limits.webhookEndpointsMax - 1}::int) n`
    await room.createEndpoint('last', ['*'])
    const p_created = {
      id: 'more',
      url: 'https://a.example/',
      events: ['*'],
      description: null,
      isEnabled: true,
    }
    expect(await room.rpc('webhook_endpoint_create', { p_created, p_secret: secret })).toEqual({
      outcome: 'webhook_endpoints_full',
    })
  })

  test('that are off take no test and no second delivery', async () => {
    await room.createEndpoint('all', ['*'])
    await room.tell('event-1')
    const delivery = await room.onlyDelivery()
    await room.end(delivery, 'failed')
    await room.rpc('webhook_endpoint_update', { p_endpoint: 'all', p_change: { isEnabled: false } })
    const off = { outcome: 'webhook_endpoint_off' }
    expect(await room.rpc('webhook_endpoint_test', { p_endpoint: 'all' })).toEqual(off)
    expect(await room.rpc('webhook_delivery_resend', { p_endpoint: 'all', p_delivery: delivery })).toEqual(
      off,
    )
  })
})

test('deliveries are kept for 7 days after a success and for 30 days after a failure', async () => {
  await room.createEndpoint('all', ['*'])
  for (const event of ['old-success', 'success', 'old-failure', 'failure', 'waiting']) await room.tell(event)
  await database.owner`
    update private.webhook_deliveries d
    set status = t.status, completed_at = now() - interval '1 hour' * t.hours
    from (values ('old-success', 'delivered', 169), ('success', 'delivered', 167), ('old-failure', 'failed', 721), ('failure', 'failed', 719))
      t (event, status, hours)
    where d.event_id = t.event`
  await database.owner`select private.webhook_upkeep(100)`
  expect((await room.deliveries()).map((row) => row['event']).toSorted()).toEqual([
    'failure',
    'success',
    'waiting',
  ])
})
