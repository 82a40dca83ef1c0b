import { readdir, readFile } from 'node:fs/promises'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { contactList, contactSchema } from '../../shared/resources/contacts/contact-list.ts'
import { ok } from '../../shared/result.ts'
import { createOrigin, listParams } from '../unit/origin/origin-under-test.ts'
import { type Database, startDatabase } from './database.ts'

/** A database as it was deployed before the bounds, on the same server. */
let server: Database
let sql: postgres.Sql

const firstOfBounds = '20261126010000_bounds.sql'
const local = new URL('../../origin/', import.meta.url)
const text = (file: string) => readFile(new URL(file, local), 'utf8')

async function migrate(isWanted: (name: string) => boolean): Promise<void> {
  const names = (await readdir(new URL('supabase/migrations/', local))).filter(isWanted).sort()
  for (const name of names) {
    const statements = await text(`supabase/migrations/${name}`)
    await sql.begin((transaction) => transaction.unsafe(statements))
  }
}

/** Values that a member could write then, one for each column. */
const oldValues = {
  fine: "email = 'a@example.com', tags = '{a,b}'",
  'long tags': "tags = array(select repeat('t', 200000) from generate_series(1, 50))",
  'empty texts':
    "email = '', phone = '', source = '', lead_status = '', last_message = '', tags = array['a', '']",
  'too many bytes': `
    tags = array(select repeat(chr(1), 100) from generate_series(1, 50)), last_message = repeat(chr(1), 4000)`,
  'far future': "last_activity_at = '10000-01-01 00:00:00+00', created_at = '12345-06-07 08:09:10+00'",
  'farther future': "last_activity_at = '11111-01-01 00:00:00+00'",
  'before the years':
    "last_activity_at = '0044-03-15 12:00:00+00 BC', created_at = '4000-01-01 00:00:00+00 BC'",
}
const ids = Object.keys(oldValues).map((id) => id.replaceAll(' ', '_'))

beforeAll(async () => {
  server = await startDatabase(100)
  await server.sql`create database before_bounds template template0 encoding utf8 lc_ctype 'C.UTF-8' lc_collate 'C'`
  const url = new URL(server.url)
  url.pathname = '/before_bounds'
  sql = postgres(url.href, { max: 1, onnotice: () => undefined })
  await sql.unsafe(await text('local/supabase-shim.sql'))
  await migrate((name) => name < firstOfBounds)
  await sql`insert into public.workspaces (id, name) values ('w', 'W')`
  await sql`insert into public.boards (workspace_id, id, name) values ('w', 'b', 'B')`
  await sql`insert into public.board_columns (workspace_id, board_id, id, name) values ('w', 'b', 'c', 'C')`
  await sql`update public.boards set created_at = 'infinity'`
  for (const [index, set] of Object.values(oldValues).entries()) {
    const id = ids[index] ?? ''
    await sql`insert into public.contacts (workspace_id, id, board_id, board_column_id, name) values ('w', ${id}, 'b', 'c', ${id})`
    await sql.unsafe(`update public.contacts set ${set} where id = $1`, [id])
  }
  await migrate((name) => name === firstOfBounds)
}, 120_000)

afterAll(async () => {
  await sql.end()
  await server.stop()
})

/** The origin over this database, with the requests of a member. */
function origin() {
  return createOrigin({
    database: {
      probe: async () => true,
      async callRpc(name, args) {
        const [row] = await sql.begin(async (transaction) => {
          const claims = { sub: 'u', app_metadata: { workspaces: { w: 'member' } } }
          await transaction`select set_config('request.jwt.claims', ${JSON.stringify(claims)}, true)`
          const named = Object.keys(args).map((each, index) => `${each} => $${index + 1}`)
          const values = Object.values(args).map((value) => value as string | number | null)
          return transaction.unsafe(`select public.${name}(${named.join(', ')}) as answer`, values)
        })
        return ok(row?.['answer'])
      },
    },
  })
}

const loadOfList = { workspaceId: 'w', params: { ...listParams, boardId: 'b' } }

