import { readdir, readFile } from 'node:fs/promises'
import type { SupabaseClient } from '@supabase/supabase-js'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { call } from './answers.ts'
import { type Database, startDatabase } from './database.ts'
import { users } from './users.ts'

let database: Database
let member: SupabaseClient

beforeAll(async () => {
  database = await startDatabase(100)
  member = await database.as(users.member)
}, 120_000)

afterAll(async () => {
  await database.stop()
})

const brokenConstraint = { code: '23514' }

describe.each(['.', '..'])('the id %s', (id) => {
  test.each([
    ['workspace', (sql: postgres.Sql) => sql`insert into public.workspaces (id, name) values (${id}, 'W')`],
    [
      'user',
      (sql: postgres.Sql) =>
        sql`insert into public.memberships (workspace_id, user_id) values ('15213', ${id})`,
    ],
    [
      'board',
      (sql: postgres.Sql) =>
        sql`insert into public.boards (workspace_id, id, name) values ('15213', ${id}, 'B')`,
    ],
    [
      'column',
      (sql: postgres.Sql) =>
        sql`insert into public.board_columns (workspace_id, board_id, id, name) values ('15213', 'board_1', ${id}, 'C')`,
    ],
    [
      'contact',
      (sql: postgres.Sql) =>
        sql`insert into public.contacts (workspace_id, id, board_id, board_column_id, name)
          values ('15213', ${id}, 'board_1', 'col_11', 'K')`,
    ],
  ])('is never that of a %s', async (_what, insert) => {
    await expect(insert(database.sql)).rejects.toMatchObject(brokenConstraint)
  })

  test('never replaces the id of an existing contact', async () => {
    const change = database.sql`update public.contacts set id = ${id} where id = 'contact_000001'`
    await expect(change).rejects.toMatchObject(brokenConstraint)
  })

  test('is refused by the database also when a member calls its functions', async () => {
    const p_contact = { id, board_id: 'board_1', board_column_id: 'col_11', name: 'K' }
    await expect(call(member, 'contact_create', { p_workspace: '15213', p_contact })).rejects.toThrow()
    const [row] = await database.sql`select count(*)::int as found from public.contacts where id = ${id}`
    expect(row).toEqual({ found: 0 })
  })
})

test.each(['by-domain', 'by-email', 'by-phone', 'import', 'me'])(
  'no contact has the name of a route: %s',
  async (id) => {
    const insert = database.sql`
    insert into public.contacts (workspace_id, id, board_id, board_column_id, name)
    values ('15213', ${id}, 'board_1', 'col_11', 'K')`
    await expect(insert).rejects.toMatchObject(brokenConstraint)
    const change = database.sql`update public.contacts set id = ${id} where id = 'contact_000001'`
    await expect(change).rejects.toMatchObject(brokenConstraint)
    const p_contact = { id, board_id: 'board_1', board_column_id: 'col_11', name: 'K' }
    await expect(call(member, 'contact_create', { p_workspace: '15213', p_contact })).rejects.toThrow()
  },
)

test('the constraints are validated if no older row breaks them', async () => {
  const open = await database.sql`
    select conname from pg_constraint
    where (conname like '%in_path' or conname = 'contacts_id_no_route') and not convalidated`
  expect([...open]).toEqual([])
})

