import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'
import type { OutboundAnswer, OutboundPost } from '../../../origin/outbound/guarded-post.ts'
import { createSignedPost } from '../../../origin/outbound/signed-post.ts'
import type { RunningJob } from '../../../origin/queues/handler.ts'
import { createWebhookHandler } from '../../../origin/queues/handlers/webhooks.ts'
import { deploymentId, workspaceIdSchema } from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { createRunningJob, onceAs } from './running-job.ts'

const deliveryId = '3f0c6f0e-5b1c-4e0a-9a53-6a3c1f1f7a10'
const data = { deliveryId, endpointId: 'e1' }
const secrets = [`whsec_${'A'.repeat(43)}=`, `whsec_${'B'.repeat(43)}=`]
const sending = {
  outcome: 'send',
  url: 'https://hooks.example/',
  secrets,
  eventId: 'event-1',
  body: '{"type":"contact.created"}',
  isTrial: false,
}
const answered = (status: number, retryAfterMs: number | null = null): OutboundAnswer => ({
  kind: 'answered',
  status,
  retryAfterMs,
})

interface World {
  readonly begun?: object
  readonly ended?: object
  readonly answer?: OutboundAnswer
  readonly kept?: readonly object[]
}

function createWorld({
  begun = sending,
  ended = { isOff: false, pauseMs: 0 },
  answer = answered(204),
  kept = [],
}: World = {}) {
  const clock = createFakeClock(Date.now())
  const posts: OutboundPost[] = []
  const statements: { text: string; values: readonly unknown[] }[] = []
  const rounds = [...kept]
  const handle = createWebhookHandler({
    database: {
      async query(text, values = []) {
        statements.push({ text, values })
        return [{ begun, ended, kept: rounds.shift() }] as never
      },
    },
    post: createSignedPost(async (post) => {
      posts.push(post)
      return answer
    }, clock),
    clock,
    random: () => 0.5,
  })
  const run = async (fields: Partial<RunningJob> = {}) => {
    const { job, effects } = createRunningJob({ data, ...fields }, () => 2)
    return { result: await handle(job), effects }
  }
  const ends = () => statements.filter(({ text }) => text.includes('attempt_end'))
  return { run, handle, posts, statements, ends }
}

describe('a delivery', () => {
  test('is posted once, verifiable with each valid secret, and its success is written down with the mark of the job', async () => {
    const { run, posts, ends } = createWorld()
    const { result, effects } = await run()
    expect(result).toEqual({ ok: true, value: { deliveryId, status: 204 } })
    expect(posts).toMatchObject([
      {
        url: sending.url,
        body: sending.body,
        deadlineMs: limits.webhookDeadlineMs,
        headers: { 'webhook-id': 'event-1' },
      },
    ])
    for (const secret of secrets)
      expect(new Webhook(secret).verify(sending.body, posts[0]?.headers ?? {})).toEqual({
        type: 'contact.created',
      })
    expect(() =>
      new Webhook(`whsec_${'C'.repeat(43)}=`).verify(sending.body, posts[0]?.headers ?? {}),
    ).toThrow()
    expect(effects).toMatchObject([
      { values: ['w1', deliveryId, 'delivered', expect.stringContaining('"status":204'), false, 0] },
    ])
    expect(ends()).toEqual([])
  })

  test.each([199, 300, 301, 304, 400, 401, 404, 408, 429, 500, 503])(
    'that is answered with %i is tried again',
    async (status) => {
      const { run, ends } = createWorld({ answer: answered(status) })
      const { result, effects } = await run({ attempt: 2 })
      expect(result).toEqual({
        ok: false,
        error: { kind: 'again', reason: `the receiver answered ${status}` },
      })
      expect(effects).toEqual([])
      expect(ends()).toMatchObject([{ values: ['w1', deliveryId, 'again', expect.any(String), false, 0] }])
    },
  )

  test('fails for good with its last attempt, and at once when its endpoint was turned off', async () => {
    const last = createWorld({ answer: answered(500) })
    await last.run({ attempt: 3 })
    expect(last.ends()).toMatchObject([
      { values: ['w1', deliveryId, 'failed', expect.any(String), false, 0] },
    ])
    const gone = createWorld({ answer: answered(410), ended: { isOff: true, pauseMs: 0 } })
    expect((await gone.run()).result).toMatchObject({ error: { kind: 'permanent' } })
  })

  test('waits as long as the breaker is open, and passes on what the receiver asks for', async () => {
    const { run, ends } = createWorld({
      answer: answered(429, 90_000),
      ended: { isOff: false, pauseMs: 90_000 },
    })
    expect((await run()).result).toMatchObject({ error: { kind: 'again', afterMs: 90_000 } })
    expect(ends()).toMatchObject([
      { values: [expect.anything(), expect.anything(), 'again', expect.any(String), false, 90_000] },
    ])
    const paused = createWorld({ begun: { outcome: 'paused', waitMs: 30_000 } })
    // No attempt is spent, and those that wait do not come back all at once.
    expect((await paused.run()).result).toEqual({
      ok: false,
      error: { kind: 'not_now', reason: 'the receiver is away', afterMs: 45_000 },
    })
    expect(paused.posts).toEqual([])
  })

  test.each([
    ['known', { ok: true, value: { outcome: 'known' } }],
    ['off', { ok: false, error: { kind: 'permanent' } }],
    ['expired', { ok: false, error: { kind: 'permanent' } }],
    ['gone', { ok: false, error: { kind: 'permanent' } }],
  ])('that is %s is not sent', async (outcome, expected) => {
    const { run, posts } = createWorld({ begun: { outcome } })
    expect((await run()).result).toMatchObject(expected)
    expect(posts).toEqual([])
  })

  test('that is interrupted spends no attempt and says nothing about its receiver', async () => {
    const { run, ends } = createWorld({ answer: { kind: 'failed', failure: 'interrupted' } })
    expect((await run()).result).toMatchObject({ error: { kind: 'not_now' } })
    expect(ends()).toEqual([])
  })

  test('says why no answer came, and names no address', async () => {
    for (const failure of [
      'address_refused',
      'host_unknown',
      'unreachable',
      'certificate_invalid',
      'timeout',
    ] as const) {
      const { run, ends } = createWorld({ answer: { kind: 'failed', failure } })
      expect((await run()).result).toEqual({ ok: false, error: { kind: 'again', reason: failure } })
      expect(JSON.parse(String(ends()[0]?.values[3]))).toMatchObject({ status: null, failure })
    }
  })

  test('is logged with the time that its receiver took', async () => {
    const clock = createFakeClock()
    const logged: unknown[] = []
    const handle = createWebhookHandler({
      database: {
        async query(_text, values = []) {
          logged.push(values[3])
          return [{ begun: sending, ended: { isOff: false, pauseMs: 0 } }] as never
        },
      },
      async post() {
        await clock.advance(1_234)
        return answered(500)
      },
      clock,
      random: () => 0,
    })
    await handle(createRunningJob({ data }).job)
    expect(JSON.parse(String(logged.at(-1)))).toMatchObject({ status: 500, durationMs: 1_234 })
  })

  test('whose job was given up reports no success', async () => {
    expect((await createWorld().run({ once: onceAs('given_up') })).result).toMatchObject({
      error: { kind: 'permanent' },
    })
    expect((await createWorld().run({ once: onceAs('known') })).result).toMatchObject({ ok: true })
  })

  test('to a receiver that hangs holds two places, and another receiver is served meanwhile', async () => {
    const clock = createFakeClock()
    const release = Promise.withResolvers<OutboundAnswer>()
    const handle = createWebhookHandler({
      database: {
        async query(_text, [, id] = []) {
          const begun = { ...sending, eventId: id === deliveryId ? 'event-1' : 'event-2' }
          return [{ begun, ended: { isOff: false, pauseMs: 0 } }] as never
        },
      },
      post: async ({ id }) => (id === 'event-1' ? release.promise : answered(204)),
      clock,
      random: () => 0,
    })
    const slow = Array.from({ length: 20 }, () => handle(createRunningJob({ data }).job))
    const waiting = await Promise.all(slow.slice(2))
    expect(waiting.map((result) => (result.ok ? 'ok' : result.error.kind))).toEqual(Array(18).fill('not_now'))
    // Of the same workspace.
    const another = { deliveryId: '3f0c6f0e-5b1c-4e0a-9a53-6a3c1f1f7a11', endpointId: 'e2' }
    expect(await handle(createRunningJob({ data: another }).job)).toMatchObject({ ok: true })
    release.resolve(answered(204))
    expect((await Promise.all(slow.slice(0, 2))).map(({ ok }) => ok)).toEqual([true, true])
  })

  test('of a job that names none fails for good', async () => {
    for (const bad of [{}, null, { deliveryId: 'x', endpointId: 'e1' }])
      expect((await createWorld().run({ data: bad })).result).toMatchObject({ error: { kind: 'permanent' } })
  })
})