describe('before old rows are repaired', () => {
  test('a page shows all of them, without unfit values, and within the bytes of a page', async () => {
    const { loadList, logged, request } = origin()
    const answer = await loadList(loadOfList)
    const body = await answer.text()
    const { contacts } = contactList.data.parse(JSON.parse(body))
    expect(contacts.map(({ id }) => id).toSorted()).toEqual(ids.toSorted())
    expect(body.length).toBeLessThan(100_000)
    const byId = new Map(contacts.map((contact) => [contact.id, contact]))
    expect(byId.get('fine')).toMatchObject({ email: 'a@example.com', tags: ['a', 'b'] })
    expect(byId.get('long_tags')).toMatchObject({ name: 'long_tags', tags: [] })
    expect(byId.get('far_future')).toMatchObject({
      name: 'far_future',
      created_at: '1970-01-01T00:00:00+00:00',
    })
    const metrics: unknown = await (await request('/metrics', {}, null)).json()
    expect(metrics).toMatchObject({
      unfitValues: {
        'contact-list.last_activity_at': 3,
        'contact-list.created_at': 2,
        'contact-list.email': 1,
      },
    })
    const lines = logged.filter((line) => line.includes('do not fit'))
    expect(lines.join('')).toContain('"field":"last_activity_at","rows":3')
    for (const id of ids) expect(lines.join('')).not.toContain(id)
  })

  test.each(['last_activity_at', 'created_at', 'updated_at', 'name'] as const)(
    'cursors by %s walk past them in both directions',
    async (sortBy) => {
      for (const sortOrder of ['asc', 'desc']) {
        for (const perPage of [1, 2, 3]) {
          const seen: string[] = []
          let cursor: string | null = null
          do {
            const params = { ...loadOfList.params, sortBy, sortOrder, perPage, cursor }
            const page = contactList.data.parse(
              await (await origin().loadList({ ...loadOfList, params })).json(),
            )
            seen.push(...page.contacts.map(({ id }) => id))
            cursor = page.pagination.next_cursor
          } while (cursor !== null && seen.length <= ids.length)
          expect([sortOrder, perPage, seen.toSorted()]).toEqual([sortOrder, perPage, ids.toSorted()])
        }
      }
    },
  )

  test('the bounds already apply to every write', async () => {
    const long = sql`update public.contacts set tags = array[repeat('t', 101)] where id = 'fine'`
    await expect(long).rejects.toThrow('contacts_tags_form')
  })
})

test('the migration repairs old rows, keeps the values that it removes, and validates', async () => {
  const repaired = async () => {
    const rows = await sql<{ contact_id: string; column_name: string }[]>`
      select contact_id, column_name from private.repaired_values order by 1, 2`
    return rows.map(({ contact_id, column_name }) => `${contact_id}.${column_name}`)
  }
  await migrate((name) => name > firstOfBounds)
  const rows = await sql<{ row: unknown }[]>`
    select to_jsonb(c) - 'facets' - 'search_text' as row from public.contacts c`
  for (const { row } of rows) expect(contactSchema.safeParse(row).error).toBeUndefined()
  expect(await repaired()).toEqual([
    'before_the_years.created_at',
    'before_the_years.last_activity_at',
    'empty_texts.email',
    'empty_texts.last_message',
    'empty_texts.lead_status',
    'empty_texts.phone',
    'empty_texts.source',
    'empty_texts.tags',
    'far_future.created_at',
    'far_future.last_activity_at',
    'farther_future.last_activity_at',
    'long_tags.tags',
    'too_many_bytes.last_message',
  ])
  const [kept] = await sql`
    select length(value) as characters from private.repaired_values where contact_id = 'long_tags'`
  expect(kept?.['characters']).toBeGreaterThan(10_000_000)
  const open = await sql`select conname from pg_constraint where not convalidated`
  expect([...open]).toEqual([])
  const tallied = await sql`
    select (select sum(contacts)::int from private.contact_tallies) as tallied, count(*)::int as there
    from public.contacts`
  expect(tallied[0]).toEqual({ tallied: ids.length, there: ids.length })
})

test('a bounded repair continues where it stopped, and changes no value that fits', async () => {
  await sql`alter table public.contacts drop constraint contacts_texts_not_empty`
  await sql`update public.contacts set email = '' where id <> 'fine'`
  await sql`alter table public.contacts add constraint contacts_texts_not_empty check (email <> '') not valid`
  const repair = async () => (await sql`select private.repair_bounds(4)::int as rows`)[0]?.['rows']
  const [before] = await sql`select to_jsonb(c) as row from public.contacts c where id = 'fine'`
  expect([await repair(), await repair(), await repair()]).toEqual([4, ids.length - 1 - 4, 0])
  const [after] = await sql`select to_jsonb(c) as row from public.contacts c where id = 'fine'`
  expect(after).toEqual(before)
})
