import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { outboxBatchSchema } from '../../shared/contract/invalidation.ts'
import { type Database, startDatabase } from './database.ts'

let database: Database

/** Substitutes for two parts of hosted Supabase: Vault's view, and pg_net's function, which records requests here. */
const hosted = `
  create schema vault;
  create table vault.decrypted_secrets (name text, decrypted_secret text);
  create schema net;
  create table net.sent (url text, body jsonb, headers jsonb);
  create function net.http_post(url text, body jsonb, headers jsonb, timeout_milliseconds integer) returns bigint
  language sql as $$ insert into net.sent values (url, body, headers) returning 1 $$;`

beforeAll(async () => {
  database = await startDatabase(100)
  const script = await readFile(
    new URL('../../origin/supabase/database-webhook.sql', import.meta.url),
    'utf8',
  )
  await database.sql.unsafe(hosted)
  await database.sql.unsafe(script.replace('create extension if not exists pg_net;', ''))
}, 120_000)

afterAll(async () => {
  await database.stop()
})

const update = () => database.sql`update contacts set name = 'Changed' where id = 'contact_000001'`

test('the optional webhook sends nothing without the Worker’s address, and disturbs no write', async () => {
  await update()
  expect([...(await database.sql`select * from net.sent`)]).toEqual([])
})

test('the optional webhook sends the rows of the outbox as the Worker accepts them, with the same event ids', async () => {
  await database.sql`insert into vault.decrypted_secrets values
    ('boardcache_worker_url', 'https://worker.example.com'), ('boardcache_internal_key', 'a key')`
  await database.sql`delete from private.outbox`
  await update()
  const [sent, ...more] = await database.sql`select url, body, headers from net.sent`
  expect(more).toEqual([])
  expect(sent).toMatchObject({
    url: 'https://worker.example.com/api/cache/invalidate',
    headers: { Authorization: 'Bearer a key', 'Content-Type': 'application/json' },
  })
  const { outbox } = outboxBatchSchema.parse(sent?.['body'])
  const rows =
    await database.sql`select 'outbox:' || event_id as id, workspace_id, tags from private.outbox order by 1`
  expect(outbox.map(({ eventId, workspaceId, tags }) => [eventId, workspaceId, tags]).toSorted()).toEqual(
    rows.map((row) => [row['id'], row['workspace_id'], row['tags']]),
  )
})
