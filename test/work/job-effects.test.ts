import type pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Effect, JobHandler, RunningJob } from '../../origin/queues/handler.ts'
import { err, ok } from '../../shared/result.ts'
import { eventually } from '../support/eventually.ts'
import { jobs, type QueueRoom, startQueueRoom } from './queue-room.ts'

let room: QueueRoom

beforeAll(async () => {
  room = await startQueueRoom()
  await room.sql`create table public.effects (job_id text not null, attempt integer not null)`
})

afterAll(() => room.stop())

beforeEach(async () => {
  await room.clear()
  await room.sql`truncate public.effects`
})

const addOne = async (queue: 'flows' | 'imports' = 'flows') => {
  const added = await room.queues.add(queue, jobs(1))
  if (!added.ok || added.value[0] === undefined) throw new Error('not added')
  return added.value[0].id
}

const jobOf = async (id: string, queue: 'flows' | 'imports' = 'flows') => {
  const job = await room.queues.get(queue, id, null)
  if (!job.ok) throw new Error(job.error.kind)
  return job.value
}

const effectOf = (job: RunningJob) => async (database: pg.ClientBase) => {
  await database.query('insert into public.effects values ($1, $2)', [job.id, job.attempt])
}

const effects = async () => await room.sql`select e.job_id, e.attempt from public.effects e`

/** As if the process that runs the job had died: its lock has run out, and one look has passed. */
const letItStall = (id: string) =>
  room.sql`update bullmq.job set locked_until_ms = 0, stalled_marked = true where id = ${id} and state = 'active'`

/** The runs of a dead process would not take places in a living one, as they do here. */
const roomForTheDead = { declared: { flows: { concurrency: 20 } } }

const never = () => new Promise<never>(() => undefined)

describe('the effect of a job', () => {
  it('happens once although its process dies ten times in a row after the effect and before the end', async () => {
    const told: Effect<void>['status'][] = []
    await room.serve(
      {
        flows: async (job) => {
          const effect = await job.once(effectOf(job))
          told.push(effect.status)
          if (told.length <= 10) {
            await letItStall(job.id)
            await never()
          }
          return ok(null)
        },
      },
      roomForTheDead,
    )
    const id = await addOne()
    await eventually(async () => expect((await jobOf(id)).state).toBe('completed'), { deadlineMs: 25_000 })
    expect(told).toEqual(['done', ...Array(10).fill('known')])
    expect(await effects()).toHaveLength(1)
    // An interrupted run is no failed attempt.
    expect((await jobOf(id)).attempts.made).toBe(1)
  })

  it('happens once although its process dies ten times in a row in the middle of it', async () => {
    let runs = 0
    await room.serve(
      {
        flows: async (job) => {
          runs += 1
          const isDying = runs <= 10
          const effect = job.once(async (database) => {
            await effectOf(job)(database)
            if (!isDying) return
            await letItStall(job.id)
            // So ends the transaction of a process that is gone.
            await room.sql`
              select pg_terminate_backend(a.pid) from pg_stat_activity a
              where a.application_name = 'boardcache-queues' and a.query like 'insert into public.effects%'`
            await never()
          })
          // The dead learn of nothing.
          return ok((await (isDying ? effect.catch(never) : effect)).status)
        },
      },
      roomForTheDead,
    )
    const id = await addOne()
    await eventually(async () => expect((await jobOf(id)).state).toBe('completed'), { deadlineMs: 25_000 })
    expect((await jobOf(id)).result).toBe('done')
    expect(await effects()).toHaveLength(1)
  })

  it('spends no attempt when the database goes away under it', async () => {
    const attempts: number[] = []
    await room.serve({
      flows: async (job) => {
        attempts.push(job.attempt)
        await job.once(async (database) => {
          await effectOf(job)(database)
          if (attempts.length > 5) return
          await room.sql`
            select pg_terminate_backend(a.pid) from pg_stat_activity a
            where a.application_name = 'boardcache-queues' and a.query like 'insert into public.effects%'`
          await database.query('select 1')
        })
        return ok(null)
      },
    })
    const id = await addOne()
    await eventually(async () => expect((await jobOf(id)).state).toBe('completed'))
    expect(attempts).toEqual([1, 1, 1, 1, 1, 1])
    expect(await effects()).toHaveLength(1)
  })

  it('leaves nothing when it fails, and may then happen in the next attempt', async () => {
    const handler: JobHandler = async (job) => {
      await job.once(async (database) => {
        await effectOf(job)(database)
        if (job.attempt === 1) throw new Error('half way')
      })
      return ok(null)
    }
    await room.serve({ flows: handler }, { declared: { flows: { backoffMs: 1 } } })
    const id = await addOne()
    await eventually(async () => expect((await jobOf(id)).state).toBe('completed'))
    expect(await effects()).toEqual([{ job_id: id, attempt: 2 }])
  })

  it('does not happen again when a job is added again under its id after it is gone', async () => {
    const told: string[] = []
    await room.serve({
      flows: async (job) => {
        told.push((await job.once(effectOf(job))).status)
        return ok(null)
      },
    })
    for (const expected of [['done'], ['done', 'known']]) {
      await room.queues.add('flows', jobs(1, { jobId: 'an-event', removeOnComplete: true }))
      await eventually(() => expect(told).toEqual(expected))
      await eventually(async () => expect(await room.sql`select from bullmq.job`).toHaveLength(0))
    }
    expect(await effects()).toHaveLength(1)
  })
})

