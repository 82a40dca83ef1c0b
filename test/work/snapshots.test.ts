import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createAnalyticsHandler } from '../../origin/queues/handlers/analytics.ts'
import { scheduledNames } from '../../origin/queues/queues.ts'
import { snapshotFiguresSchema, snapshotListSchema } from '../../shared/contract/snapshots.ts'
import { deploymentId, workspaceIdSchema } from '../../shared/ids.ts'
import { callers, type HostedDatabase, type HostedServer, startHostedServer } from '../database/hosted.ts'
import { eventually } from '../support/eventually.ts'
import { createHandlerRuns, type HandlerRuns, type TestJob } from './handler-runs.ts'

let server: HostedServer
let database: HostedDatabase
let runs: HandlerRuns

beforeAll(async () => {
  server = await startHostedServer()
  database = await server.open('America/St_Johns')
  runs = createHandlerRuns(database.ownerUrl)
  await database.owner`update public.workspaces set created_at = now() - interval '2400 hours'`
})
afterAll(async () => {
  await runs?.stop()
  await server?.stop()
})
beforeEach(async () => {
  for (const table of [
    'private.snapshots',
    'public.analytics_snapshots',
    'public.messages',
    'public.communications',
  ])
    await database.owner.unsafe(`delete from ${table}`)
  await database.owner`delete from private.job_marks`
  await database.owner`delete from public.conversations`
  await database.owner`delete from public.workspace_configurations`
})

const w1 = workspaceIdSchema.parse('w1')
const dayMs = 86_400_000
const isoDay = (daysAgo: number) => new Date(Date.now() - daysAgo * dayMs).toISOString().slice(0, 10)
/** Two days ago in UTC: over in every time zone. */
const day = isoDay(2)
const handler = createAnalyticsHandler()
let made = 0
const jobOf = (data: object): TestJob => {
  made += 1
  return { queue: 'analytics', id: `w1~${made}`, workspaceId: w1, name: 'snapshot', data }
}
const take = (period: string, startsOn: string) => runs.run(handler, jobOf({ period, startsOn }))

async function figuresOf(period: string, startsOn: string) {
  const [row] = await database.owner`
    select figures from private.snapshots
    where workspace_id = 'w1' and period = ${period} and starts_on = ${startsOn}::date`
  return snapshotFiguresSchema.parse(row?.['figures'])
}

interface Message {
  readonly conversation: number
  readonly direction: 'inbound' | 'outbound'
  /** Since the beginning of the day, in UTC. */
  readonly seconds: number
}

const channels = ['whatsapp', 'email', 'sms'] as const
const channelOf = (conversation: number) => channels[conversation % channels.length] ?? 'sms'
const secondsAt = (seconds: number) =>
  new Date(Date.parse(`${day}T00:00:00Z`) + seconds * 1_000).toISOString()

async function tell(messages: readonly Message[]) {
  const numbers = [...new Set(messages.map(({ conversation }) => conversation))]
  for (const number of numbers) {
    await database.owner`
      insert into public.conversations (workspace_id, id, contact_id, channel)
      values ('w1', ${`v${number}`}, 'w1-first', ${channelOf(number)})`
  }
  const rows = messages.map(({ conversation, direction, seconds }, index) => ({
    ...{ workspace_id: 'w1', id: `m${index}`, conversation_id: `v${conversation}`, contact_id: 'w1-first' },
    ...{ channel: channelOf(conversation), direction, body: 'x', sent_at: secondsAt(seconds) },
  }))
  if (rows.length > 0) await database.owner`insert into public.messages ${database.owner(rows)}`
}

/** The seconds between the first message without an answer and its answer, for answers of the day. */
function waitsOf(messages: readonly Message[]): number[] {
  const firstUnanswered = new Map<number, number>()
  const waits: number[] = []
  for (const { conversation, direction, seconds } of messages.toSorted((a, b) => a.seconds - b.seconds)) {
    const since = firstUnanswered.get(conversation)
    if (direction === 'inbound') firstUnanswered.set(conversation, since ?? seconds)
    else {
      if (since !== undefined && seconds >= 0 && seconds < 86_400) waits.push(seconds - since)
      firstUnanswered.delete(conversation)
    }
  }
  return waits
}

