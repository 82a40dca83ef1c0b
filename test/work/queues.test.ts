import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { RunningJob } from '../../origin/queues/handler.ts'
import { jobIdOf } from '../../origin/queues/job-queues.ts'
import { toOpaqueText } from '../../shared/contract/cursor.ts'
import { err, ok } from '../../shared/result.ts'
import { eventually } from '../support/eventually.ts'
import { jobs, otherWorkspace, type QueueRoom, startQueueRoom, workspace } from './queue-room.ts'

let room: QueueRoom

beforeAll(async () => {
  room = await startQueueRoom()
})

afterAll(() => room.stop())

beforeEach(() => room.clear())

const stateOf = async (id: string) => {
  const job = await room.queues.get('flows', id, null)
  return job.ok ? job.value.state : job.error.kind
}

const addOne = async (job: Parameters<typeof jobs>[1] = {}) => {
  const added = await room.queues.add('flows', jobs(1, job))
  if (!added.ok || added.value[0] === undefined) throw new Error('not added')
  return added.value[0]
}

describe('a job', () => {
  it('is run by its handler, with what it was added with, and keeps what the run returned', async () => {
    const runs: RunningJob[] = []
    await room.serve({
      flows: async (job) => {
        runs.push(job)
        return ok({ done: true })
      },
    })
    const { id } = await addOne({ input: { step: 4 }, priority: 2 })
    await eventually(async () => expect(await stateOf(id)).toBe('completed'))
    expect(runs).toMatchObject([
      { queue: 'flows', id, name: 'work', workspaceId: workspace, data: { step: 4 }, attempt: 1 },
    ])
    const job = await room.queues.get('flows', id, workspace)
    expect(job).toMatchObject({
      ok: true,
      value: { result: { done: true }, priority: 2, attempts: { made: 1, max: 3 } },
    })
  })

  it('is added once under an id that its workspace gives it, and is another workspace’s job under the same id', async () => {
    const first = await addOne({ jobId: 'same' })
    const again = await addOne({ jobId: 'same', input: { other: true } })
    const other = await addOne({ jobId: 'same', workspaceId: otherWorkspace })
    expect(first).toEqual({ id: jobIdOf(workspace, 'same'), isNew: true })
    expect(again).toEqual({ ...first, isNew: false })
    expect(other).toEqual({ id: jobIdOf(otherWorkspace, 'same'), isNew: true })
    const many = await room.queues.add('flows', [
      ...jobs(1, { jobId: 'same' }),
      ...jobs(2, { jobId: 'twice' }),
    ])
    expect(many.ok && many.value.map(({ isNew }) => isNew)).toEqual([false, true, false])
    expect(await room.queues.get('flows', first.id, workspace)).toMatchObject({
      ok: true,
      value: { input: { index: 0 } },
    })
  })

  it('is tried again after a failure until it has had all its attempts, and keeps the last reason', async () => {
    const attempts: number[] = []
    await room.serve(
      {
        flows: async ({ attempt }) => {
          attempts.push(attempt)
          return err({ kind: 'again', reason: `attempt ${attempt} failed` })
        },
      },
      { declared: { flows: { backoffMs: 1 } } },
    )
    const { id } = await addOne()
    await eventually(async () => expect(await stateOf(id)).toBe('failed'))
    expect(attempts).toEqual([1, 2, 3])
    expect(await room.queues.get('flows', id, null)).toMatchObject({
      ok: true,
      value: { failedReason: 'attempt 3 failed' },
    })
    expect((await room.queues.retry('flows', id, null)).ok).toBe(true)
    await eventually(() => expect(attempts).toEqual([1, 2, 3, 1, 2, 3]))
  })

  it('fails for good at a permanent failure, and at the pause that a failure names it is tried again', async () => {
    const seen: string[] = []
    await room.serve(
      {
        flows: async ({ name, attempt }) => {
          seen.push(`${name} ${attempt}`)
          if (name === 'hopeless') return err({ kind: 'permanent', reason: 'it cannot be' })
          return attempt === 1 ? err({ kind: 'again', reason: 'soon', afterMs: 1 }) : ok(null)
        },
      },
      { declared: { flows: { backoffMs: 3_600_000 } } },
    )
    const hopeless = await addOne({ name: 'hopeless' })
    const hopeful = await addOne({ name: 'hopeful' })
    await eventually(async () => expect(await stateOf(hopeful.id)).toBe('completed'))
    await eventually(async () => expect(await stateOf(hopeless.id)).toBe('failed'))
    expect(seen.toSorted()).toEqual(['hopeful 1', 'hopeful 2', 'hopeless 1'])
  })

  it('whose handler throws says so without the message of the error, which could quote data', async () => {
    await room.serve({
      flows: async () => {
        throw new TypeError('somebody@example.com is not a function')
      },
    })
    const { id } = await addOne({ attempts: 1 })
    await eventually(async () => expect(await stateOf(id)).toBe('failed'))
    expect(await room.queues.get('flows', id, null)).toMatchObject({
      ok: true,
      value: { failedReason: 'The handler failed (TypeError).' },
    })
    const [kept] = await room.sql`select j.* from bullmq.job j where j.id = ${id}`
    expect(JSON.stringify(kept)).not.toContain('somebody')
    expect(JSON.stringify(kept)).not.toMatch(/\.ts:\d|\.js:\d/)
  })

  it('waits for its time when it is delayed, and runs at once when it is promoted', async () => {
    const { id } = await addOne({ delayMs: 3_600_000 })
    await room.serve({ flows: async () => ok(null) })
    expect(await stateOf(id)).toBe('delayed')
    expect(await room.queues.promote('flows', id, otherWorkspace)).toEqual({
      ok: false,
      error: { kind: 'job_not_found' },
    })
    expect((await room.queues.promote('flows', id, workspace)).ok).toBe(true)
    await eventually(async () => expect(await stateOf(id)).toBe('completed'))
    expect(await room.queues.promote('flows', id, null)).toEqual({
      ok: false,
      error: { kind: 'wrong_state', state: 'completed' },
    })
  })

  it('is removed when it has finished if it asks for that, and removes no others by what it asks for', async () => {
    await room.serve({ flows: async () => ok(null) })
    await room.queues.add('flows', jobs(3))
    await room.queues.add('flows', [
      ...jobs(1, { removeOnComplete: true, priority: 10 }),
      ...jobs(1, { removeOnComplete: 1, priority: 10 }),
    ])
    await eventually(async () => {
      const counts = await room.queues.counts()
      expect(counts.ok && counts.value.queues.flows).toMatchObject({ waiting: 0, active: 0, completed: 4 })
    })
  })

  it('that is more urgent runs first', async () => {
    const order: string[] = []
    await room.queues.add('flows', [
      ...jobs(1, { name: 'usual' }),
      ...jobs(1, { name: 'late', priority: 10 }),
      ...jobs(1, { name: 'urgent', priority: 1 }),
    ])
    await room.serve(
      {
        flows: async ({ name }) => {
          order.push(name)
          return ok(null)
        },
      },
      { declared: { flows: { concurrency: 1 } } },
    )
    await eventually(() => expect(order).toEqual(['urgent', 'usual', 'late']))
  })
})

