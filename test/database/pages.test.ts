import type { SupabaseClient } from '@supabase/supabase-js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Contact } from '../../shared/resources/contacts/contact-list.ts'
import { call, type PageArguments, pageOf, queryCounts, queryPage } from './answers.ts'
import { type Database, startDatabase } from './database.ts'
import { filterConditions } from './filter-conditions.ts'
import { users } from './users.ts'

let database: Database
let admin: SupabaseClient

beforeAll(async () => {
  database = await startDatabase(1_500)
  admin = await database.as(users.admin)
  // Like after an import, a whole board has one instant, and it has many pages.
  await database.sql`update public.contacts set created_at = '2024-01-01' where board_id = 'board_2'`
}, 120_000)

afterAll(async () => {
  await database.stop()
})

type SortBy = 'created_at' | 'updated_at' | 'name' | 'last_activity_at'

/** Every contact of a list, from cursor to cursor, up to 100 pages. */
async function walk(args: Partial<PageArguments>, sortBy: SortBy): Promise<Contact[]> {
  const walked: Contact[] = []
  for (let pages = 0; pages < 100; pages++) {
    const last = walked.at(-1)
    const place = last === undefined ? {} : { p_after: last[sortBy], p_after_id: last.id }
    const page = pageOf(await queryPage(admin, { p_sort_by: sortBy, p_per_page: 100, ...args, ...place }))
    walked.push(...page.contacts)
    if (!page.has_more) return walked
  }
  throw new Error('no end after 100 pages')
}

/** The ids of a board in an order, read as the owner. All pages together must show these. */
async function idsInOrder(sortBy: SortBy, order: 'asc' | 'desc', condition = 'true'): Promise<string[]> {
  const rows = await database.sql.unsafe<{ id: string }[]>(`
    select id from public.contacts
    where workspace_id = '15213' and board_id = 'board_123' and ${condition}
    order by ${sortBy} ${order}, id ${order}
  `)
  return rows.map(({ id }) => id)
}

describe.each(['created_at', 'updated_at', 'name', 'last_activity_at'] as const)('by %s', (sortBy) => {
  test.each(['asc', 'desc'] as const)(
    'cursors in order %s show every contact once, in order',
    async (order) => {
      const walked = await walk({ p_sort_order: order }, sortBy)
      expect(walked.map(({ id }) => id)).toEqual(await idsInOrder(sortBy, order))
    },
  )

  test('numbered pages show the same contacts as cursors', async () => {
    const pages = []
    for (let page = 1; page <= 3; page++)
      pages.push(
        ...pageOf(await queryPage(admin, { p_sort_by: sortBy, p_page: page, p_per_page: 7 })).contacts,
      )
    expect(pages.map(({ id }) => id)).toEqual((await idsInOrder(sortBy, 'desc')).slice(0, 21))
  })
})

test('cursors skip and repeat none of many contacts with the same instant', async () => {
  const walked = await walk({ p_board: 'board_2', p_per_page: 7 }, 'created_at')
  const ids = walked.map(({ id }) => id)
  expect(new Set(walked.map(({ created_at }) => created_at)).size).toBe(1)
  expect(ids).toEqual(ids.toSorted().toReversed())
  expect(ids.length).toBe(pageOf(await queryPage(admin, { p_board: 'board_2' })).total)
  expect(ids.length).toBeGreaterThan(21)
})

test('a column’s cursors show only its contacts', async () => {
  const walked = await walk({ p_column: 'col_2' }, 'created_at')
  expect(walked.map(({ id }) => id)).toEqual(
    await idsInOrder('created_at', 'desc', "board_column_id = 'col_2'"),
  )
})

test('a page past the end is empty, with the true total', async () => {
  const page = pageOf(await queryPage(admin, { p_page: 1_000_000 }))
  const ids = await idsInOrder('created_at', 'desc')
  expect(page).toEqual({ outcome: 'ok', contacts: [], total: ids.length, has_more: false })
})

test('the last page says that no other follows', async () => {
  const { length } = await idsInOrder('created_at', 'desc')
  const page = pageOf(await queryPage(admin, { p_page: length, p_per_page: 1 }))
  expect(page.contacts).toHaveLength(1)
  expect(page.has_more).toBe(false)
  expect(pageOf(await queryPage(admin, { p_page: length - 1, p_per_page: 1 })).has_more).toBe(true)
})

test('an unknown column is an empty list', async () => {
  const page = pageOf(await queryPage(admin, { p_column: 'col_99' }))
  expect(page).toEqual({ outcome: 'ok', contacts: [], total: 0, has_more: false })
})

