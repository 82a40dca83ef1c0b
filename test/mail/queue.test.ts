import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createEmailsInHandler } from '../../origin/queues/handlers/emails-in.ts'
import { systemClock } from '../../shared/clock.ts'
import { deploymentId } from '../../shared/ids.ts'
import { eventually } from '../support/eventually.ts'
import { mail, mailFrom } from '../support/mail.ts'
import { createHandlerRuns, type HandlerRuns } from '../work/handler-runs.ts'
import { workspace } from '../work/queue-room.ts'
import { type MailRoom, startMailRoom } from './mail-room.ts'

let room: MailRoom
let runs: HandlerRuns

beforeAll(async () => {
  room = await startMailRoom()
  runs = createHandlerRuns(room.url)
}, 120_000)
afterAll(async () => {
  await runs.stop()
  await room.stop()
})
beforeEach(() => room.clear())

const handler = () => createEmailsInHandler({ database: room.database, clock: systemClock, random: () => 0 })
const serve = () => room.serve({ 'emails-in': handler() })
const slow = { isSlow: true }

const jobs = () =>
  room.sql`select j.id, j.data, j.priority, j.state::text as state from bullmq.job j order by j.priority, j.id`
const states = async () =>
  (
    await room.sql`select e.state, count(*)::int as messages from private.inbound_emails e group by 1 order by 1`
  ).map((row) => `${row['messages']} ${row['state']}`)
const claims = () => room.sql`select e.id, e.times_queued from private.inbound_emails e`
const communications = () => room.sql`select c.id from public.communications c`

const process = async (attempt = 1) => {
  const [claim] = await claims()
  const job = {
    queue: 'emails-in' as const,
    id: '15213~mail-job',
    workspaceId: workspace,
    name: 'process',
    data: { id: claim?.['id'] },
  }
  return runs.run(handler(), { ...job, attempt })
}

describe('the queue', () => {
  it('takes the messages of a workspace beyond 50 in a minute, and none when the minute is over', async () => {
    for (let count = 0; count < 50; count += 1)
      expect(await room.take(mailFrom(`s${count}@freemail.example`))).toMatchObject({ status: 'processed' })
    expect(await room.take(mailFrom('s50@freemail.example'))).toMatchObject({
      status: 'queued',
      priority: 'normal',
    })
    await room.letPass(61)
    expect(await room.take(mailFrom('s51@freemail.example'))).toMatchObject({ status: 'processed' })
  })

  it('takes new messages while the database is slow, and makes of each one communication', async () => {
    const messages = Array.from({ length: 8 }, () => mail())
    for (const message of messages) expect(await room.take(message, slow)).toMatchObject({ status: 'queued' })
    expect(
      await room.take(mail({ messageId: messages[0]?.messageId ?? '', digest: messages[0]?.digest ?? '' })),
    ).toMatchObject({
      ...{ status: 'seen', state: 'processing', processedAt: null },
    })
    expect(await communications()).toHaveLength(0)
    await serve()
    await eventually(async () => expect(await states()).toEqual(['8 processed']))
    expect(await communications()).toHaveLength(8)
    expect(await room.sql`select from public.contacts where source = 'email'`).toHaveLength(1)
    expect(await room.sql`select from private.inbound_emails where mail is not null`).toHaveLength(0)
  })

  it('puts important messages and known contacts first, unimportant and automatic ones last', async () => {
    await room.take(mail())
    const priority = async (message: Parameters<MailRoom['take']>[0]) => {
      const outcome = await room.take(message, slow)
      return outcome.status === 'queued' ? outcome.priority : outcome.status
    }
    expect(await priority(mail())).toBe('high')
    expect(await priority(mail({ importance: 'low' }))).toBe('normal')
    expect(await priority(mailFrom('bo@ek.example'))).toBe('normal')
    expect(await priority(mailFrom('bo@ek.example', { importance: 'high' }))).toBe('high')
    expect(await priority(mailFrom('bo@ek.example', { importance: 'low' }))).toBe('low')
    expect(await priority(mail({ automated: 'list' }))).toBe('low')
    expect((await jobs()).map((job) => job['priority'])).toEqual([1, 1, 5, 5, 10, 10])
    const [queue] = await room.sql`select public.inbound_email_queue('15213') as answer`
    expect(queue?.['answer']).toEqual({
      outcome: 'ok',
      high: 2,
      normal: 2,
      low: 2,
      oldestMs: expect.any(Number),
    })
    const [other] = await room.sql`select public.inbound_email_queue('15214') as answer`
    expect(other?.['answer']).toEqual({ outcome: 'ok', high: 0, normal: 0, low: 0, oldestMs: 0 })
  })

  it('gets the id of a message and nothing of its contents', async () => {
    await room.take(mail({ text: 'Confidential' }), slow)
    const [claim] = await claims()
    expect(await jobs()).toMatchObject([{ data: { workspaceId: '15213', input: { id: claim?.['id'] } } }])
  })

  it('has no job of a message that was not committed, and no message without its job', async () => {
    await expect(
      room.sql.begin(async (sql) => {
        await sql`select public.inbound_email_take(${JSON.stringify(mail())}::text::jsonb, null, true)`
        throw new Error('undone')
      }),
    ).rejects.toThrow('undone')
    expect(await jobs()).toHaveLength(0)
    expect(await claims()).toHaveLength(0)
  })
})