describe('a snapshot', () => {
  test('counts messages and response times as a straightforward count does', async () => {
    const message = fc.record({
      conversation: fc.integer({ min: 0, max: 4 }),
      direction: fc.constantFrom('inbound' as const, 'outbound' as const),
    })
    const moments = fc.uniqueArray(fc.integer({ min: -86_400, max: 2 * 86_400 }), {
      minLength: 30,
      maxLength: 30,
    })
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 30 }), moments, async (told, seconds) => {
        for (const table of [
          'private.snapshots',
          'public.analytics_snapshots',
          'public.messages',
          'public.conversations',
        ])
          await database.owner.unsafe(`delete from ${table}`)
        const messages = told.map((each, index) => ({ ...each, seconds: seconds[index] ?? 0 }))
        await tell(messages)
        expect(await take('daily', day)).toMatchObject({ ok: true })
        const figures = await figuresOf('daily', day)
        const ofDay = messages.filter(({ seconds: at }) => at >= 0 && at < 86_400)
        for (const channel of channels) {
          for (const direction of ['inbound', 'outbound'] as const) {
            const counted = figures.messages.find(
              (each) => each.channel === channel && each.direction === direction,
            )
            expect(counted?.messages ?? 0).toBe(
              ofDay.filter((each) => channelOf(each.conversation) === channel && each.direction === direction)
                .length,
            )
          }
        }
        const waits = waitsOf(messages).toSorted((a, b) => a - b)
        const { all } = figures.responseTimes
        expect(all.responses).toBe(waits.length)
        const middle = (waits.length - 1) / 2
        const median = ((waits[Math.floor(middle)] ?? 0) + (waits[Math.ceil(middle)] ?? 0)) / 2
        if (waits.length > 0) expect(all.medianSeconds).toBeCloseTo(median, 2)
      }),
      { numRuns: 15 },
    )
  })

  test('tells contacts apart by status, source and column, and says how many have none of the frequent values', async () => {
    await database.owner`
      insert into public.contacts (workspace_id, id, board_id, board_column_id, name, status, source)
      select 'w1', 's' || n, 'b1', 'c2', 'x', case when n % 2 = 0 then 'open' else 'closed' end, 'source ' || n
      from generate_series(1, 120) n`
    await database.owner`update public.contacts set created_at = now() - interval '96 hours' where workspace_id = 'w1'`
    await take('daily', day)
    const { contacts } = await figuresOf('daily', day)
    expect(contacts).toMatchObject({ total: 121, created: 0 })
    expect(contacts.byStatus).toEqual({
      values: [
        { value: 'open', contacts: 61 },
        { value: 'closed', contacts: 60 },
      ],
      others: 0,
    })
    expect(contacts.byColumn.values).toEqual([
      { boardId: 'b1', columnId: 'c2', contacts: 120 },
      { boardId: 'b1', columnId: 'c1', contacts: 1 },
    ])
    expect(contacts.bySource.values).toHaveLength(50)
    expect(contacts.bySource.others).toBe(71)
    await database.owner`delete from public.contacts where workspace_id = 'w1' and id like 's%'`
  })

  test('has the figures of e-mails and calls', async () => {
    await database.owner`
      insert into public.threads (workspace_id, id, subject) values ('w1', 't1', ''), ('w1', 't2', '')
      on conflict do nothing`
    await database.owner`
      insert into public.communications (workspace_id, id, thread_id, direction, from_address, sent_at)
      values
        ('w1', 'k1', 't1', 'inbound', 'a@b.example', ${secondsAt(100)}),
        ('w1', 'k2', 't1', 'outbound', 'a@b.example', ${secondsAt(160)}),
        ('w1', 'k3', 't2', 'inbound', 'a@b.example', ${secondsAt(-10)}),
        ('w1', 'k4', 't2', 'outbound', 'a@b.example', ${secondsAt(30)}),
        ('w1', 'k5', null, 'inbound', 'a@b.example', ${secondsAt(40)})`
    await database.owner`
      insert into public.conversations (workspace_id, id, contact_id, channel, started_at)
      values ('w1', 'call', 'w1-first', 'voice', ${secondsAt(50)}), ('w1', 'later', 'w1-first', 'voice', ${secondsAt(90_000)})`
    await take('daily', day)
    const { emails, calls } = await figuresOf('daily', day)
    expect(emails).toMatchObject({ inbound: 2, outbound: 2, threads: 2 })
    expect(emails.responseTimes).toMatchObject({ responses: 2, medianSeconds: 50, meanSeconds: 50 })
    expect(calls).toBe(1)
    const shown = await database.rpc(callers.member, 'analytics', { p_workspace: 'w1', p_days: 1 })
    expect(shown).toMatchObject({ days: [{ day, communications: 4, calls: 1 }] })
  })

  test('ends where the day of the workspace ends', async () => {
    await database.owner`insert into public.workspace_configurations (workspace_id, time_zone) values ('w1', 'Pacific/Auckland')`
    const [zone] = await database.owner`
      select extract(epoch from (${`${day} 00:00`}::timestamp at time zone 'Pacific/Auckland')) as starts_at`
    const startsAtMs = Number(zone?.['starts_at']) * 1_000
    const at = (ms: number) => (startsAtMs + ms - Date.parse(`${day}T00:00:00Z`)) / 1_000
    await tell([
      { conversation: 0, direction: 'inbound', seconds: at(-1_000) },
      { conversation: 0, direction: 'inbound', seconds: at(0) },
      { conversation: 0, direction: 'outbound', seconds: at(dayMs - 1_000) },
      { conversation: 0, direction: 'outbound', seconds: at(dayMs + 4 * 3_600_000) },
    ])
    await take('daily', day)
    const { messages } = await figuresOf('daily', day)
    expect(messages.map(({ direction, messages: count }) => [direction, count])).toEqual([
      ['inbound', 1],
      ['outbound', 1],
    ])
  })

  test('that is taken again changes nothing, whatever was written meanwhile', async () => {
    await take('daily', day)
    const kept = async () => [
      await database.owner`select * from private.snapshots`,
      await database.owner`select * from public.analytics_snapshots`,
    ]
    const before = await kept()
    await tell([{ conversation: 1, direction: 'inbound', seconds: 5 }])
    expect(await take('daily', day)).toMatchObject({ ok: true, value: { isNew: false } })
    expect(await kept()).toEqual(before)
  })

  test('that two processes take at once is the one of the first', async () => {
    let second: ReturnType<typeof take> | null = null
    await database.owner.begin(async (sql) => {
      await sql`select private.take_snapshot('w1', 'daily', ${day}::date, now())`
      second = take('daily', day)
      // The second one has computed its figures, and waits for the first one's row.
      await eventually(async () => {
        const waiting = await runs.database.query(
          `select from pg_stat_activity where wait_event_type = 'Lock' and query like '%take_snapshot%'`,
        )
        return waiting.length > 0
      })
      await sql`update private.snapshots set taken_at = '2020-01-01T00:00:00Z'`
    })
    expect(await second).toMatchObject({ ok: true, value: { isNew: false } })
    expect(await database.owner`select taken_at from private.snapshots`).toEqual([
      { taken_at: new Date('2020-01-01T00:00:00Z') },
    ])
  })

  test('is refused before its period is over, and of a day that is no first of its period', async () => {
    for (const [period, startsOn] of [
      ['daily', isoDay(0)],
      ['monthly', '2026-02-02'],
      ['weekly', '2026-11-24'],
      ['daily', '2020-01-01'],
      ['yearly', '2025-01-01'],
      ['daily', 'yesterday'],
    ] as const)
      expect(await take(period, startsOn)).toMatchObject({ ok: false, error: { kind: 'permanent' } })
    expect(await database.owner`select from private.snapshots`).toEqual([])
    expect(await database.owner`select from private.job_marks where done_at is not null`).toEqual([])
  })
})

