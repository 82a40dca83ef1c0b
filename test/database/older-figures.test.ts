import { readdir, readFile } from 'node:fs/promises'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Database, startDatabase } from './database.ts'
import { asBackend } from './undone.ts'

/** A database with campaigns and segments from before their figures were kept, on the same server. */
let server: Database
let sql: postgres.Sql

const firstOfFigures = '20261127140000_campaign_tallies.sql'
const local = new URL('../../origin/', import.meta.url)
const text = (file: string) => readFile(new URL(file, local), 'utf8')

async function migrate(isWanted: (name: string) => boolean): Promise<void> {
  const names = (await readdir(new URL('supabase/migrations/', local))).filter(isWanted).sort()
  for (const name of names) {
    const statements = await text(`supabase/migrations/${name}`)
    await sql.begin((transaction) => transaction.unsafe(statements))
  }
}

const content = `
  insert into public.workspaces (id, name) values ('w', 'W');
  insert into public.boards (workspace_id, id, name) values ('w', 'b', 'B');
  insert into public.board_columns (workspace_id, board_id, id, name) values ('w', 'b', 'c', 'C');
  insert into public.contacts (workspace_id, id, board_id, board_column_id, name, status, is_favorite)
    select 'w', 'k' || n, 'b', 'c', 'K', case when n < 5 then 'open' else 'closed' end, n = 9 from generate_series(1, 9) n;
  insert into public.campaigns (workspace_id, id, name) values ('w', 'g', 'G');
  insert into public.campaign_sends (workspace_id, campaign_id, contact_id, outcome)
    select 'w', 'g', 'k' || n, case when n < 4 then 'read' else 'failed' end from generate_series(1, 9) n;
  insert into public.segments (workspace_id, id, name, filters, excluded_filters) values
    ('w', 'fine', 'S', '{open}', '{favorites}'),
    ('w', 'unknown', 'S', '{open,opened}', '{}'),
    ('w', 'unknown-excluded', 'S', '{open}', '{opened,favorites}'),
    ('w', 'twice', 'S', array_fill('closed'::text, '{40}'), '{{open},{high_priority}}'),
    ('w', 'none', 'S', '{}', '{all}'),
    ('w', 'null', 'S', '{null}', '{null}');`

beforeAll(async () => {
  server = await startDatabase(100)
  await server.sql`create database before_figures template template0 encoding utf8 lc_ctype 'C.UTF-8' lc_collate 'C'`
  const url = new URL(server.url)
  url.pathname = '/before_figures'
  sql = postgres(url.href, { max: 1, onnotice: () => undefined })
  await sql.unsafe(await text('local/supabase-shim.sql'))
  await migrate((name) => name < firstOfFigures)
  await sql.unsafe(content)
  await migrate((name) => name >= firstOfFigures)
}, 120_000)

afterAll(async () => {
  await sql.end()
  await server.stop()
})

const ask = (name: string, id: string) => sql.begin((transaction) => asBackend(transaction, name, 'w', id))

test('sends from before are counted', async () => {
  expect(await ask('campaign_stats', 'g')).toEqual({
    ...{ outcome: 'ok', queued: 0, sent: 0, delivered: 0, read: 3, replied: 0, failed: 6 },
  })
})

test.each([
  ['fine', 4],
  ['unknown', 0],
  ['unknown-excluded', 4],
  ['twice', 5],
  ['none', 0],
  ['null', 0],
])('the segment "%s" from before keeps the contacts that its filters mean', async (id, count) => {
  expect(await ask('segment_count', id)).toEqual({ outcome: 'ok', count })
})
