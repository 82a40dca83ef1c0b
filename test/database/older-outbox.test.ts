import { readdir, readFile } from 'node:fs/promises'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { outboxRowsSchema, parseOutboxRows } from '../../origin/outbox/outbox.ts'
import { type Database, startDatabase } from './database.ts'

/** A database as it was deployed before there were moves, on the same server. */
let server: Database
let sql: postgres.Sql

const firstOfMoves = '20261126050000_tag_families.sql'
const local = new URL('../../origin/', import.meta.url)
const text = (file: string) => readFile(new URL(file, local), 'utf8')

async function migrate(isWanted: (name: string) => boolean): Promise<void> {
  for (const name of (await readdir(new URL('supabase/migrations/', local))).filter(isWanted).sort()) {
    const statements = await text(`supabase/migrations/${name}`)
    await sql.begin((transaction) => transaction.unsafe(statements))
  }
}

beforeAll(async () => {
  server = await startDatabase(100)
  await server.sql`create database before_moves template template0 encoding utf8 lc_ctype 'C.UTF-8' lc_collate 'C'`
  const url = new URL(server.url)
  url.pathname = '/before_moves'
  sql = postgres(url.href, { max: 1, onnotice: () => undefined })
  await sql.unsafe(await text('local/supabase-shim.sql'))
  await migrate((name) => name < firstOfMoves)
}, 120_000)

afterAll(async () => {
  await sql.end()
  await server.stop()
})

const long = 'x'.repeat(128)

async function claim() {
  const [row] = await sql`select public.outbox_claim(100, 0) -> 'rows' as rows`
  return outboxRowsSchema.parse(row?.['rows'])
}

test('rows that wait while the migrations run are delivered as the whole workspace', async () => {
  await sql`insert into public.workspaces (id, name) values ('w', 'W')`
  await sql`insert into public.boards (workspace_id, id, name) values ('w', ${long}, 'B')`
  await sql`insert into public.board_columns (workspace_id, board_id, id, name) values ('w', ${long}, ${long}, 'C')`
  await sql`insert into public.contacts (workspace_id, id, board_id, board_column_id, name) values ('w', 'c', ${long}, ${long}, 'C')`
  await sql`insert into public.cache_settings (workspace_id) values ('w')`
  const before = await claim()
  expect(before).toHaveLength(5)
  expect(before.flatMap(({ tags }) => tags)).toContain(`column:${long}:${long}`)

  await migrate((name) => name >= firstOfMoves)
  const after = await claim()
  expect(after).toEqual(before)
  const { rows, undeliverable } = parseOutboxRows(after)
  expect(undeliverable).toEqual([])
  expect(rows.map(({ event }) => event.tags.some((move) => move === 'workspace'))).toEqual([
    true,
    true,
    true,
    true,
    false,
  ])
  expect(rows.at(-1)?.event.tags).toEqual(['settings'])
})

test('a writer whose statement runs during the migration still adds its row', async () => {
  await sql`insert into private.outbox (workspace_id, tags, due_at)
    values ('w', array[${`column:${long}:${long}`}, ${`open:${long}`}, 'counts'], now())`
})