test('a filter shows the contacts that meet it, and all of them', async () => {
  for (const [filter, meets] of Object.entries(filterConditions)) {
    const page = pageOf(await queryPage(admin, { p_filter: filter, p_per_page: 100 }))
    const [row] = await database.sql.unsafe<{ total: number }[]>(`
      select count(*)::int as total from public.contacts
      where workspace_id = '15213' and board_id = 'board_123' and ${meets}
    `)
    expect([filter, page.total]).toEqual([filter, row?.total])
    expect(page.contacts).toHaveLength(Math.min(100, page.total))
  }
})

test('assigned_to_me shows each caller their own contacts', async () => {
  const other = await database.as(users.otherAdmin)
  const args = { p_workspace: '15214', p_filter: 'assigned_to_me', p_per_page: 100 }
  const contacts = []
  for (const p_board of ['board_214', 'board_1'])
    contacts.push(...pageOf(await queryPage(other, { ...args, p_board })).contacts)
  expect(contacts.length).toBeGreaterThan(0)
  for (const contact of contacts) expect(contact.assigned_to).toBe(users.otherAdmin.sub)
  const counts = await queryCounts(other, '15214')
  expect(counts).toMatchObject({ assignees: { [users.otherAdmin.sub]: contacts.length } })
  expect(pageOf(await queryPage(admin, { p_filter: 'assigned_to_me' })).total).toBe(0)
})

describe('the counts that depend on the time', () => {
  test('include a contact of today and not one of last month', async () => {
    await database.sql`
      insert into public.contacts (workspace_id, id, board_id, board_column_id, name, created_at, last_activity_at)
      values
        ('15213', 'today', 'board_2', 'col_21', 'Today', now(), now()),
        ('15213', 'days_ago', 'board_2', 'col_21', 'Days ago', now() - interval '6 days', now() - interval '2 days'),
        ('15213', 'last_month', 'board_2', 'col_21', 'Last month', now() - interval '31 days', now() - interval '31 days')
    `
    const counts = await queryCounts(admin)
    expect(counts).toMatchObject({ counts: { newCustomers: 2, recentActivity: 1 } })
    const fresh = pageOf(await queryPage(admin, { p_board: 'board_2', p_filter: 'new_customers' }))
    expect(fresh.contacts.map(({ id }) => id)).toEqual(['today', 'days_ago'])
    const active = pageOf(await queryPage(admin, { p_board: 'board_2', p_filter: 'recent_activity' }))
    expect(active.contacts.map(({ id }) => id)).toEqual(['today'])
    await database.sql`delete from public.contacts where id in ('today', 'days_ago', 'last_month')`
  })
})

test('an unknown argument value is an error, and never reaches the statement', async () => {
  const injected = { p_sort_by: 'name; drop table public.contacts' }
  const beyond = [injected, { p_sort_order: 'up' }, { p_filter: 'x' }, { p_per_page: 101 }, { p_page: 0 }]
  for (const args of beyond) await expect(queryPage(admin, args)).rejects.toThrow()
  expect(pageOf(await queryPage(admin)).total).toBeGreaterThan(0)
})

test('updated_at changes with every write', async () => {
  const [before] =
    await database.sql`select updated_at from public.contacts where workspace_id = '15213' limit 1`
  const [after] = await database.sql`
    update public.contacts set board_column_id = board_column_id
    where workspace_id = '15213' and id = 'contact_000001' returning updated_at = now() as moved
  `
  expect(before).toBeDefined()
  expect(after).toEqual({ moved: true })
})

test('the same seed makes the same contacts, another seed others', async () => {
  const digest = async (seed: number) => {
    const [row] = await database.sql
      .begin(async (sql) => {
        await sql`delete from public.contacts`
        await sql`select reference_data.generate_contacts(${seed}, 1500, 1, 500)`
        const rows = await sql<{ digest: string }[]>`
        select md5(string_agg(c::text, '|' order by id)) as digest
        from (select id, name, email, created_at, board_column_id, last_message from public.contacts) c
      `
        throw new Undone(rows[0]?.digest ?? '')
      })
      .catch((thrown: unknown) => {
        if (thrown instanceof Undone) return [thrown.message]
        throw thrown
      })
    return row
  }
  const first = await digest(1)
  expect(await digest(1)).toBe(first)
  expect(await digest(2)).not.toBe(first)
})

/** Thrown to roll a transaction back, with the values that were read in it. */
class Undone extends Error {}

test('boards are listed with their names, in the order of their ids', async () => {
  expect(await call(admin, 'workspace_boards', { p_workspace: '15213' })).toEqual({
    outcome: 'ok',
    boards: [
      { id: 'board_1', name: 'Support' },
      { id: 'board_123', name: 'Sales' },
      { id: 'board_2', name: 'Partners' },
    ],
  })
})
