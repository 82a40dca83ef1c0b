import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { RunningJob } from '../../origin/queues/handler.ts'
import { deploymentId } from '../../shared/ids.ts'
import { ok } from '../../shared/result.ts'
import { eventually } from '../support/eventually.ts'
import { type QueueRoom, startQueueRoom, workspace } from './queue-room.ts'

let room: QueueRoom

beforeAll(async () => {
  room = await startQueueRoom()
})

afterAll(() => room.stop())

beforeEach(() => room.clear())

const ids = async () => (await room.sql`select j.id from bullmq.job j order by j.seq`).map(({ id }) => id)

describe('private.add_job', () => {
  it('adds a job in the transaction of its row: both are there, or neither', async () => {
    const addTo = (id: string) =>
      room.sql`select private.add_job('webhooks', 'send', '15213', '{"row": 1}', ${id})`
    await expect(
      room.sql.begin(async (sql) => {
        await sql`select private.add_job('webhooks', 'send', '15213', '{"row": 1}', 'lost')`
        throw new Error('the row cannot be written')
      }),
    ).rejects.toThrow('the row cannot be written')
    await addTo('kept')
    await addTo('kept')
    expect(await ids()).toEqual(['15213~kept'])
    expect(await room.queues.get('webhooks', '15213~kept', workspace)).toMatchObject({
      ok: true,
      value: {
        name: 'send',
        input: { row: 1 },
        priority: 5,
        attempts: { made: 0, max: 3 },
        state: 'waiting',
      },
    })
  })

  it('takes what the queue declares, and what the caller asks for instead', async () => {
    await room.sql`select private.add_job('emails', 'one', '15213', '{}')`
    await room.sql`select private.add_job('emails', 'two', '15213', '{}', null, 1, 60000, 7)`
    const rows =
      await room.sql`select j.name, j.state::text as state, j.priority, j.max_attempts from bullmq.job j order by j.name`
    expect(rows).toEqual([
      { name: 'one', state: 'waiting', priority: 5, max_attempts: 5 },
      { name: 'two', state: 'delayed', priority: 1, max_attempts: 7 },
    ])
  })

  it('adds nothing, and fails nothing, where the deployment has no queues', async () => {
    await room.sql
      .begin(async (sql) => {
        await sql`drop schema bullmq cascade`
        const [answer] = await sql`select private.add_job('webhooks', 'send', '15213', '{}') as id`
        expect(answer?.['id']).toBeNull()
        throw new Error('undo')
      })
      .catch((error: Error) => expect(error.message).toBe('undo'))
  })

  it('refuses ids that BullMQ could not tell apart from its own, and inputs over the bound', async () => {
    const add = (id: string, input: string) =>
      room.sql`select private.add_job('webhooks', 'send', '15213', ${input}::jsonb, ${id})`
    await expect(add('a:b', '{}')).rejects.toThrow('p_job_id')
    await expect(add('', '{}')).rejects.toThrow('p_job_id')
    await expect(add('a', JSON.stringify({ text: 'x'.repeat(70_000) }))).rejects.toThrow('p_input')
  })
})

describe('what follows from a row of the outbox', () => {
  it('is added when the Worker has the row, in the transaction that removes it', async () => {
    await room.sql`
      create or replace function private.add_event_jobs(p_workspace text, p_event uuid, p_tags text[]) returns void
      language plpgsql volatile set search_path = '' as $$
      begin
        perform private.add_job('webhooks', 'event', p_workspace, '{}', p_event::text);
      end $$`
    await room.sql`delete from private.outbox`
    const written = await room.sql`
      insert into private.outbox (workspace_id, tags, due_at) values ('15213', '{contacts}', now()), ('15214', '{contacts}', now())
      returning id, event_id as "eventId", workspace_id`
    const keys = written.map(({ id, eventId }) => ({ id: Number(id), eventId }))
    const [first] = await room.sql`select public.outbox_acknowledge(${room.sql.json(keys)}) as answer`
    const [again] = await room.sql`select public.outbox_acknowledge(${room.sql.json(keys)}) as answer`
    expect(first?.['answer']).toEqual({ outcome: 'ok', removed: 2 })
    expect(again?.['answer']).toEqual({ outcome: 'ok', removed: 0 })
    expect((await ids()).toSorted()).toEqual(
      written.map(({ workspace_id: of, eventId }) => `${of}~${eventId}`).toSorted(),
    )
  })
})

describe('a schedule', () => {
  it('that several processes share is run once at each of its instants, and every run says which one it is', async () => {
    const runs: RunningJob[] = []
    const schedules = [
      { queue: 'analytics', id: 'every-second', name: 'tick', pattern: '* * * * * *' },
    ] as const
    for (let processes = 0; processes < 2; processes += 1) {
      await room.serve(
        {
          analytics: async (job) => {
            runs.push(job)
            return ok(null)
          },
        },
        { schedules },
      )
    }
    await eventually(() => expect(runs.length).toBeGreaterThanOrEqual(3))
    const instants = runs.map(({ dueAtMs }) => dueAtMs)
    expect(new Set(instants).size).toBe(instants.length)
    for (const instant of instants) expect(instant % 1_000).toBe(0)
    for (const run of runs) expect(run).toMatchObject({ name: 'tick', workspaceId: deploymentId, data: {} })
  })
})
