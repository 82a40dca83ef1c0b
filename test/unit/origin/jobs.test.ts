import { beforeEach, describe, expect, test } from 'vitest'
import { addedJobsSchema, jobDetailSchema, jobPageSchema } from '../../../shared/contract/queues.ts'
import { limits } from '../../../shared/limits.ts'
import type { StubQueues } from '../../support/stub-queues.ts'
import {
  admin,
  createJobsOrigin,
  humble,
  member,
  operator,
  other,
  own,
  type Sent,
  stranger,
} from './jobs-under-test.ts'
import { createOrigin, internalAuthKey as key, nowMs } from './origin-under-test.ts'
import { createPromptDatabase } from './stub-database.ts'

let origin: ReturnType<typeof createJobsOrigin>
let queues: StubQueues
const send = (path: string, sent?: Sent) => origin.send(path, sent)
const post = (path: string, sent?: Sent) => origin.post(path, sent)

beforeEach(() => {
  origin = createJobsOrigin()
  queues = origin.queues
})

describe('the callers', () => {
  beforeEach(() => {
    queues.put({ id: '15213~a', workspaceId: own })
    queues.put({ id: '15214~b', workspaceId: other })
  })

  const idsSeen = async (sent: Sent) => {
    const { status, body } = await send('messages/jobs', sent)
    if (status !== 200) return body
    const { data } = body as { data: unknown }
    return jobPageSchema.parse(data).jobs.map(({ id }) => id)
  }

  test('see the jobs of their own workspace as its admins', async () => {
    expect(await idsSeen({ by: admin })).toEqual(['15213~a'])
  })

  test.each([
    ['a member', member, own, 'admin_required'],
    ['an admin of another workspace', admin, other, 'not_a_member'],
    ['a stranger', stranger, own, 'not_a_member'],
    ['an admin who names no workspace', admin, null, 'workspace_missing'],
    ["a member of the operators' workspace who names none", humble, null, 'workspace_missing'],
    ["a member of the operators' workspace who names another", humble, own, 'not_a_member'],
    ['nobody', 'nonsense', own, 'token_invalid'],
  ] as const)('see no job as %s', async (_who, by, workspace, code) => {
    expect(await idsSeen({ by, workspace })).toMatchObject({ success: false, code })
    expect(queues.calls).toEqual([])
  })

  test.each([
    ['an operator', operator],
    ['a holder of the internal key', key],
  ])('see the jobs of every workspace, or of the one that they name, as %s', async (_who, by) => {
    expect(await idsSeen({ by, workspace: null })).toEqual(['15213~a', '15214~b'])
    expect(await idsSeen({ by, workspace: other })).toEqual(['15214~b'])
  })

  test('are judged by the user in whose name the Worker calls, and not by its key', async () => {
    const headers = { 'X-Caller-Token': member }
    expect(await idsSeen({ by: key, headers })).toMatchObject({ code: 'admin_required' })
    expect(await idsSeen({ by: key, workspace: null, headers })).toMatchObject({ code: 'workspace_missing' })
  })

  test.each(['retry', 'promote', 'cancel'])('cannot %s a job of another workspace', async (verb) => {
    const answer = await post(`messages/jobs/15214~b/${verb}`)
    expect(answer).toMatchObject({ status: 404, body: { code: 'job_not_found' } })
    expect(queues.jobs.size).toBe(2)
  })

  const operatorsRoutes = [
    ...['messages/pause', 'messages/resume'].map((path) => [path, { method: 'POST' }] as const),
    ['messages/clean', { body: { state: 'failed' } }] as const,
    ...['health', 'metrics', 'statistics'].map((path) => [path, {}] as const),
  ]

  test.each(operatorsRoutes)('operate %s only as operators', async (path, sent) => {
    for (const by of [admin, member, stranger, humble]) {
      expect(await send(path, { ...sent, by })).toMatchObject({
        status: 403,
        body: { code: 'operator_required' },
      })
    }
    expect(queues.calls).toEqual([])
    for (const by of [operator, key]) expect(await send(path, { ...sent, by })).toMatchObject({ status: 200 })
  })

  test('are operators with the key alone if no workspace of operators is configured', async () => {
    const { app } = createOrigin({ database: createPromptDatabase(() => null) })
    const ask = (by: string) =>
      app.request('/api/v1/queues/health', { headers: { Authorization: `Bearer ${by}` } })
    expect((await ask(operator)).status).toBe(403)
    expect((await ask(key)).status).toBe(503)
  })
})