describe('operators', () => {
  it('pause a queue, so that nothing of it begins until they resume it', async () => {
    await room.queues.pause('flows')
    await room.serve({ flows: async () => ok(null) })
    const { id } = await addOne()
    const counts = await room.queues.counts()
    expect(counts.ok && counts.value.queues.flows).toMatchObject({
      waiting: 1,
      isPaused: true,
      isServed: true,
    })
    await room.queues.resume('flows')
    await eventually(async () => expect(await stateOf(id)).toBe('completed'))
  })

  it('see the jobs of a state page by page, each once, and of one workspace only its own', async () => {
    await room.queues.add('flows', jobs(25))
    await room.queues.add('flows', jobs(5, { workspaceId: otherWorkspace }))
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const page = await room.queues.list('flows', { state: 'waiting', scope: null, cursor, rowsMax: 7 })
      if (!page.ok) throw new Error(page.error.kind)
      seen.push(...page.value.jobs.map(({ id }) => id))
      cursor = page.value.nextCursor
    } while (cursor !== null)
    expect(new Set(seen).size).toBe(30)
    expect(seen).toHaveLength(30)
    const own = await room.queues.list('flows', {
      state: 'waiting',
      scope: otherWorkspace,
      cursor: null,
      rowsMax: 100,
    })
    expect(own.ok && own.value.jobs.map((job) => job.workspaceId)).toEqual(Array(5).fill(otherWorkspace))
  })

  it('accept a cursor only for the list that gave it', async () => {
    await room.queues.add('flows', jobs(3))
    const question = { state: 'waiting', scope: null, cursor: null, rowsMax: 2 } as const
    const page = await room.queues.list('flows', question)
    const cursor = page.ok ? page.value.nextCursor : null
    expect(await room.queues.list('flows', { ...question, cursor })).toMatchObject({
      value: { jobs: [{}], nextCursor: null },
    })
    const refused = { ok: false, error: { kind: 'invalid_cursor' } }
    expect(await room.queues.list('ai', { ...question, cursor })).toEqual(refused)
    expect(await room.queues.list('flows', { ...question, state: 'failed', cursor })).toEqual(refused)
    for (const odd of ['x', '7', toOpaqueText({ queue: 'flows', state: 'waiting', before: '1e3' })])
      expect(await room.queues.list('flows', { ...question, cursor: odd })).toEqual(refused)
  })

  it('cancel a job that has not begun, and it is gone', async () => {
    const { id } = await addOne()
    expect(await room.queues.cancel('flows', id, otherWorkspace)).toEqual({
      ok: false,
      error: { kind: 'job_not_found' },
    })
    expect(await room.queues.cancel('flows', id, workspace)).toEqual({
      ok: true,
      value: { id, outcome: 'removed' },
    })
    expect(await stateOf(id)).toBe('job_not_found')
  })

  it.each(['exports', 'imports'] as const)(
    'cancelled or cleaned before they begin, leave nothing of %s to wait for them',
    async (queue) => {
      const name = queue === 'exports' ? 'exportId' : 'importId'
      const make = async (id: string) => {
        if (queue === 'exports')
          await room.sql`insert into private.exports (workspace_id, id, format) values (${workspace}, ${id}, 'csv')`
        else
          await room.sql`insert into private.imports (workspace_id, id, file, status, size_bytes)
            values (${workspace}, ${id}, 'imports/x', 'queued', 3)`
        const added = await room.queues.add(queue, [
          { name: queue, workspaceId: workspace, input: { [name]: id } },
        ])
        return added.ok ? (added.value[0]?.id ?? '') : ''
      }
      const cancelled = await make('cancelled')
      await make('cleaned')
      await make('kept')
      expect((await room.queues.cancel(queue, cancelled, workspace)).ok).toBe(true)
      const cleaning = { state: 'waiting', olderThanMs: 0, jobsMax: 1 } as const
      expect(await room.queues.clean(queue, cleaning)).toEqual({ ok: true, value: 1 })
      const rows = await room.sql`
        select id, status, failure from ${room.sql(`private.${queue}`)} order by id`
      const failed = { status: 'failed', failure: 'The job was cancelled.' }
      expect(rows).toEqual([
        { id: 'cancelled', ...failed },
        { id: 'cleaned', ...failed },
        { id: 'kept', status: 'queued', failure: null },
      ])
    },
  )

  it('cancel a job that runs: its signal is aborted, and it fails for good whatever attempts it has left', async () => {
    let aborted = false
    await room.serve({
      flows: ({ signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            aborted = true
            resolve(err({ kind: 'again', reason: 'stopped' }))
          })
        }),
    })
    const { id } = await addOne()
    await eventually(async () => expect(await stateOf(id)).toBe('active'))
    expect(await room.queues.cancel('flows', id, null)).toEqual({
      ok: true,
      value: { id, outcome: 'stopping' },
    })
    await eventually(() => expect(aborted).toBe(true))
    await eventually(async () => expect(await stateOf(id)).toBe('failed'))
    expect(await room.queues.get('flows', id, null)).toMatchObject({
      ok: true,
      value: { failedReason: 'The job was cancelled.', attempts: { made: 1, max: 3 } },
    })
  })

  it('cancel a job that runs, also when word of it comes before the process knows that it runs the job', async () => {
    const stopped: string[] = []
    await room.serve({
      flows: ({ id, signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            stopped.push(id)
            resolve(err({ kind: 'again', reason: 'stopped' }))
          })
        }),
    })
    const id = jobIdOf(workspace, 'early')
    await room.sql`select pg_notify('boardcache_cancelled_jobs', ${`flows 1 ${id}`})`
    await addOne({ jobId: 'early' })
    await eventually(() => expect(stopped).toEqual([id]))
  })

  it('clean a state, and of all that is older', async () => {
    await room.queues.add('flows', jobs(10))
    await room.queues.add('flows', jobs(10, { delayMs: 3_600_000 }))
    const clean = (state: 'waiting' | 'delayed', olderThanMs: number) =>
      room.queues.clean('flows', { state, olderThanMs, jobsMax: 7 })
    expect(await clean('waiting', 3_600_000)).toEqual({ ok: true, value: 0 })
    expect(await clean('waiting', 0)).toEqual({ ok: true, value: 7 })
    expect(await clean('delayed', 0)).toEqual({ ok: true, value: 7 })
    const counts = await room.queues.counts()
    expect(counts.ok && counts.value.queues.flows).toMatchObject({ waiting: 3, delayed: 3 })
  })

  it('read what was run, by all processes together', async () => {
    const served = await room.serve({
      flows: async ({ name }) =>
        name === 'work' ? ok(null) : err({ kind: 'permanent', reason: 'no such step' }),
    })
    await room.queues.add('flows', [...jobs(8), ...jobs(2, { name: 'other' })])
    await eventually(async () => {
      const counts = await room.queues.counts()
      expect(counts.ok && counts.value.queues.flows).toMatchObject({ completed: 8, failed: 2 })
    })
    await served.stop()
    const statistics = await room.queues.statistics()
    const expected = {
      completed: 8,
      failed: 2,
      failedRuns: 2,
      failureRate: 0.2,
      reasons: [{ reason: 'no such step', count: 2 }],
    }
    expect(statistics.ok && statistics.value.queues.flows).toMatchObject({
      lastHour: expected,
      lastDay: expected,
    })
    expect(statistics.ok && statistics.value.queues.flows.lastHour.waitTime).not.toBeNull()
    expect(statistics.ok && statistics.value.queues.ai.lastHour.runTime).toBeNull()
  })
})