describe('a time limit', () => {
  it('aborts the signal of a run, and a handler that heeds it has failed this attempt', async () => {
    const heeded: number[] = []
    await room.serve(
      {
        flows: (job) =>
          new Promise((resolve) => {
            if (job.attempt === 2) resolve(ok('in time'))
            job.signal.addEventListener('abort', () => {
              heeded.push(job.attempt)
              resolve(err({ kind: 'again', reason: 'stopped' }))
            })
          }),
      },
      { declared: { flows: { runMaxMs: 50, backoffMs: 1 } } },
    )
    const id = await addOne()
    await eventually(async () => expect((await jobOf(id)).state).toBe('completed'))
    expect(heeded).toEqual([1])
    expect((await jobOf(id)).attempts.made).toBe(2)
  })

  it('gives a deaf run up, and refuses the effect that it attempts later', async () => {
    let later: () => Promise<Effect<void>> = never
    await room.serve(
      {
        imports: async (job) => {
          later = () => job.once(effectOf(job))
          return await never()
        },
      },
      { declared: { imports: { runMaxMs: 50 } } },
    )
    const id = await addOne('imports')
    await eventually(async () => expect((await jobOf(id, 'imports')).state).toBe('failed'))
    expect((await jobOf(id, 'imports')).failedReason).toBe('The run took longer than its queue allows.')
    expect(await later()).toEqual({ status: 'given_up' })
    expect(await effects()).toHaveLength(0)
  })

  it('undoes an effect that is under way when its run is given up', async () => {
    let isUnderWay = false
    await room.serve(
      {
        imports: async (job) => {
          await job.once(async (database) => {
            await effectOf(job)(database)
            isUnderWay = true
            await never()
          })
          return ok(null)
        },
      },
      { declared: { imports: { runMaxMs: 200 } } },
    )
    const id = await addOne('imports')
    await eventually(async () => expect((await jobOf(id, 'imports')).state).toBe('failed'))
    expect(isUnderWay).toBe(true)
    expect(await effects()).toHaveLength(0)
    const [mark] = await room.sql`select m.done_at, m.runs_given_up from private.job_marks m`
    expect(mark).toEqual({ done_at: null, runs_given_up: 1 })
  })

  it('counts a run as done whose effect was there before it was given up', async () => {
    await room.serve(
      {
        imports: async (job) => {
          await job.once(effectOf(job))
          return await never()
        },
      },
      { declared: { imports: { runMaxMs: 200 } } },
    )
    const id = await addOne('imports')
    await eventually(async () => expect((await jobOf(id, 'imports')).state).toBe('completed'))
    expect(await effects()).toHaveLength(1)
  })
})

describe('the end of a process', () => {
  it('lets a short job finish, and hands a long one and a deaf one back without an attempt of theirs', async () => {
    const begun = new Set<string>()
    const late: (() => Promise<Effect<void>>)[] = []
    let finishShort = () => {}
    const served = await room.serve(
      {
        flows: (job) =>
          new Promise((resolve) => {
            begun.add(job.name)
            if (job.name === 'short') finishShort = () => resolve(ok(null))
            if (job.name === 'long') {
              job.signal.addEventListener('abort', () => resolve(err({ kind: 'again', reason: 'stopped' })))
            }
            if (job.name === 'deaf') late.push(() => job.once(effectOf(job)))
          }),
      },
      { drainMs: 300 },
    )
    await room.queues.add('flows', [
      ...jobs(1, { name: 'short', attempts: 1 }),
      ...jobs(1, { name: 'long', attempts: 1 }),
      ...jobs(1, { name: 'deaf', attempts: 1 }),
    ])
    await eventually(() => expect(begun.size).toBe(3))
    const stopping = served.stop()
    await room.queues.add('flows', jobs(1, { name: 'new' }))
    finishShort()
    expect(await stopping).toBe(true)
    const rows = await room.sql`
      select j.name, j.state::text as state, j.attempts_made from bullmq.job j order by j.name`
    expect(rows).toEqual([
      { name: 'deaf', state: 'waiting', attempts_made: 0 },
      { name: 'long', state: 'waiting', attempts_made: 0 },
      { name: 'new', state: 'waiting', attempts_made: 0 },
      { name: 'short', state: 'completed', attempts_made: 1 },
    ])
    for (const attempt of late) expect(await attempt()).toEqual({ status: 'given_up' })
    expect(await effects()).toHaveLength(0)

    // The next process does them, and their effects are not refused.
    await room.serve({
      flows: async (job) => {
        await job.once(effectOf(job))
        return ok(null)
      },
    })
    await eventually(async () => expect(await effects()).toHaveLength(3))
  })
})
