import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fillDatabase } from '../../origin/local/database-content.ts'
import { type Database, startDatabase } from './database.ts'

let database: Database
let sql: postgres.Sql
let url: string

beforeAll(async () => {
  database = await startDatabase(100)
  await database.sql`create database filled`
  url = database.url.replace(/\/postgres$/, '/filled')
  sql = postgres(url, { max: 1, onnotice: () => {} })
}, 120_000)

afterAll(async () => {
  await sql.end()
  await database.stop()
})

async function fill(): Promise<string[]> {
  const lines: string[] = []
  const onProgress = (line: string) => void lines.push(line)
  await fillDatabase(url, { contacts: 10, seed: 1, isExternal: false, onProgress })
  return lines
}

test('an empty database is migrated and loaded once, and then left alone', async () => {
  expect(await fill()).toContainEqual(expect.stringMatching(/^\d+ migrations$/))
  expect(await fill()).toEqual([])
  const [row] = await sql`select count(*)::int as contacts from public.contacts where workspace_id = '15213'`
  expect(row).toEqual({ contacts: 10 })
})

test('a load restores every index on every partition', async () => {
  const missing = await sql`
    select i.indexrelid::regclass::text as index from pg_index i
    where i.indrelid = 'public.contacts'::regclass
      and (not i.indisvalid or (select count(*) from pg_inherits where inhparent = i.indexrelid) <> 64)`
  expect(missing).toEqual([])
  const made = (from: postgres.Sql) => from`
    select indexrelid::regclass::text as index from pg_index where indrelid = 'public.contacts'::regclass order by 1`
  expect([...(await made(sql))]).toEqual([...(await made(database.sql))])
})

test('a database of other migrations is refused with a sentence that says what to do', async () => {
  await sql`update local_state.migrations set digest = 'of an older text' where name like '%tables.sql'`
  await expect(fill()).rejects.toThrow('start with --fresh')
})