describe('a database from before these constraints', () => {
  const origin = new URL('../../origin/', import.meta.url)
  const text = (file: string) => readFile(new URL(file, origin), 'utf8')
  const first = '20261126040000_ids_in_paths.sql'
  const second = '20261126040100_validate_ids_in_paths.sql'
  const warnings: string[] = []
  let sql: postgres.Sql

  beforeAll(async () => {
    await database.sql`create database older template template0 encoding utf8 lc_ctype 'C.UTF-8' lc_collate 'C'`
    const url = new URL(database.url)
    url.pathname = '/older'
    sql = postgres(url.href, {
      max: 1,
      onnotice: (notice) => {
        if (notice['severity'] === 'WARNING') warnings.push(notice['message'] ?? '')
      },
    })
    await sql.unsafe(await text('local/supabase-shim.sql'))
    const names = (await readdir(new URL('supabase/migrations/', origin))).sort()
    for (const name of names.filter((each) => each < first)) {
      const statements = await text(`supabase/migrations/${name}`)
      await sql.begin((transaction) => transaction.unsafe(statements))
    }
    await sql`insert into public.workspaces (id, name) values ('w', 'W'), ('v', 'V')`
    await sql`insert into public.boards (workspace_id, id, name) values ('w', 'b', 'B'), ('v', '..', 'B')`
    await sql`insert into public.board_columns (workspace_id, board_id, id, name)
      values ('w', 'b', 'c', 'C'), ('v', '..', 'c', 'C')`
    await sql`insert into public.contacts (workspace_id, id, board_id, board_column_id, name)
      values ('w', '.', 'b', 'c', 'One'), ('w', '..', 'b', 'c', 'Two'), ('v', '..', '..', 'c', 'Three'), ('w', 'k', 'b', 'c', 'Four')`
    for (const name of [first, second]) {
      const statements = await text(`supabase/migrations/${name}`)
      await sql.begin((transaction) => transaction.unsafe(statements))
    }
  }, 120_000)

  afterAll(async () => {
    await sql.end()
  })

  test('keeps all its contacts, under ids that a path can name, and invalidates the caches', async () => {
    const contacts = await sql`select id, name from public.contacts order by name`
    expect(contacts.map(({ name }) => name)).toEqual(['Four', 'One', 'Three', 'Two'])
    expect(contacts[0]?.['id']).toBe('k')
    for (const { id } of contacts.slice(1)) expect(id).toMatch(/^renamed-[0-9a-f-]{36}$/)
    const moved = await sql`select count(*)::int as rows from private.outbox where 'column:b:c' = any (tags)`
    expect(moved[0]?.['rows']).toBeGreaterThan(0)
    await sql`update public.contacts set status = 'closed'`
  })

  test('keeps such boards, warns about them, and accepts no new ones', async () => {
    expect(warnings).toEqual([
      'public.boards: 1 rows have the id "." or "..", and cannot be changed until they have another one',
    ])
    const open =
      await sql`select conname from pg_constraint where conname like '%in_path' and not convalidated`
    expect(open.map(({ conname }) => conname)).toEqual(['boards_id_in_path'])
    const added = sql`insert into public.boards (workspace_id, id, name) values ('w', '..', 'B')`
    await expect(added).rejects.toMatchObject(brokenConstraint)
    await sql`delete from public.boards where workspace_id = 'v' and id = '..'`
  })

  test('keeps contacts that have the name of a route, under another id, and accepts no new ones', async () => {
    const routes = '20261127110300_contact_route_names.sql'
    const apply = async (name: string) => {
      const statements = await text(`supabase/migrations/${name}`)
      await sql.begin((transaction) => transaction.unsafe(statements))
    }
    const names = (await readdir(new URL('supabase/migrations/', origin))).sort()
    for (const name of names.filter((each) => each > second && each < routes)) await apply(name)
    await sql`insert into public.contacts (workspace_id, id, board_id, board_column_id, name)
      values ('w', 'import', 'b', 'c', 'Five'), ('w', 'by-email', 'b', 'c', 'Six'), ('w', 'my', 'b', 'c', 'Seven')`
    for (const name of names.filter((each) => each >= routes)) await apply(name)
    const contacts = await sql`
      select id from public.contacts where name in ('Five', 'Seven', 'Six') order by name collate "C"`
    const renamed = expect.stringMatching(/^renamed-[0-9a-f-]{36}$/)
    expect(contacts.map(({ id }) => id)).toEqual([renamed, 'my', renamed])
    const added = sql`insert into public.contacts (workspace_id, id, board_id, board_column_id, name)
      values ('w', 'me', 'b', 'c', 'Eight')`
    await expect(added).rejects.toMatchObject(brokenConstraint)
  })
})
