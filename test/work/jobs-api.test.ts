import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { originHealthSchema } from '../../shared/contract/origin.ts'
import {
  addedJobsSchema,
  cancelledJobSchema,
  jobDetailSchema,
  jobPageSchema,
  jobSchema,
  queueCleanedSchema,
  queueHealthSchema,
  queueMetricsSchema,
  queuePausedSchema,
  queueStatisticsSchema,
} from '../../shared/contract/queues.ts'
import { limits } from '../../shared/limits.ts'
import { ask } from '../support/api-client.ts'
import { eventually } from '../support/eventually.ts'
import { startTestStack, type TestStack } from '../support/local-stack.ts'

const metricsToken = 'the metrics token of these tests'
let stack: TestStack

beforeAll(async () => {
  stack = await startTestStack({ contacts: 2_000, workerVariables: { METRICS_TOKEN: metricsToken } })
})
afterAll(async () => {
  await stack?.stop()
})

interface Sent {
  readonly by?: string
  readonly workspace?: string | null
  readonly body?: unknown
  readonly method?: string
  readonly at?: 'worker' | 'origin'
}

/** A request as the admin of 15214, who operates nothing, unless the test says otherwise. */
async function send(path: string, { by = stack.tokens.otherAdmin, ...sent }: Sent = {}) {
  const { workspace = '15214', body, at = 'worker' } = sent
  const answer = await ask(`${stack[at]}/api/v1/queues/${path}`, {
    method: sent.method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      Authorization: `Bearer ${by}`,
      ...(workspace === null ? {} : { 'X-Workspace-ID': workspace }),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: answer.status, body: z.looseObject({}).parse(JSON.parse(answer.text)) }
}

const post = (path: string, sent: Sent = {}) => send(path, { method: 'POST', ...sent })

async function dataOf<Schema extends z.ZodType>(
  schema: Schema,
  answer: ReturnType<typeof send>,
): Promise<z.output<Schema>> {
  const { status, body } = await answer
  expect([status, body]).toEqual([expect.toBeOneOf([200, 201]), expect.objectContaining({ success: true })])
  return schema.parse(body['data'])
}

const asOperator = () => ({ by: stack.tokens.admin, workspace: null })
const asBackend = () => ({ by: stack.internalAuthKey })

// No handler of the CRM is configured here, so that jobs of these queues wait.
describe.each(['worker', 'origin'] as const)('the jobs of a workspace, at the %s', (at) => {
  const queue = at === 'worker' ? 'flows' : 'ai'

  it('are added once, shown with their data, and found by their state', async () => {
    const body = { jobId: 'r-1', name: 'reminder', data: { contactId: 'c1' }, priority: 2, attempts: 7 }
    const id = '15214~r-1'
    for (const isNew of [true, false]) {
      const added = await dataOf(addedJobsSchema, post(`${queue}/jobs`, { body, at }))
      expect(added).toEqual({ queue, jobs: [{ id, isNew }] })
    }
    const job = await dataOf(jobDetailSchema, send(`${queue}/jobs/r-1`, { at }))
    expect(job).toMatchObject({
      ...{ id, queue, name: 'reminder', workspaceId: '15214', state: 'waiting', priority: 2 },
      ...{ attemptsMade: 0, attemptsMax: 7, data: { contactId: 'c1' }, failedReason: null },
    })
    const page = await dataOf(jobPageSchema, send(`${queue}/jobs?state=waiting`, { at }))
    expect(page.jobs.map((each) => each.id)).toEqual([id])
    expect(await post(`${queue}/jobs`, { body: { ...body, data: { contactId: 'c2' } }, at })).toMatchObject({
      status: 409,
      body: { code: 'job_id_reused' },
    })
  })

  it('are seen and changed by nobody else', async () => {
    const member = { by: stack.tokens.member, workspace: '15213', at }
    expect(await send(`${queue}/jobs`, member)).toMatchObject({
      status: 403,
      body: { code: 'admin_required' },
    })
    const stranger = { by: stack.tokens.otherAdmin, workspace: '15213', at }
    expect(await send(`${queue}/jobs`, stranger)).toMatchObject({
      status: 403,
      body: { code: 'not_a_member' },
    })
    const elsewhere = { ...asBackend(), workspace: '15213', at }
    const body = { jobId: 'r-1', data: {} }
    await dataOf(addedJobsSchema, post(`${queue}/jobs`, { ...elsewhere, body }))
    for (const [method, path] of [
      ['GET', ''],
      ['POST', '/cancel'],
    ] as const) {
      const foreign = await send(`${queue}/jobs/15213~r-1${path}`, { method, at })
      expect(foreign).toMatchObject({ status: 404, body: { code: 'job_not_found' } })
    }
    const page = await dataOf(jobPageSchema, send(`${queue}/jobs`, { at }))
    expect(page.jobs.map(({ workspaceId }) => workspaceId)).toEqual(['15214'])
    const all = await dataOf(jobPageSchema, send(`${queue}/jobs`, { ...asOperator(), at }))
    expect(all.jobs.map(({ id }) => id).toSorted()).toEqual(['15213~r-1', '15214~r-1'])
  })

  it('are promoted and cancelled', async () => {
    const body = { jobId: 'later', data: {}, delayMs: 3_600_000 }
    await dataOf(addedJobsSchema, post(`${queue}/jobs`, { body, at }))
    const delayed = await dataOf(jobDetailSchema, send(`${queue}/jobs/later`, { at }))
    expect(delayed).toMatchObject({ state: 'delayed', runAt: expect.any(String) })
    expect(await dataOf(jobSchema, post(`${queue}/jobs/later/promote`, { at }))).toMatchObject({
      state: 'waiting',
    })
    expect(await post(`${queue}/jobs/later/promote`, { at })).toMatchObject({
      status: 409,
      body: { code: 'job_state' },
    })
    const cancelled = await dataOf(cancelledJobSchema, post(`${queue}/jobs/later/cancel`, { at }))
    expect(cancelled).toEqual({ id: '15214~later', outcome: 'removed' })
    expect(await send(`${queue}/jobs/later`, { at })).toMatchObject({ status: 404 })
  })
})

it('as many jobs as a call may have are added together, and listed page by page', async () => {
  const jobs = Array.from({ length: limits.jobsPerCallMax }, (_, at) => ({ data: { at } }))
  const added = await dataOf(addedJobsSchema, post('campaigns/jobs', { body: { jobs } }))
  expect(new Set(added.jobs.map(({ id }) => id)).size).toBe(limits.jobsPerCallMax)
  const seen: string[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const next: string = cursor === '' ? '' : `&cursor=${cursor}`
    const page: z.output<typeof jobPageSchema> = await dataOf(
      jobPageSchema,
      send(`campaigns/jobs?per_page=100${next}`),
    )
    seen.push(...page.jobs.map(({ id }) => id))
    cursor = page.pagination.next_cursor
  }
  expect(seen.toSorted()).toEqual(added.jobs.map(({ id }) => id).toSorted())
  const body = { state: 'waiting', limit: 400 }
  expect(await dataOf(queueCleanedSchema, post('campaigns/clean', { ...asBackend(), body }))).toEqual({
    queue: 'campaigns',
    removed: 400,
  })
})

describe.each(['worker', 'origin'] as const)('the queues, at the %s', (at) => {
  it('are operated by operators alone', async () => {
    for (const path of ['emails/pause', 'emails/resume']) {
      const refused = await post(path, { at })
      expect(refused).toMatchObject({ status: 403, body: { code: 'operator_required' } })
    }
    for (const path of ['health', 'metrics', 'statistics']) {
      expect(await send(path, { at })).toMatchObject({ status: 403 })
    }
    const operator = { ...asOperator(), at }
    expect(await dataOf(queuePausedSchema, post('emails/pause', operator))).toMatchObject({ isPaused: true })
    await eventually(async () => {
      const health = queueHealthSchema.parse((await send('health', operator)).body)
      return health.queues.emails?.isPaused === true
    })
    expect(await dataOf(queuePausedSchema, post('emails/resume', operator))).toMatchObject({
      isPaused: false,
    })
  })

  it('say what is in them, and that jobs wait which nobody runs', async () => {
    const body = { data: {} }
    await dataOf(addedJobsSchema, post('emails/jobs', { body, at }))
    const health = await eventually(async () => {
      const { status, body } = await send('health', { ...asOperator(), at })
      const read = queueHealthSchema.parse(body)
      return status === 200 && read.unserved.includes('emails') ? read : false
    })
    expect(health).toMatchObject({ status: 'degraded', redis: { connected: true } })
    expect(health).toMatchObject({ queues: { emails: { name: 'emails', active: 0 } } })
    const metrics = queueMetricsSchema.parse((await send('metrics', { ...asOperator(), at })).body)
    expect(metrics.queues.emails?.isServed).toBe(false)
    const statistics = await dataOf(queueStatisticsSchema, send('statistics', { ...asOperator(), at }))
    expect(Object.keys(statistics.queues)).toHaveLength(11)
  })
})

it('METRICS_TOKEN reads the figures of the queues at the Worker, and changes nothing', async () => {
  for (const path of ['health', 'metrics', 'statistics']) {
    expect(await send(path, { by: metricsToken, workspace: null })).toMatchObject({ status: 200 })
  }
  expect(await post('ai/pause', { by: metricsToken, workspace: null })).toMatchObject({ status: 401 })
  const text = await ask(`${stack.worker}/api/v1/queues/metrics`, {
    headers: { Authorization: `Bearer ${metricsToken}`, Accept: 'text/plain' },
  })
  expect(text.headers.get('Content-Type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  expect(text.text).toContain('boardcache_origin_queue_jobs{queue="emails",state="waiting"}')
})

it('the health of the Worker includes that of the origin, with its uptime, its name and its queues', async () => {
  const answer = await ask(`${stack.worker}/health`)
  const { origin } = z.object({ origin: originHealthSchema }).parse(JSON.parse(answer.text))
  expect(origin).toMatchObject({
    ...{ environment: 'local', redis: { connected: true }, queues: { status: 'degraded' } },
    status: 'degraded',
  })
})

it('the figures of the deployment have those of the queues', async () => {
  await eventually(async () => {
    const answer = await ask(`${stack.worker}/metrics?format=prometheus`, {
      headers: { Authorization: `Bearer ${metricsToken}` },
    })
    return answer.text.includes('boardcache_queue_jobs{queue="emails",state="waiting"}')
  })
})