describe('adding jobs', () => {
  const data = { contactId: 'contact_000042' }

  test('adds one, with what it asks for, to the workspace of the header', async () => {
    const body = { jobId: 'r-1', name: 'reminder', data, priority: 2, delayMs: 60_000, attempts: 4 }
    const { status, body: answer } = await post('flows/jobs', { body })
    expect(status).toBe(201)
    expect(addedJobsSchema.parse((answer as { data: unknown }).data)).toEqual({
      queue: 'flows',
      jobs: [{ id: '15213~r-1', isNew: true }],
    })
    expect(queues.jobs.get('flows 15213~r-1')).toMatchObject({
      ...{ name: 'reminder', workspaceId: own, input: data, priority: 2, state: 'delayed' },
      ...{ attempts: { made: 0, max: 4 }, dueAtMs: nowMs + 60_000 },
    })
  })

  test('adds up to the limit of a call in one call of the queues, and not one more', async () => {
    const jobs = (count: number) => ({ jobs: Array.from({ length: count }, () => ({ data })) })
    expect(await post('flows/jobs', { body: jobs(limits.jobsPerCallMax) })).toMatchObject({ status: 201 })
    expect(queues.calls).toEqual(['add flows'])
    expect(await post('flows/jobs', { body: jobs(limits.jobsPerCallMax + 1) })).toMatchObject({
      status: 400,
      body: { code: 'invalid_body', details: [{ parameter: 'jobs' }] },
    })
  })

  test('takes the instant of runAt, and runs at once what is due already', async () => {
    const at = (ms: number) => new Date(nowMs + ms).toISOString()
    await post('flows/jobs', { body: { jobId: 'later', data, runAt: at(5_000) } })
    await post('flows/jobs', { body: { jobId: 'past', data, runAt: at(-5_000) } })
    expect(queues.jobs.get('flows 15213~later')).toMatchObject({ dueAtMs: nowMs + 5_000 })
    expect(queues.jobs.get('flows 15213~past')).toMatchObject({ state: 'waiting', dueAtMs: null })
  })

  test('answers the job that is there to the same request, and refuses another one under its id', async () => {
    const body = { jobId: 'once', data: { b: 1, a: { c: -0 } } }
    expect(await post('ai/jobs', { body })).toMatchObject({ status: 201 })
    const again = { jobId: 'once', data: { a: { c: 0 }, b: 1 } }
    expect(await post('ai/jobs', { body: again })).toMatchObject({
      status: 201,
      body: { data: { jobs: [{ id: '15213~once', isNew: false }] } },
    })
    const others = [
      { jobId: 'new', data },
      { jobId: 'once', data: { b: 2 } },
    ]
    expect(await post('ai/jobs', { body: { jobs: others } })).toMatchObject({
      status: 409,
      body: { code: 'job_id_reused', details: [{ parameter: 'jobs.1.jobId' }] },
    })
    expect(await post('ai/jobs', { body: { ...again, name: 'other' } })).toMatchObject({ status: 409 })
  })

  test('gives two workspaces that choose one id a job each', async () => {
    const body = { jobId: 'same', data }
    await post('ai/jobs', { body })
    await post('ai/jobs', { body: { jobId: 'same', data: {} }, by: key, workspace: other })
    expect([...queues.jobs.keys()]).toEqual(['ai 15213~same', 'ai 15214~same'])
  })

  test('keeps every member of the data, whatever its name', async () => {
    const odd: unknown = JSON.parse('{"__proto__":{"a":1},"constructor":2,"":3}')
    await post('ai/jobs', { body: { jobId: 'odd', data: odd } })
    expect(JSON.stringify(queues.jobs.get('ai 15213~odd')?.input)).toBe(JSON.stringify(odd))
  })

  const tooLong = 'é'.repeat(limits.jobInputBytesMax / 2)
  test.each([
    ['data', {}],
    ['data', { data: [] }],
    ['data', { data: { text: tooLong } }],
    // The database writes each of them with three hundred digits.
    ['data', { data: { numbers: Array.from({ length: 500 }, () => 1e308) } }],
    ['data', { data: { numbers: Array.from({ length: 500 }, () => -1e-300) } }],
    ['jobId', { data, jobId: 'a:b' }],
    ['jobId', { data, jobId: 'a~b' }],
    ['jobId', { data, jobId: '..' }],
    ['priority', { data, priority: 0 }],
    ['priority', { data, priority: limits.jobPriorityMax + 1 }],
    ['attempts', { data, attempts: limits.jobAttemptsMax + 1 }],
    ['delayMs', { data, delayMs: -1 }],
    ['runAt', { data, delayMs: 5, runAt: '2026-02-01T08:00:00Z' }],
    ['runAt', { data, runAt: '2031-02-01T08:00:00Z' }],
    ['runAt', { data, runAt: 'tomorrow' }],
    ['removeOnComplete', { data, removeOnComplete: 10 }],
    ['removeOnFail', { data, removeOnFail: 0 }],
    ['workspaceId', { data, workspaceId: '15214' }],
    ['jobs', { jobs: [] }],
    [
      'jobs',
      {
        jobs: [
          { data, jobId: 'a' },
          { data, jobId: 'a' },
        ],
      },
    ],
  ])('refuses a fault of %s, and adds nothing', async (parameter, body) => {
    const answer = await post('messages/jobs', { body })
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_body', details: [{ parameter }] } })
    expect(queues.calls).toEqual([])
  })

  test('lets an operator alone say how many ended jobs the queue keeps, as others lose theirs by it', async () => {
    const body = { data, removeOnComplete: 10, removeOnFail: true }
    expect(await post('messages/jobs', { body, by: key })).toMatchObject({ status: 201 })
    const taken = { data, removeOnComplete: true, removeOnFail: false }
    expect(await post('messages/jobs', { body: taken })).toMatchObject({ status: 201 })
  })

  test('needs a workspace of an operator too', async () => {
    const answer = await post('messages/jobs', { body: { data }, by: key, workspace: null })
    expect(answer).toMatchObject({ status: 400, body: { code: 'workspace_missing' } })
  })

  test('takes no body beyond its bound, and no queue that is not there', async () => {
    const body = { data: { text: 'x'.repeat(limits.jobsBodyBytesMax) } }
    expect(await post('messages/jobs', { body })).toMatchObject({ status: 413 })
    expect(await post('others/jobs', { body: { data } })).toMatchObject({
      status: 400,
      body: { code: 'invalid_parameter', details: [{ parameter: 'queue' }] },
    })
  })
})

