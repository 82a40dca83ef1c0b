import type postgres from 'postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ok } from '../../shared/result.ts'
import { eventually } from '../support/eventually.ts'
import { jobs, type QueueRoom, startQueueRoom } from './queue-room.ts'

let room: QueueRoom

beforeAll(async () => {
  room = await startQueueRoom()
  await room.sql`alter system set deadlock_timeout = '50ms'`
  await room.sql`select pg_reload_conf()`
  await room.sql`create table public.rows (id text primary key, changes integer not null)`
})

afterAll(() => room.stop())

beforeEach(async () => {
  await room.clear()
  await room.sql`truncate public.rows`
  await room.sql`insert into public.rows values ('a', 0), ('b', 0), ('c', 0)`
})

/** Jobs that every way of going through them takes in this order. */
const addThree = () =>
  room.queues.add(
    'flows',
    ['a', 'b', 'c'].flatMap((jobId) => jobs(1, { jobId, delayMs: 60_000 })),
  )

/** Changes all rows, one after the other. */
const changeAll = `
  do $$
  begin
    update public.rows set changes = changes + 1 where id = 'a';
    update public.rows set changes = changes + 1 where id = 'b';
    update public.rows set changes = changes + 1 where id = 'c';
  end
  $$`

/**
 * Runs a call that locks three rows in their order. Another transaction has locked the last of them and waits for the first, which the call
 * holds. Postgres looks for a deadlock once, some time after a wait began. So a third transaction keeps the call from the row between them
 * until the other one waits: then it is the call that finds the deadlock and is undone. Answers what became of the call in the end.
 */
async function crossed<Value>(table: 'public.rows' | 'bullmq.job', call: () => Promise<Value>) {
  let calling: Promise<Value> | undefined
  await room.sql.begin(async (other) => {
    await other`set local deadlock_timeout = '1min'`
    await lock(other, table, 2)
    let waiting: Promise<unknown> | undefined
    await room.sql.begin(async (between) => {
      const pids = [await pidOf(other), await pidOf(between)]
      await lock(between, table, 1)
      calling = call()
      calling.catch(() => undefined)
      await eventually(async () => expect(await waitingFor(pids[1])).toBe(true))
      waiting = lock(other, table, 0)
      await eventually(async () => expect(await isWaiting(pids[0])).toBe(true))
    })
    // The call holds the first row until it is undone.
    await waiting
  })
  return await calling
}

const lock = async (sql: postgres.TransactionSql, table: string, position: number) =>
  await sql`
    select from ${sql(table)} r
    where r.id = (select o.id from ${sql(table)} o order by o.id offset ${position} limit 1) for update of r`

async function pidOf(sql: postgres.TransactionSql): Promise<number> {
  const [row] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`
  return row?.pid ?? 0
}

/** Whether somebody waits for this session. */
async function waitingFor(pid = 0): Promise<boolean> {
  const rows = await room.sql`select from pg_stat_activity a where ${pid} = any (pg_blocking_pids(a.pid))`
  return rows.length > 0
}

async function isWaiting(pid = 0): Promise<boolean> {
  const rows = await room.sql`select where cardinality(pg_blocking_pids(${pid})) > 0`
  return rows.length > 0
}

describe('a deadlock', () => {
  it('of a call of the API ends in its success', async () => {
    await addThree()
    const request = { state: 'delayed', olderThanMs: 0, jobsMax: 10 } as const
    expect(await crossed('bullmq.job', () => room.queues.clean('flows', request))).toEqual(ok(3))
    expect(await room.sql`select from bullmq.job`).toHaveLength(0)
  })

  it("of an action on the queues' board ends in its success", async () => {
    await addThree()
    const board = room.boardQueues().find(({ name }) => name === 'flows')
    const removed = await crossed('bullmq.job', async () => await board?.clean(0, 10, 'delayed'))
    expect(removed).toHaveLength(3)
    expect(await room.sql`select from bullmq.job`).toHaveLength(0)
  })

  it("of a handler's own statement ends in its success", async () => {
    await crossed('public.rows', () => room.database.query(changeAll))
    expect(await room.sql`select distinct changes from public.rows`).toEqual([{ changes: 1 }])
  })

  it('of an effect spends no attempt of its job, and the effect happens once', async () => {
    const begun = Promise.withResolvers<void>()
    const mayChange = Promise.withResolvers<void>()
    await room.serve({
      flows: async (job) => {
        begun.resolve()
        await mayChange.promise
        await job.once((database) => database.query(changeAll))
        return ok(null)
      },
    })
    await room.queues.add('flows', jobs(1))
    await begun.promise
    await crossed('public.rows', async () => {
      mayChange.resolve()
      await eventually(async () => {
        const [job] = await room.sql`select j.state::text, j.attempts_made from bullmq.job j`
        expect(job).toEqual({ state: 'completed', attempts_made: 1 })
      })
    })
    expect(await room.sql`select distinct changes from public.rows`).toEqual([{ changes: 1 }])
  })

  it('that comes back every time ends in the refusal after as many tries as are allowed', async () => {
    await room.sql`create sequence public.tries`
    const losing = `do $$ begin perform nextval('public.tries'); raise exception using errcode = '40P01'; end $$`
    await expect(room.database.query(losing)).rejects.toMatchObject({ code: '40P01' })
    expect(await room.sql`select last_value::integer from public.tries`).toEqual([{ last_value: 4 }])
  })
})

describe('the claim of a job and the sweep', () => {
  it('wait for no job, start or mark that another transaction holds, so that they are in no deadlock', async () => {
    const claim = () => room.sql`
      select c.id from private.claim_job('messages', ${crypto.randomUUID()}, 15000, ${Date.now() + 60_000}, 'p', 5, 60000, 100) c`
    await room.queues.add('messages', jobs(1))
    const [first] = await claim()
    expect(first?.['id']).toBeTypeOf('string')
    await room.queues.add('messages', jobs(2, { delayMs: 1 }))
    await room.sql`
      update private.job_starts set free_at = now() - interval '1 hour'`
    await room.sql`
      insert into private.job_marks (queue, job_id, marked_at) values ('messages', 'gone', now() - interval '1 day')`
    await room.sql.begin(async (other) => {
      await other`select from bullmq.job where state = 'delayed' for update`
      await other`select from private.job_starts for update`
      await other`select from private.job_marks for update`
      expect(await room.sql`select private.sweep_jobs(60, 10)::integer as swept`).toEqual([{ swept: 0 }])
      expect(await claim()).toEqual([{ id: null }])
    })
    const [next] = await claim()
    expect(next?.['id']).toBeTypeOf('string')
    expect(await room.sql`select private.sweep_jobs(60, 10)::integer as swept`).toEqual([{ swept: 1 }])
  })
})
