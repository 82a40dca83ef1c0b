import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ok } from '../../shared/result.ts'
import { createDice } from '../support/dice.ts'
import { eventually } from '../support/eventually.ts'
import { createRandom } from '../support/random.ts'
import { jobs, type QueueRoom, startQueueRoom } from './queue-room.ts'

let room: QueueRoom

beforeAll(async () => {
  room = await startQueueRoom()
})

afterAll(() => room.stop())

beforeEach(() => room.clear())

/** The counts that the queues answer, and those of the jobs themselves. */
async function bothCounts() {
  const counts = await room.queues.counts()
  if (!counts.ok) throw new Error(counts.error.kind)
  const { waiting, active, completed, failed, delayed } = counts.value.queues.flows
  const rows = await room.sql`
    select j.state::text as state, count(*)::integer as jobs from bullmq.job j where j.queue = 'flows' group by j.state`
  const of = (state: string) => rows.find((row) => row['state'] === state)?.['jobs'] ?? 0
  return {
    answered: { waiting, active, completed, failed, delayed },
    true: {
      waiting: of('waiting'),
      active: of('active'),
      completed: of('completed'),
      failed: of('failed'),
      delayed: of('delayed'),
    },
  }
}

const someId = async (state: string) => {
  const [row] = await room.sql`
    select j.id from bullmq.job j where j.queue = 'flows' and j.state::text = ${state} order by random() limit 1`
  return String(row?.['id'])
}

const move = (call: string) => room.sql.unsafe(`select ${call}`)
const nowMs = '(extract(epoch from clock_timestamp()) * 1000)::bigint'

/** Everything that changes the state of a job, as the API, the workers and their processes do it. */
const changes: Readonly<Record<string, () => Promise<unknown>>> = {
  add: () => room.queues.add('flows', jobs(3)),
  addTwice: () => room.queues.add('flows', jobs(2, { jobId: 'same' })),
  addDelayed: () => room.queues.add('flows', jobs(2, { delayMs: 3_600_000 })),
  addWithRow: () => room.sql`select private.add_job('flows', 'work', '15213', '{}')`,
  addOther: () => room.queues.add('ai', jobs(1)),
  undo: () =>
    room.sql
      .begin(async (sql) => {
        await sql`select private.add_job('flows', 'work', '15213', '{}')`
        throw new Error('undone')
      })
      .catch(() => undefined),
  claim: () => move(`bullmq.move_to_active('flows', 't', 60000, ${nowMs}, 'p', null, null)`),
  complete: async () =>
    await room.sql`select bullmq.move_to_completed('flows', ${await someId('active')}, 't', null, 0, false, null, 2)`.catch(
      () => undefined,
    ),
  fail: async () =>
    await room.sql`select bullmq.move_to_failed('flows', ${await someId('active')}, 't', '', null, 0, false, null, 2)`.catch(
      () => undefined,
    ),
  handBack: async () =>
    await room.sql`select bullmq.move_active_to_wait('flows', ${await someId('active')}, 't', 0)`,
  retry: async () => await room.queues.retry('flows', await someId('failed'), null),
  promote: async () => await room.queues.promote('flows', await someId('delayed'), null),
  cancel: async () => await room.queues.cancel('flows', await someId('waiting'), null),
  cancelDelayed: async () => await room.queues.cancel('flows', await someId('delayed'), null),
  clean: () => room.queues.clean('flows', { state: 'waiting', olderThanMs: 0, jobsMax: 2 }),
  fold: () => room.sql`select private.fold_job_tallies()`,
}

describe('counts', () => {
  it.each([1, 2, 3])('are those of the jobs, whatever is done to them at once (seed %i)', async (seed) => {
    const dice = createDice(createRandom(seed))
    const names = Object.keys(changes)
    for (let step = 0; step < 40; step += 1) {
      const chosen = Array.from({ length: dice.between(1, 4) }, () => dice.shuffled(names)[0] ?? 'add')
      await Promise.all(chosen.map((name) => changes[name]?.()))
      const counts = await bothCounts()
      expect(counts.answered, chosen.join(', ')).toEqual(counts.true)
    }
  })

  it('stay what they are when their parts are put together', async () => {
    for (let added = 0; added < 600; added += 1) {
      await room.sql`select private.add_job('flows', 'work', '15213', '{}', null, null, ${added % 2 === 0 ? 0 : 3_600_000})`
    }
    await room.sql`select private.fold_job_tallies()`
    const [parts] = await room.sql`select count(*)::integer as parts from private.job_tallies`
    expect(parts).toEqual({ parts: 1 })
    expect((await bothCounts()).answered).toMatchObject({ waiting: 300, delayed: 300 })
  })

  it('begin with the jobs that were there before they were kept', async () => {
    await room.sql`drop trigger boardcache_tally_added on bullmq.job`
    await room.queues.add('flows', jobs(7))
    expect((await bothCounts()).answered.waiting).toBe(0)
    await room.serve({})
    expect((await bothCounts()).answered.waiting).toBe(7)
  })

  it('tell how long the job has waited that was due first, which need not be the one added first', async () => {
    await room.queues.add('flows', jobs(1, { jobId: 'promoted', delayMs: 1 }))
    await room.queues.add('flows', jobs(1, { jobId: 'usual' }))
    await room.sql`
      update bullmq.job j set added_at_ms = added_at_ms - 90000, state = 'waiting', process_at_ms = added_at_ms - 1000
      where j.id like '%promoted'`
    await room.sql`update bullmq.job j set added_at_ms = added_at_ms - 60000 where j.id like '%usual'`
    const counts = await room.queues.counts()
    expect(counts.ok && Math.floor(counts.value.queues.flows.oldestWaitingMs / 10_000)).toBe(6)
  })
})

it('of finished jobs at least the declared number is kept, and no more than some twenty beyond it', async () => {
  await room.serve(
    { flows: async () => ok(null) },
    { declared: { flows: { kept: { completed: 5, failed: 5 } } } },
  )
  await room.queues.add('flows', jobs(95))
  await eventually(async () => {
    const counts = await bothCounts()
    expect(counts.answered).toMatchObject({ waiting: 0, active: 0 })
  })
  const { completed } = (await bothCounts()).answered
  expect(completed).toBeGreaterThanOrEqual(5)
  expect(completed).toBeLessThanOrEqual(25)
})

it('jobs leave no events behind, which nobody reads', async () => {
  await room.serve({ flows: async () => ok(null) })
  await room.queues.add('flows', jobs(1))
  await room.queues.add('flows', jobs(3))
  await eventually(async () => expect((await bothCounts()).answered.completed).toBe(4))
  expect(await room.sql`select from bullmq.event`).toHaveLength(0)
})