describe('a job', () => {
  beforeEach(() => {
    queues.put({ id: '15213~w', workspaceId: own, input: { email: 'ann@example.com' } })
    queues.put({ id: '15213~f', workspaceId: own, state: 'failed', failedReason: 'The receiver is away.' })
    queues.put({ id: '15213~d', workspaceId: own, state: 'delayed', dueAtMs: nowMs + 1_000 })
    queues.put({ id: '15213~r', workspaceId: own, state: 'active' })
  })

  test.each(['15213~w', 'w'])('is found as %s, with its data', async (id) => {
    const { status, body } = await send(`messages/jobs/${id}`)
    expect(status).toBe(200)
    expect(jobDetailSchema.parse((body as { data: unknown }).data)).toMatchObject({
      ...{ id: '15213~w', state: 'waiting', data: { email: 'ann@example.com' }, result: null },
      createdAt: new Date(nowMs).toISOString(),
    })
  })

  test('is listed by its state, without its data', async () => {
    const { body } = await send('messages/jobs?state=waiting')
    expect(JSON.stringify(body)).not.toContain('ann@example.com')
    expect(body).toMatchObject({ data: { jobs: [{ id: '15213~w', dataBytes: 27 }] } })
    expect(await send('messages/jobs?state=gone')).toMatchObject({
      status: 400,
      body: { details: [{ parameter: 'state' }] },
    })
    expect(await send('messages/jobs?state=failed&state=waiting')).toMatchObject({ status: 400 })
  })

  test('is on one of several pages, each found by the cursor of the page before', async () => {
    for (const id of ['x', 'y']) queues.put({ id: `15213~${id}`, workspaceId: own })
    const first = await send('messages/jobs?per_page=2')
    expect(first).toMatchObject({ body: { data: { pagination: { next_cursor: '2' } } } })
    const last = await send('messages/jobs?per_page=2&cursor=2')
    expect(last).toMatchObject({
      body: { data: { jobs: [{ id: '15213~y' }], pagination: { next_cursor: null } } },
    })
    expect(await send('messages/jobs?cursor=x')).toMatchObject({
      status: 400,
      body: { code: 'invalid_cursor' },
    })
    expect(await send('messages/jobs?per_page=101')).toMatchObject({ status: 400 })
  })

  test.each([
    ['retry', 'f', { status: 200, body: { data: { id: '15213~f', state: 'waiting' } } }],
    ['promote', 'd', { status: 200, body: { data: { id: '15213~d', state: 'waiting' } } }],
    ['cancel', 'w', { status: 200, body: { data: { id: '15213~w', outcome: 'removed' } } }],
    ['cancel', 'r', { status: 200, body: { data: { id: '15213~r', outcome: 'stopping' } } }],
    ['retry', 'w', { status: 409, body: { code: 'job_state', details: [{ message: 'is waiting' }] } }],
    ['promote', 'f', { status: 409, body: { code: 'job_state' } }],
    ['cancel', 'f', { status: 409, body: { code: 'job_state' } }],
    ['retry', 'none', { status: 404, body: { code: 'job_not_found' } }],
  ])('can be told to %s in the state that allows it (%s)', async (verb, id, answer) => {
    expect(await post(`messages/jobs/${id}/${verb}`)).toMatchObject(answer)
  })
})
