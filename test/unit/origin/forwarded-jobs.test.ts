import { describe, expect, test } from 'vitest'
import type { OutboundAnswer } from '../../../origin/outbound/guarded-post.ts'
import type { SignedMessage } from '../../../origin/outbound/signed-post.ts'
import type { RunningJob } from '../../../origin/queues/handler.ts'
import { createForwardingHandler } from '../../../origin/queues/handlers/forwarded.ts'
import { createHandlers } from '../../../origin/queues/handlers/index.ts'
import { createOutboundHandlers } from '../../../origin/queues/handlers/outbound.ts'
import { declaredQueues } from '../../../origin/queues/queues.ts'
import { systemClock } from '../../../shared/clock.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { createRunningJob } from './running-job.ts'

const secrets = [`whsec_${'A'.repeat(43)}=`]

async function forward(answer: OutboundAnswer, fields: Partial<RunningJob> = {}) {
  const messages: SignedMessage[] = []
  const handle = createForwardingHandler({ url: 'https://crm.example/jobs', secrets }, async (message) => {
    messages.push(message)
    return answer
  })
  const result = await handle(
    createRunningJob({ queue: 'messages', name: 'reminder', data: { contactId: 'c1' }, ...fields }).job,
  )
  return { result, messages }
}
const answered = (status: number, retryAfterMs: number | null = null): OutboundAnswer => ({
  kind: 'answered',
  status,
  retryAfterMs,
})

describe('a job of the CRM’s own handler', () => {
  test('is sent with its input, signed, under one id for all its attempts and another one for each job', async () => {
    const first = await forward(answered(200))
    expect(first.result).toEqual({ ok: true, value: { status: 200 } })
    expect(first.messages).toMatchObject([{ url: 'https://crm.example/jobs', secrets }])
    expect(JSON.parse(first.messages[0]?.body ?? '')).toEqual({
      type: 'messages.reminder',
      timestamp: '2026-01-02T03:04:05.000Z',
      data: {
        queue: 'messages',
        jobId: 'w1~job',
        name: 'reminder',
        workspaceId: 'w1',
        attempt: 1,
        input: { contactId: 'c1' },
      },
    })
    const idOf = async (fields: Partial<RunningJob>) => (await forward(answered(200), fields)).messages[0]?.id
    const id = first.messages[0]?.id
    expect(id).toMatch(/^job_[A-Za-z0-9_-]{43}$/)
    expect(await idOf({ attempt: 2 })).toBe(id)
    expect(await idOf({ id: 'w1~other' })).not.toBe(id)
    expect(await idOf({ queue: 'emails' })).not.toBe(id)
  })

  test.each([
    ...[200, 201, 202, 204, 299].map((status) => [status, 'done'] as const),
    ...[400, 401, 403, 404, 409, 410, 413, 422, 499].map((status) => [status, 'permanent'] as const),
    ...[408, 425, 429, 500, 502, 503, 504, 301, 307, 199, 600].map((status) => [status, 'again'] as const),
  ])('that is answered with %i is %s', async (status, expected) => {
    const { result } = await forward(answered(status))
    expect(result.ok ? 'done' : result.error.kind).toBe(expected)
  })

  test('waits as long as the handler asks for, up to an hour', async () => {
    expect((await forward(answered(429, 90_000))).result).toMatchObject({ error: { afterMs: 90_000 } })
    expect((await forward(answered(503, 86_400_000))).result).toMatchObject({ error: { afterMs: 3_600_000 } })
    expect((await forward(answered(400, 90_000))).result).toEqual({
      ok: false,
      error: { kind: 'permanent', reason: 'the handler answered 400' },
    })
  })

  test('that gets no answer is sent again, and one that is interrupted spends no attempt', async () => {
    for (const failure of [
      'timeout',
      'unreachable',
      'address_refused',
      'certificate_invalid',
      'connection_broken',
      'host_unknown',
    ] as const)
      expect((await forward({ kind: 'failed', failure })).result).toEqual({
        ok: false,
        error: { kind: 'again', reason: failure },
      })
    expect((await forward({ kind: 'failed', failure: 'interrupted' })).result).toMatchObject({
      error: { kind: 'not_now' },
    })
  })
})

test('the queues of the CRM’s own handler have one only if its URL is configured', () => {
  const parts = { database: { query: async () => [] }, clock: createFakeClock() }
  const byHttp = declaredQueues.filter(({ runs }) => runs === 'by_http').map(({ name }) => name)
  const handlersWith = (queueHandler: Parameters<typeof createHandlers>[0]['outbound']['queueHandler']) =>
    Object.keys(
      createHandlers({ ...parts, outbound: { webhookNetworks: [], queueHandler } } as unknown as Parameters<
        typeof createHandlers
      >[0]),
    )
  expect(byHttp).toEqual(['messages', 'campaigns', 'flows', 'emails', 'ai'])
  expect(handlersWith(null).filter((name) => byHttp.includes(name as (typeof byHttp)[number]))).toEqual([])
  expect(handlersWith({ url: 'https://crm.example/jobs', secrets, networks: [] })).toEqual(
    expect.arrayContaining(['webhooks', ...byHttp]),
  )
})

test('webhooks and the CRM’s own handler may each go to networks of their own', async () => {
  const begun = {
    outcome: 'send',
    url: 'http://127.0.0.1:1/',
    secrets,
    eventId: 'e1',
    body: '{}',
    isTrial: false,
  }
  const logged: unknown[] = []
  const { webhooks, ai } = createOutboundHandlers({
    outbound: {
      webhookNetworks: [],
      queueHandler: { url: 'http://127.0.0.1:1/jobs', secrets, networks: ['127.0.0.0/8'] },
    },
    database: {
      async query(_text, values = []) {
        logged.push(values[3])
        return [{ begun, ended: { isOff: false, pauseMs: 0 } }] as never
      },
    },
    clock: systemClock,
  })
  const data = { deliveryId: '3f0c6f0e-5b1c-4e0a-9a53-6a3c1f1f7a10', endpointId: 'e1' }
  await webhooks?.(createRunningJob({ data }).job)
  expect(String(logged.at(-1))).toContain('address_refused')
  const forwarded = await ai?.(createRunningJob({ queue: 'ai' }).job)
  expect(forwarded).toMatchObject({ error: { reason: 'unreachable' } })
})
