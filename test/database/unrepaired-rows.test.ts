import { readdir, readFile } from 'node:fs/promises'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Database, startDatabase } from './database.ts'

/** A database from before the bounds, with more rows beyond them than the migration repairs in one run. */
let server: Database
let sql: postgres.Sql

const local = new URL('../../origin/', import.meta.url)
const migrations = new URL('supabase/migrations/', local)
const isOfBounds = (name: string) => name >= '20261126010000_bounds.sql'

async function migrate(isWanted: (name: string) => boolean): Promise<void> {
  for (const name of (await readdir(migrations)).filter(isWanted).sort()) {
    const text = await readFile(new URL(name, migrations), 'utf8')
    // The migration repairs 20,000 rows. Here its bound is set so that it stops before the first one.
    const statements = text.replace('private.repair_bounds(20000);', 'private.repair_bounds(0);')
    await sql.begin((transaction) => transaction.unsafe(statements))
  }
}

beforeAll(async () => {
  server = await startDatabase(100)
  await server.sql`create database unrepaired template template0 encoding utf8 lc_ctype 'C.UTF-8' lc_collate 'C'`
  const url = new URL(server.url)
  url.pathname = '/unrepaired'
  sql = postgres(url.href, { max: 1, onnotice: () => undefined })
  await sql.unsafe(await readFile(new URL('local/supabase-shim.sql', local), 'utf8'))
  await migrate((name) => !isOfBounds(name))
  // The current rules make another search text for all of them.
  await sql.unsafe(`
    insert into public.workspaces (id, name) values ('w', 'W');
    insert into public.boards (workspace_id, id, name) values ('w', 'b', 'B');
    insert into public.board_columns (workspace_id, board_id, id, name) values ('w', 'b', 'c', 'C');
    insert into public.contacts (workspace_id, id, board_id, board_column_id, name, phone, email)
    select 'w', id, 'b', 'c', 'Βασίλης', '00 67 95 49', case when id like 'fine%' then 'a@example.com' else '' end
    from unnest(array['.', '..', 'broken_1', 'broken_2', 'fine_1', 'fine_2']) id;
    update public.contacts set last_activity_at = '0044-03-15 BC' where id = '.'`)
}, 120_000)

afterAll(async () => {
  await sql.end()
  await server.stop()
})

/** The ids of contacts that still have the search text of the older rules. */
async function stale(): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    select id from public.contacts where search_text <> private.search_text(name, email, phone) collate "C" order by id`
  return rows.map(({ id }) => id)
}

const renew = async () => (await sql`select public.search_text_renew(1000) as said`)[0]?.['said']

test('migrations complete while contacts are left to repair, and the renewal of search text skips these', async () => {
  await migrate(isOfBounds)
  await renew()
  expect(await renew()).toEqual({ outcome: 'ok', looked_at: 0, renewed: 0, is_done: true })
  expect(await stale()).toEqual(['broken_1', 'broken_2'])
})

test('a contact with an id that no path can name is repaired when it gets another id, and keeps its removed values under that', async () => {
  const rows = await sql`
    select c.email, c.last_activity_at > '0001-01-01 00:00:00+00' as is_known, array_agg(r.column_name order by 1) as kept
    from public.contacts c join private.repaired_values r on r.workspace_id = c.workspace_id and r.contact_id = c.id
    where c.id like 'renamed-%' group by c.id, 1, 2 order by cardinality(array_agg(r.column_name))`
  expect([...rows]).toMatchObject([{ email: null }, { email: null }])
  expect(rows.map(({ kept }) => kept)).toEqual([['email'], ['email', 'last_activity_at']])
  const [named] = await sql`select count(*)::int as rows from public.contacts where id in ('.', '..')`
  expect(named?.['rows']).toBe(0)
})

test('the repair renews their search text too when it continues, and validates', async () => {
  const [repaired] = await sql`select private.repair_bounds(20000)::int as rows`
  expect(repaired?.['rows']).toBe(2)
  expect(await stale()).toEqual([])
  const open = await sql`select conname from pg_constraint where not convalidated`
  expect([...open]).toEqual([])
})
