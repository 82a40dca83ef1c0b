import { rm } from 'node:fs/promises'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fillDatabase } from '../../origin/local/database-content.ts'
import { takePort } from '../../origin/local/ports.ts'
import { createPostgresPiece } from '../../origin/local/postgres.ts'
import { users } from '../../origin/local/tokens.ts'
import { unsafeSettings } from '../support/made-databases.ts'
import { makeDataDirectory } from '../support/run-folder.ts'

/** A database with a small reference workspace, whose 15214 has these contacts if it is in use. */
async function makeDatabase(livelyContacts: number | null) {
  const folder = await makeDataDirectory()
  const server = createPostgresPiece(folder, await takePort(0), unsafeSettings)
  await server.start()
  const lines: string[] = []
  const onProgress = (line: string) => lines.push(line)
  await fillDatabase(server.url, { contacts: 500, seed: 1, livelyContacts, isExternal: false, onProgress })
  const sql = postgres(server.url, { max: 1, onnotice: () => undefined })
  return {
    sql,
    lines,
    async stop() {
      await sql.end()
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

type Made = Awaited<ReturnType<typeof makeDatabase>>
let lively: Made
let still: Made

beforeAll(async () => {
  lively = await makeDatabase(1_000)
  still = await makeDatabase(null)
})

afterAll(async () => {
  await lively?.stop()
  await still?.stop()
})

const oneOf = async ({ sql }: Made, query: string) => (await sql.unsafe(query))[0]

describe('workspace 15214 in use', () => {
  test('has ten messages and three communications for each contact, as the start says', async () => {
    expect(lively.lines).toContainEqual(
      'workspace 15214 with 1,000 contacts, 10,000 messages, 3,000 communications',
    )
    expect(still.lines.filter((line) => line.includes('15214'))).toEqual([])
  })

  test('has its life in the 90 days before the start and none after it', async () => {
    const counted = await oneOf(
      lively,
      `select
        count(*) filter (where at > now())::int as future,
        count(*) filter (where at < now() - interval '91 days')::int as long_ago,
        count(*) filter (where at > now() - interval '7 days') > 200 as is_busy
      from (
        select sent_at as at from messages where workspace_id = '15214'
        union all select sent_at from communications where workspace_id = '15214'
        union all select last_activity_at from contacts where workspace_id = '15214'
      ) everything`,
    )
    expect(counted).toEqual({ future: 0, long_ago: 0, is_busy: true })
  })

  test("shows each contact's last message and its instant, and no contact is younger than its activity", async () => {
    const counted = await oneOf(
      lively,
      `select count(*)::int as wrong from contacts c
      left join lateral (
        select body, sent_at from messages m where m.workspace_id = c.workspace_id and m.contact_id = c.id
        order by sent_at desc, id desc limit 1
      ) last on true
      where c.workspace_id = '15214' and (
        c.last_message is distinct from last.body or c.created_at > c.last_activity_at
        or last.sent_at <> c.last_activity_at
      )`,
    )
    expect(counted).toEqual({ wrong: 0 })
  })

  test('has contacts of every status, priority, sentiment and filter', async () => {
    const kinds = await oneOf(
      lively,
      `select
        count(distinct status)::int as statuses, count(distinct priority)::int as priorities,
        count(distinct sentiment)::int as sentiments, count(distinct language)::int as languages,
        count(distinct assigned_to)::int as assignees, count(*) filter (where assigned_to is null) > 0 as some_unassigned,
        bit_or(facets) as facets
      from contacts where workspace_id = '15214'`,
    )
    expect(kinds).toEqual({
      ...{ statuses: 5, priorities: 3, sentiments: 3, languages: 14, assignees: 6, some_unassigned: true },
      facets: 0b111_1111_1111,
    })
  })

  test.each([users.otherAdmin, users.otherMember])(
    'gives the user %s something of everything',
    async (user) => {
      const figures = await oneOf(
        lively,
        `select
        exists (select from contacts where workspace_id = '15214' and assigned_to = '${user}') as assigned,
        exists (select from contacts where workspace_id = '15214' and assigned_to = '${user}' and follow_up_at < now()) as due,
        exists (select from conversations where workspace_id = '15214' and user_id = '${user}' and is_unread) as unread,
        exists (select from communications where workspace_id = '15214' and user_id = '${user}') as written,
        exists (select from mailbox_messages where workspace_id = '15214' and user_id = '${user}') as mail`,
      )
      expect(figures).toEqual({ assigned: true, due: true, unread: true, written: true, mail: true })
    },
  )

  test('leaves the other workspaces as they are to the digit, and every index and foreign key in its place', async () => {
    const others = `select
      md5(string_agg(c::text, ',' order by workspace_id, id)) as contacts, count(*)::int as rows
      from contacts c where workspace_id <> '15214'`
    expect(await oneOf(lively, others)).toEqual(await oneOf(still, others))
    const catalog = `
      select indexdef as definition from pg_indexes where schemaname in ('public', 'private')
      union all
      select conrelid::regclass || ' ' || pg_get_constraintdef(oid) from pg_constraint where contype = 'f' and conparentid = 0
      order by 1`
    expect(await lively.sql.unsafe(catalog)).toEqual(await still.sql.unsafe(catalog))
    expect(await oneOf(lively, 'select count(*)::int as rows from private.outbox')).toEqual({ rows: 0 })
  })
})