describe('a job', () => {
  it('that runs twice, or when another job was first, makes one communication', async () => {
    await room.take(mail(), slow)
    expect(await process()).toMatchObject({ ok: true, value: { communicationId: expect.any(String) } })
    expect(await process()).toMatchObject({ ok: true })
    expect(await communications()).toHaveLength(1)
  })

  it('of another workspace does not reach the message', async () => {
    await room.take(mail(), slow)
    const [claim] = await claims()
    const ran = await room.sql`select private.run_mail_job('15214', ${claim?.['id']}) as ran`
    expect(ran[0]?.['ran']).toEqual({ outcome: 'not_found' })
    expect(await states()).toEqual(['1 queued'])
  })

  it('that names no message fails for good', async () => {
    const job = { queue: 'emails-in' as const, id: 'x', workspaceId: workspace, name: 'process' }
    expect(await runs.run(handler(), { ...job, data: {} })).toMatchObject({
      ok: false,
      error: { kind: 'permanent' },
    })
    const unknown = { ...job, data: { id: '00000000-0000-4000-8000-000000000000' } }
    expect(await runs.run(handler(), unknown)).toMatchObject({ ok: false, error: { kind: 'permanent' } })
    // A workspace's own job of that name is not the deployment's upkeep.
    expect(await runs.run(handler(), { ...job, name: 'upkeep', data: {} })).toMatchObject({ ok: false })
  })

  it('whose last attempt fails gives the message up, which comes back when it is sent again', async () => {
    const message = mail()
    await room.take(message, slow)
    await room.sql`alter table public.communications add constraint planted check (false) not valid`
    try {
      await expect(process(1)).rejects.toThrow()
      expect(await states()).toEqual(['1 queued'])
      await expect(process(5)).rejects.toThrow()
    } finally {
      await room.sql`alter table public.communications drop constraint planted`
    }
    expect(await states()).toEqual(['1 failed'])
    await room.clearJobs()
    expect(await room.take(message)).toMatchObject({ status: 'seen', state: 'processing' })
    expect(await states()).toEqual(['1 queued'])
    await serve()
    await eventually(async () => expect(await states()).toEqual(['1 processed']))
  })
})

describe('the upkeep', () => {
  const keepUp = () =>
    runs.run(handler(), {
      queue: 'emails-in',
      id: 'upkeep',
      workspaceId: deploymentId,
      name: 'upkeep',
      data: {},
    })

  it('brings back a message whose job is gone, and gives it up after three jobs', async () => {
    await room.take(mail(), slow)
    expect(await keepUp()).toMatchObject({ value: { recovered: 0 } })
    for (const times of [2, 3]) {
      await room.clearJobs()
      await room.letPass(121)
      expect(await keepUp()).toMatchObject({ value: { recovered: 1 } })
      expect(await claims()).toMatchObject([{ times_queued: times }])
      expect(await jobs()).toHaveLength(1)
    }
    await room.letPass(121)
    expect(await keepUp()).toMatchObject({ value: { recovered: 0 } })
    await room.clearJobs()
    expect(await keepUp()).toMatchObject({ value: { recovered: 1 } })
    expect(await states()).toEqual(['1 failed'])
  })

  it('brings back a message whose job ended as failed without it', async () => {
    await room.take(mail(), slow)
    await room.sql`update bullmq.job set state = 'failed'`
    await room.letPass(121)
    await keepUp()
    await serve()
    await eventually(async () => expect(await states()).toEqual(['1 processed']))
  })
})