describe('an event of the CRM’s own', () => {
  const event = { type: 'order.paid', data: { orderId: 'o1' } }

  test('is told once in an effect, under its own id or one of the job', async () => {
    const { run } = createWorld()
    const { result, effects } = await run({ name: 'webhooks', data: event })
    expect(result).toMatchObject({
      value: { eventId: expect.stringMatching(/^job_[A-Za-z0-9_-]{43}$/), deliveries: 2 },
    })
    expect(effects).toMatchObject([
      { values: ['w1', expect.any(String), 'order.paid', '{"orderId":"o1"}', '2026-01-02T03:04:05.000Z'] },
    ])
    const named = await run({ name: 'event', data: { ...event, eventId: 'order-1' } })
    expect(named.result).toMatchObject({ value: { eventId: 'order-1' } })
  })

  test('has the form of an event, and no type of this product', async () => {
    for (const bad of [
      null,
      {},
      { ...event, type: 'contact.created' },
      { ...event, type: 'Order' },
      { ...event, eventId: 'a b' },
      { ...event, more: 1 },
    ]) {
      const { result, effects } = await createWorld().run({ name: 'event', data: bad })
      expect(result).toMatchObject({ error: { kind: 'permanent' } })
      expect(effects).toEqual([])
    }
  })
})

const upkeep = { name: 'upkeep', data: {}, workspaceId: deploymentId } as const

test('a receiver has ten seconds to answer', () => {
  expect(limits.webhookDeadlineMs).toBe(10_000)
})

test('the upkeep goes on while there is a whole round to do, and stops', async () => {
  const full = { told: 0, checked: 500, removed: 3 }
  const { run, statements } = createWorld({ kept: [full, full, { told: 1, checked: 2, removed: 0 }] })
  expect((await run({ ...upkeep })).result).toEqual({
    ok: true,
    value: { told: 1, checked: 1_002, removed: 6 },
  })
  expect(statements).toHaveLength(3)
  const endless = createWorld({ kept: Array.from({ length: 100 }, () => full) })
  await endless.run({ ...upkeep })
  expect(endless.statements).toHaveLength(20)
})

test('the upkeep is the deployment’s alone: a job of its name in a workspace fails', async () => {
  const { run, statements } = createWorld({ kept: [{ told: 0, checked: 0, removed: 0 }] })
  expect((await run({ ...upkeep, workspaceId: workspaceIdSchema.parse('w1') })).result).toMatchObject({
    error: { kind: 'permanent' },
  })
  expect(statements).toEqual([])
})
