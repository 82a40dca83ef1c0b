import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { call } from '../database/answers.ts'
import { type Database, startDatabase } from '../database/database.ts'
import { queryPages } from '../database/member.ts'
import { slotsMoved } from '../database/moved.ts'

let database: Database

/** Contacts as after an upgrade, with search text by older rules: one with a spaced number and one with a Greek name. */
beforeAll(async () => {
  database = await startDatabase(1_500)
  const [kept] = await database.sql`select pg_get_functiondef('private.search_text'::regproc) as definition`
  await database.sql.unsafe(`
    create or replace function private.search_text(p_name text, p_email text, p_phone text) returns text
    language sql immutable return lower(p_name) || e'\\n\\n'`)
  await database.sql`
    update public.contacts set name = 'Βασίλης', phone = '00 67 95 49'
    where workspace_id = '15213' and board_id = 'board_2'`
  await database.sql.unsafe(String(kept?.['definition']))
  await database.sql`insert into private.search_text_renewal default values`
  await database.sql`delete from private.outbox`
}, 120_000)

afterAll(async () => {
  await database.stop()
})

const answer = z.union([
  z.strictObject({ outcome: z.literal('busy') }),
  z.strictObject({ outcome: z.literal('ok'), looked_at: z.int(), renewed: z.int(), is_done: z.boolean() }),
])
const renew = async (p_rows_max: number) =>
  answer.parse(await call(database.service, 'search_text_renew', { p_rows_max }))

const found = async () => {
  const searches = ['ΒΑΣΊΛΗΣ', '+679549', '0067']
  const pages = await queryPages(
    database.sql,
    searches.map((search) => ({ board: 'board_2', search, perPage: 1 })),
  )
  return pages.map(({ total }) => total)
}

test('older contacts are found by the new rules once they are renewed, some with each call', async () => {
  const before =
    await database.sql`select id, updated_at from public.contacts where workspace_id = '15213' order by id`
  const stale = (await database.sql`select from public.contacts where name = 'Βασίλης'`).length
  expect(stale).toBeGreaterThan(20)
  expect(await found()).toEqual([0, 0, 0])

  let renewed = 0
  let lookedAt = 0
  for (let calls = 0; calls < 50; calls++) {
    const said = await renew(400)
    if (said.outcome === 'busy') throw new Error('nobody else is at it')
    lookedAt += said.looked_at
    renewed += said.renewed
    expect(said.looked_at).toBeLessThanOrEqual(400)
    if (said.is_done) break
  }
  const [row] = await database.sql`select count(*)::int as contacts from public.contacts`
  expect([lookedAt, renewed]).toEqual([row?.['contacts'], stale])
  expect(await found()).toEqual([stale, stale, stale])
  expect(await renew(400)).toEqual({ outcome: 'ok', looked_at: 0, renewed: 0, is_done: true })

  // The contacts did not change, but answers to searches did.
  expect(
    await database.sql`select id, updated_at from public.contacts where workspace_id = '15213' order by id`,
  ).toEqual(before)
  const rows =
    await database.sql`select distinct unnest(tags) as move from private.outbox where workspace_id = '15213'`
  const moves = rows.map(({ move }) => String(move))
  expect(slotsMoved(moves, 'board_2', null)).toContain('search')
  expect(moves).not.toContain('counts')
  const [counts] = await database.sql`select public.reconcile_counts('15213') as answer`
  expect(counts?.['answer']).toMatchObject({ drift: [] })
})

test('a simultaneous second call does not wait, and each call keeps its bound', async () => {
  await database.sql`insert into private.search_text_renewal default values`
  await database.sql.begin(async (sql) => {
    await sql`select from private.search_text_renewal for update`
    expect(await renew(10)).toEqual({ outcome: 'busy' })
  })
  for (const beyond of [0, -1, 50_001]) await expect(renew(beyond)).rejects.toThrow()
  await database.sql`delete from private.search_text_renewal`
})

test('only the backend may start it', async () => {
  const [row] = await database.sql`
    select array(
      select role from unnest('{anon,authenticated,service_role}'::text[]) role
      where has_function_privilege(role, 'public.search_text_renew(integer)', 'execute')
    ) as roles`
  expect(row?.['roles']).toEqual(['service_role'])
})