describe('the plan of snapshots', () => {
  const plan: TestJob = {
    ...{ queue: 'analytics', name: scheduledNames.planSnapshots, workspaceId: deploymentId, data: {} },
    id: 'plan',
    dueAtMs: Date.now(),
  }
  const due = () =>
    database.owner`select workspace_id, period, starts_on::text from private.due_snapshots(now(), 1000)`

  test('names seven days, a week and a month of each workspace, and none that was taken', async () => {
    const before = await due()
    expect(before.filter(({ workspace_id }) => workspace_id === 'w1')).toHaveLength(9)
    for (const { period, starts_on } of before.filter(({ workspace_id }) => workspace_id === 'w1'))
      expect(await take(period, starts_on)).toMatchObject({ ok: true, value: { isNew: true } })
    expect((await due()).filter(({ workspace_id }) => workspace_id === 'w1')).toEqual([])
    const page = await database.rpc(callers.member, 'snapshots_list', {
      ...{ p_workspace: 'w1', p_period: 'daily', p_rows: 3 },
    })
    const { snapshots } = snapshotListSchema.parse(page)
    expect(snapshots.map(({ startsOn, endsOn }) => startsOn === endsOn)).toEqual([true, true, true])
    expect(snapshots.map(({ startsOn }) => startsOn)).toEqual(
      snapshots
        .map(({ startsOn }) => startsOn)
        .toSorted()
        .toReversed(),
    )
  })

  test('is made by a schedule alone', async () => {
    expect(await runs.run(handler, plan)).toMatchObject({ ok: true })
    expect(await runs.run(handler, { ...plan, id: 'own', workspaceId: w1 })).toMatchObject({
      error: { kind: 'permanent' },
    })
  })

  test('leaves out what ended before the workspace was made', async () => {
    await database.owner`insert into public.workspaces (id, name) values ('new', 'New')`
    expect((await due()).filter(({ workspace_id }) => workspace_id === 'new')).toEqual([])
    await database.owner`delete from public.workspaces where id = 'new'`
  })
})
