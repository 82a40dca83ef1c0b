import type { TransactionSql } from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { dashboard } from '../../shared/resources/figures/dashboard.ts'
import { call } from './answers.ts'
import { type Database, startDatabase } from './database.ts'
import { asBackend, undone } from './undone.ts'
import { users } from './users.ts'

let database: Database

beforeAll(async () => {
  database = await startDatabase(500)
}, 120_000)

afterAll(async () => {
  await database.stop()
})

const workspaceId = '15213'
const answerSchema = dashboard.data.extend({ outcome: z.literal('ok') }).strict()
const dashboardOf = async (sql: TransactionSql, user = 'ann') =>
  answerSchema.parse(await asBackend(sql, 'dashboard', workspaceId, user))

/** Contacts of a user, the first with the latest activity; every third has a follow-up that is due, every fourth one to come. */
async function assign(sql: TransactionSql, user: string, contacts: number): Promise<void> {
  await sql`
    update public.contacts c
    set assigned_to = ${user}, last_activity_at = now() - n.number * interval '1 hour', follow_up_at = case
      when n.number % 3 = 0 then now() - n.number * interval '1 minute'
      when n.number % 4 = 0 then now() + interval '1 minute'
    end
    from (
      select id, row_number() over (order by id) as number from public.contacts
      where workspace_id = ${workspaceId} and assigned_to is null
      order by id limit ${contacts}
    ) n
    where c.workspace_id = ${workspaceId} and c.id = n.id`
}

describe('a dashboard', () => {
  test("has the user's figures and latest contacts, and no other user's or workspace's", async () => {
    await undone(database.sql, async (sql) => {
      await assign(sql, 'ann', 14)
      await assign(sql, 'bob', 3)
      await sql`
        update public.contacts set assigned_to = 'ann', follow_up_at = now() where workspace_id = '15214'`
      await sql`
        insert into public.conversations (workspace_id, id, contact_id, channel, user_id, is_unread)
        select workspace_id, 'talk-' || row_number() over (order by id), id, 'web',
          case when row_number() over (order by id) < 8 then 'ann' else 'bob' end, row_number() over (order by id) % 2 = 0
        from public.contacts where workspace_id = ${workspaceId} order by id limit 10`
      expect(await dashboardOf(sql)).toMatchObject({ assigned: 14, unread: 3, today: 0, follow_ups_due: 4 })
      expect(await dashboardOf(sql, 'bob')).toMatchObject({ assigned: 3, unread: 2, follow_ups_due: 1 })
      const { recent } = await dashboardOf(sql)
      const [expected] = await sql`
        select array(
          select id from public.contacts where workspace_id = ${workspaceId} and assigned_to = 'ann'
          order by last_activity_at desc, id desc limit 10
        ) as ids`
      expect(recent.map(({ id }) => id)).toEqual(expected?.['ids'])
      expect(recent).toHaveLength(10)
    })
  })

  test('of a user without anything is all zeros', async () => {
    await undone(database.sql, async (sql) => {
      expect(await dashboardOf(sql, 'nobody')).toEqual({
        ...{ outcome: 'ok', assigned: 0, unread: 0, today: 0, follow_ups_due: 0, recent: [] },
      })
    })
  })

  test('answers the user and the backend, and no other member and no stranger', async () => {
    const args = (user: string) => ({ p_workspace: workspaceId, p_user: user })
    const member = await database.as(users.member)
    expect(await call(member, 'dashboard', args(users.member.sub))).toMatchObject({ outcome: 'ok' })
    expect(await call(database.service, 'dashboard', args(users.member.sub))).toMatchObject({ outcome: 'ok' })
    expect(await call(member, 'dashboard', args(users.admin.sub))).toEqual({ outcome: 'forbidden' })
    const stranger = await database.as(users.stranger)
    expect(await call(stranger, 'dashboard', args(users.stranger.sub))).toEqual({ outcome: 'forbidden' })
  })
})

describe('the communications of today', () => {
  /** A communication each hour, from three days ago to three days from now. */
  const fill = (sql: TransactionSql) => sql`
    insert into public.communications (workspace_id, id, user_id, direction, from_address, sent_at)
    select ${workspaceId}, 'mail-' || n, 'ann', 'inbound', 'ann@example.com', now() + n * interval '1 hour'
    from generate_series(-72, 72) n`
  const setZone = (sql: TransactionSql, zone: string) => sql`
    insert into public.workspace_configurations (workspace_id, time_zone) values (${workspaceId}, ${zone})
    on conflict (workspace_id) do update set time_zone = excluded.time_zone`

  test.each(['UTC', 'Pacific/Kiritimati', 'Pacific/Pago_Pago', 'Asia/Kathmandu', 'America/Havana'])(
    'have the date that a clock in %s shows, whatever the zone of the session',
    async (zone) => {
      await undone(database.sql, async (sql) => {
        await fill(sql)
        await setZone(sql, zone)
        await sql`set local timezone = 'Australia/Lord_Howe'`
        const [row] = await sql<{ sentAt: Date[]; now: Date }[]>`
          select array_agg(sent_at::timestamptz) as "sentAt", now() as now from public.communications where user_id = 'ann'`
        const dateOf = (at: Date) => at.toLocaleDateString('en-CA', { timeZone: zone })
        const expected = row?.sentAt.filter((at) => dateOf(at) === dateOf(row.now)).length
        expect((await dashboardOf(sql)).today).toBe(expected)
      })
    },
  )

  test.each(['Nowhere/Land', 'not a zone', '+25:00:00:00'])(
    'are those of UTC if the zone is %s',
    async (zone) => {
      await undone(database.sql, async (sql) => {
        await fill(sql)
        const { today } = await dashboardOf(sql)
        await setZone(sql, zone)
        expect((await dashboardOf(sql)).today).toBe(today)
      })
    },
  )
})

describe('the daily snapshots', () => {
  const figures = {
    contacts: 9,
    new_contacts: 1,
    messages_inbound: 2,
    messages_outbound: 3,
    communications: 4,
    calls: 5,
  }
  const fill = (sql: TransactionSql, days: readonly string[]) =>
    sql`insert into public.analytics_snapshots ${sql(days.map((day) => ({ workspace_id: workspaceId, day, ...figures })))}`

  test('are counted back from the latest one, newest first, with the totals of what adds up', async () => {
    await undone(database.sql, async (sql) => {
      await fill(sql, ['2026-02-26', '2026-02-27', '2026-03-01', '2026-03-02'])
      const { contacts: _contacts, ...added } = figures
      const twice = Object.fromEntries(Object.entries(added).map(([name, value]) => [name, 2 * value]))
      expect(await asBackend(sql, 'analytics', workspaceId, 3)).toEqual({
        outcome: 'ok',
        days: ['2026-03-02', '2026-03-01'].map((day) => ({ day, ...figures })),
        totals: twice,
      })
      expect(await asBackend(sql, 'analytics', workspaceId, 4)).toMatchObject({
        days: [{ day: '2026-03-02' }, { day: '2026-03-01' }, { day: '2026-02-27' }],
      })
    })
  })

  test('of a workspace without any are none, with totals of zero', async () => {
    await undone(database.sql, async (sql) => {
      expect(await asBackend(sql, 'analytics', workspaceId, 30)).toEqual({
        outcome: 'ok',
        days: [],
        totals: { new_contacts: 0, messages_inbound: 0, messages_outbound: 0, communications: 0, calls: 0 },
      })
    })
  })
})
