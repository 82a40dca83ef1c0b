import { beforeEach, describe, expect, test } from 'vitest'
import type { QueueFailure } from '../../../origin/queues/job-queues.ts'
import { limits } from '../../../shared/limits.ts'
import type { StubQueues } from '../../support/stub-queues.ts'
import { createJobsOrigin, own, type Sent } from './jobs-under-test.ts'
import { internalAuthKey as key, read } from './origin-under-test.ts'

let origin: ReturnType<typeof createJobsOrigin>
let queues: StubQueues
const send = (path: string, sent?: Sent) => origin.send(path, sent)
const post = (path: string, sent?: Sent) => origin.post(path, sent)

beforeEach(() => {
  origin = createJobsOrigin()
  queues = origin.queues
})

describe('the queues', () => {
  test('are paused, resumed and cleaned', async () => {
    expect(await post('ai/pause', { by: key })).toMatchObject({
      body: { data: { queue: 'ai', isPaused: true } },
    })
    expect(await post('ai/resume', { by: key })).toMatchObject({ body: { data: { isPaused: false } } })
    for (const id of ['a', 'b']) queues.put({ id, workspaceId: own, queue: 'ai', state: 'failed' })
    const body = { state: 'failed', olderThanMs: 5, limit: 1 }
    expect(await post('ai/clean', { by: key, body })).toMatchObject({
      body: { data: { queue: 'ai', removed: 1 } },
    })
    expect(await post('ai/clean', { by: key, body: { state: 'active' } })).toMatchObject({ status: 400 })
  })

  test('say how many jobs are in each, and which are not served', async () => {
    queues.put({ id: 'a', workspaceId: own, queue: 'ai' })
    queues.put({ id: 'b', workspaceId: own, queue: 'flows', state: 'failed' })
    const { status, body } = await send('health', { by: key })
    expect([status, body]).toMatchObject([
      200,
      {
        ...{ status: 'healthy', redis: { connected: true }, unserved: [] },
        queues: {
          ai: { name: 'ai', waiting: 1, active: 0, completed: 0, failed: 0, delayed: 0, isPaused: false },
        },
        totals: { waiting: 1, active: 0, completed: 0, failed: 1, delayed: 0 },
      },
    ])
    queues.unserved.add('ai')
    await origin.clock.advance(limits.publicAnswerMs)
    expect((await send('health', { by: key })).body).toMatchObject({ status: 'degraded', unserved: ['ai'] })
    queues.paused.add('ai')
    await origin.clock.advance(limits.publicAnswerMs)
    expect((await send('health', { by: key })).body).toMatchObject({ status: 'healthy' })
  })

  test('give their figures as JSON, or as text for a scraper', async () => {
    queues.put({ id: 'a', workspaceId: own, queue: 'ai' })
    const json = await send('metrics', { by: key })
    expect(json.body).toMatchObject({
      queues: { ai: { waiting: 1, oldestWaitingMs: 1_000, isServed: true } },
    })
    for (const [path, accept] of [
      ['metrics', 'text/plain;version=0.0.4'],
      ['metrics?format=prometheus', '*/*'],
    ] as const) {
      const headers = { Authorization: `Bearer ${key}`, Accept: accept }
      const response = await origin.app.request(`/api/v1/queues/${path}`, { headers })
      expect(response.headers.get('Content-Type')).toBe('text/plain; version=0.0.4; charset=utf-8')
      expect(await response.text()).toContain('boardcache_origin_queue_jobs{queue="ai",state="waiting"} 1\n')
    }
  })

  test('give statistics over an hour and a day', async () => {
    const { body } = await send('statistics', { by: key })
    expect(body).toMatchObject({
      data: { queues: { messages: { '1h': { completed: 0, waitMs: null }, '24h': { perMinute: 0 } } } },
    })
  })

  test('are counted once a second at most, however often health and metrics are called', async () => {
    const { app } = origin
    for (let times = 0; times < 5; times += 1) {
      await app.request('/api/v1/queues/health', { headers: { Authorization: `Bearer ${key}` } })
      await app.request('/health')
    }
    expect(queues.calls).toEqual(['counts'])
  })
})

describe('while the queues fail', () => {
  const failing: readonly (readonly [QueueFailure, number, string, number, string])[] = [
    [{ kind: 'not_configured' }, 503, 'queues_unavailable', 503, 'queues_unavailable'],
    [{ kind: 'unavailable' }, 503, 'queues_unavailable', 503, 'queues_unavailable'],
    [{ kind: 'timeout' }, 504, 'origin_timeout', 504, 'write_unconfirmed'],
  ]

  test.each(failing)('with %o, reads and changes say so', async (failure, ...expected) => {
    queues.failure = failure
    const [readStatus, readCode, writeStatus, writeCode] = expected
    expect(await send('messages/jobs')).toMatchObject({ status: readStatus, body: { code: readCode } })
    const written = await post('messages/jobs', { body: { data: {} } })
    expect(written).toMatchObject({ status: writeStatus, body: { code: writeCode } })
  })

  test('health is a 503 with the same body', async () => {
    queues.failure = { kind: 'unavailable' }
    expect(await send('health', { by: key })).toMatchObject({
      status: 503,
      body: { status: 'unhealthy', redis: { connected: false }, queues: {} },
    })
  })

  test.each([
    [{ kind: 'unavailable' } as const, 'degraded', 'unhealthy', false],
    [{ kind: 'not_configured' } as const, 'healthy', 'off', false],
    [null, 'healthy', 'healthy', true],
  ])('the health of the origin says so (%o)', async (failure, status, ofQueues, connected) => {
    queues.failure = failure
    const { app, clock } = origin
    await clock.advance(90_000)
    expect(await read(await app.request('/health'))).toMatchObject({
      status: 200,
      body: { status, uptime: 90, environment: 'test', redis: { connected }, queues: { status: ofQueues } },
    })
  })
})
