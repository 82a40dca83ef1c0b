import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Database, startDatabase } from './database.ts'

let database: Database

// A separate database without clients, because Supabase Lite grants everything to everybody at its first request.
beforeAll(async () => {
  database = await startDatabase(100)
}, 120_000)

afterAll(async () => {
  await database.stop()
})

const tables = ['workspaces', 'memberships', 'boards', 'board_columns', 'contacts', 'cache_settings']

async function privilegesOf(role: string, table: string): Promise<string[]> {
  const rows = await database.sql`
    select privilege from unnest(array['select', 'insert', 'update', 'delete', 'truncate']) privilege
    where has_table_privilege(${role}, 'public.' || ${table}::text, privilege)`
  return rows.map((row) => String(row['privilege']))
}

test('an anonymous caller has no grant on any table', async () => {
  for (const table of tables) expect([table, await privilegesOf('anon', table)]).toEqual([table, []])
})

test('a user may read, may write contacts and settings, and may never truncate a table', async () => {
  const granted = await Promise.all(
    tables.map(async (table) => [table, await privilegesOf('authenticated', table)]),
  )
  expect(Object.fromEntries(granted)).toEqual({
    workspaces: ['select'],
    memberships: ['select'],
    boards: ['select'],
    board_columns: ['select'],
    contacts: ['select', 'insert', 'delete'],
    cache_settings: ['select', 'insert', 'update'],
  })
})

test('a user may change every field of a contact but its workspace and its id', async () => {
  const rows = await database.sql`
    select column_name from information_schema.columns
    where table_schema = 'public' and table_name = 'contacts' and is_generated = 'NEVER'
      and not has_column_privilege('authenticated', 'public.contacts', column_name, 'update')
    order by column_name`
  expect(rows.map((row) => row['column_name'])).toEqual(['created_at', 'id', 'updated_at', 'workspace_id'])
})

test('the outbox can be read and written only through its functions', async () => {
  const rows = await database.sql`
    select role from unnest(array['anon', 'authenticated', 'service_role']) role
    where has_table_privilege(role, 'private.outbox', 'select, insert, update, delete')`
  expect([...rows]).toEqual([])
})
