import type { SupabaseClient } from '@supabase/supabase-js'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Contact } from '../../shared/resources/contacts/contact-list.ts'
import { pageOf, queryPage } from './answers.ts'
import { type Database, startDatabase } from './database.ts'
import { filterConditions, sharedFilters } from './filter-conditions.ts'
import { users } from './users.ts'

let database: Database
let admin: SupabaseClient

/** A board of 800 contacts: every filter meets some of them, and one in five shares its instant with others. */
beforeAll(async () => {
  database = await startDatabase(100)
  admin = await database.as(users.otherAdmin)
  await database.sql`
    update public.contacts set
      created_at = case when abs(hashtext(id)) % 10 = 0 then now() - interval '2 days' else created_at end,
      last_activity_at = case when abs(hashtext(id)) % 7 = 0 then now() - interval '1 hour' else last_activity_at end,
      assigned_to = case when abs(hashtext(id)) % 11 = 0 then ${users.otherAdmin.sub} else assigned_to end,
      name = case when abs(hashtext(id)) % 5 = 0 then 'Same Name' else name end
    where workspace_id = '15214'`
}, 120_000)

afterAll(async () => {
  await database.stop()
})

interface List {
  readonly sortBy: 'created_at' | 'updated_at' | 'name' | 'last_activity_at'
  readonly order: 'asc' | 'desc'
  readonly filter: keyof typeof conditions
  readonly column: string | null
  readonly search: string | null
  readonly perPage: number
}

const conditions = { ...filterConditions, assigned_to_me: `assigned_to = '${users.otherAdmin.sub}'` }

const lists: fc.Arbitrary<List> = fc.record({
  sortBy: fc.constantFrom('created_at', 'updated_at', 'name', 'last_activity_at'),
  order: fc.constantFrom('asc', 'desc'),
  filter: fc.constantFrom(...sharedFilters, 'assigned_to_me' as const),
  column: fc.constantFrom(null, null, 'col_1', 'col_3'),
  search: fc.constantFrom(null, null, null, 'mail', 'sa'),
  perPage: fc.integer({ min: 40, max: 100 }),
})

async function expected({ sortBy, order, filter, column, search }: List): Promise<string[]> {
  const inColumn = column === null ? 'true' : `board_column_id = '${column}'`
  const found =
    search === 'mail'
      ? "lower(name || email) like '%mail%'"
      : "private.folded(concat(name, ' ', email)) ~ '(^|[ .@-])sa'"
  const rows = await database.sql.unsafe<{ id: string }[]>(`
    select id from public.contacts
    where workspace_id = '15214' and board_id = 'board_214' and ${inColumn} and ${conditions[filter]}
      and ${search === null ? 'true' : found}
    order by ${sortBy} ${order}, id ${order}`)
  return rows.map(({ id }) => id)
}

function argumentsOf({ sortBy, order, filter, column, search, perPage }: List) {
  return {
    p_workspace: '15214',
    p_board: 'board_214',
    p_column: column,
    p_filter: filter,
    p_search: search,
    p_sort_by: sortBy,
    p_sort_order: order,
    p_per_page: perPage,
  }
}

/** More pages than the whole board has. */
const pagesMax = 30

async function byCursor(list: List): Promise<Contact[]> {
  const contacts: Contact[] = []
  for (let pages = 0; pages < pagesMax; pages++) {
    const last = contacts.at(-1)
    const place = last === undefined ? {} : { p_after: last[list.sortBy], p_after_id: last.id }
    const page = pageOf(await queryPage(admin, { ...argumentsOf(list), ...place }))
    contacts.push(...page.contacts)
    if (!page.has_more) return contacts
  }
  throw new Error('no end')
}

async function byNumber(list: List, total: number): Promise<Contact[]> {
  const contacts: Contact[] = []
  for (let number = 1; number <= Math.ceil(total / list.perPage); number++) {
    const page = pageOf(await queryPage(admin, { ...argumentsOf(list), p_page: number }))
    expect(page.total).toBe(total)
    expect(page.has_more).toBe(number * list.perPage < total)
    contacts.push(...page.contacts)
  }
  return contacts
}

test('for any list, cursors and page numbers show each contact once and in order, and the total is exact', async () => {
  for (const list of fc.sample(lists, { seed: 4, numRuns: 120 })) {
    const ids = await expected(list)
    expect([list, (await byCursor(list)).map(({ id }) => id)]).toEqual([list, ids])
    expect([list, (await byNumber(list, ids.length)).map(({ id }) => id)]).toEqual([list, ids])
  }
}, 120_000)
