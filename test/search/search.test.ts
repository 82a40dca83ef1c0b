import type { SupabaseClient } from '@supabase/supabase-js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type PageArguments, pageOf, queryPage } from '../database/answers.ts'
import { type Database, startDatabase } from '../database/database.ts'
import { users } from '../database/users.ts'

let database: Database
let admin: SupabaseClient

beforeAll(async () => {
  database = await startDatabase(26_000)
  admin = await database.as(users.admin)
  await database.sql`
    insert into public.board_columns (workspace_id, board_id, id, name)
    values ('15213', 'board_2', 'searched', 'Searched')`
  for (const [id, name, email, phone] of planted)
    await database.sql`
      insert into public.contacts (workspace_id, id, board_id, board_column_id, name, email, phone)
      values ('15213', ${id}, 'board_2', 'searched', ${name}, ${email}, ${phone})`
}, 120_000)

afterAll(async () => {
  await database.stop()
})

const planted = [
  ['percent', '100% Ökologie_GmbH', 'back\\slash@odd.example', '+49 (0)30 1234-567'],
  ['cyrillic', 'Ёлкина Жанна', null, '0049 40 / 98 76 54'],
  ['polish', "Łukasz Großmann-O'Hara", 'l.grossmann@odd.example', null],
  ['greek', 'Γιώργος Παπαδόπουλος', null, '+30 210 555 0 555'],
  ['chinese', '王小明', 'wang@odd.example', null],
  ['zeros', 'Zeros', null, '+1 500 12 99 00'],
  ['decomposed', 'Rene\u0301e Nu\u0308sse', null, null],
] as const

/** The planted contacts that a search finds, in the order of their ids. */
async function found(p_search: string): Promise<string[]> {
  const page = pageOf(await queryPage(admin, { p_board: 'board_2', p_column: 'searched', p_search }))
  expect(page.total).toBe(page.contacts.length)
  expect(page).not.toHaveProperty('total_is_estimate')
  return page.contacts.map(({ id }) => id).toSorted()
}

describe('a search', () => {
  test.each([
    ['the name in another case', 'öKOLOGIE', ['percent']],
    ['the name without its accents', 'okologie', ['percent']],
    ['the name with accents that it does not have', 'Lükasz', ['polish']],
    ['letters that are written as two', 'grossmann', ['polish']],
    ['accents that are characters of their own', 'renée nüsse', ['decomposed']],
    ['the name in another script', 'елкина ЖАННА', ['cyrillic']],
    ['the name in another script, its accents left out', 'παπαδοπουλος', ['greek']],
    ['a name of three characters', '王小明', ['chinese']],
    ['part of the e-mail address', 'ODD.example', ['chinese', 'percent', 'polish']],
    ['the phone number as it is written', '+49 (0)30 1234-567', ['percent']],
    ['the phone number written otherwise', '0049/30 12 34 56 7', ['percent']],
    ['digits within the phone number', '987-654', ['cyrillic']],
    ['the phone number in its international form', '+49 40', ['cyrillic']],
    ['two zeros within the phone number', '0 0-12', ['zeros']],
    ['nothing where an international number goes on within another', '0012345', []],
    ['digits within the phone number, alone', '5550555', ['greek']],
    ['a percent sign as itself', '00%', ['percent']],
    ['an underscore as itself', 'ie_g', ['percent']],
    ['a backslash as itself', '\\slash@', ['percent']],
    ['nothing across two fields', 'gmbh back', []],
    ['nothing for a wildcard between', '1%0', []],
    ['nothing for what is not there', 'zzyzx', []],
  ])('finds by %s', async (_way, search, ids) => {
    expect(await found(search)).toEqual(ids)
  })

  test.each([
    ['the name', 'ök', ['percent']],
    ['a later word of the name', 'жа', ['cyrillic']],
    ['a word behind a hyphen', 'oh', []],
    ['a word behind an apostrophe', 'ha', ['polish']],
    ['a name in characters that are words', '王', ['chinese']],
    ['the e-mail address', 'wa', ['chinese']],
    ['the phone number', '+3', ['greek']],
    ['the phone number, digits alone', '49', ['cyrillic', 'percent']],
    ['nothing for the middle of a word', 'ol', []],
    ['nothing for the middle of a phone number', '55', []],
    ['nothing for a character that begins no word', '%', []],
    ['nothing for a pattern', '.*', []],
  ])('of one or two characters finds by the beginning of %s', async (_way, search, ids) => {
    expect(await found(search)).toEqual(ids)
  })

  test('for an accent alone finds everything, like no search', async () => {
    expect(await found('\u0301')).toHaveLength(planted.length)
  })

  test('finds only contacts of the filter and the column', async () => {
    const args = { p_board: 'board_2', p_search: 'odd.example' }
    expect(pageOf(await queryPage(admin, { ...args, p_filter: 'closed' })).total).toBe(0)
    expect(pageOf(await queryPage(admin, { ...args, p_filter: 'open' })).total).toBe(3)
    expect(pageOf(await queryPage(admin, { ...args, p_column: 'col_21' })).total).toBe(0)
  })
})

describe('a search with more than 10,000 matches', () => {
  /** The first 300 ids of a search by name and the number of matches, read as the owner. */
  async function scanned(condition: string): Promise<{ ids: string[]; total: number }> {
    const rows = await database.sql.unsafe<{ id: string; total: number }[]>(`
      select id, count(*) over ()::int as total from public.contacts
      where workspace_id = '15213' and board_id = 'board_123' and ${condition}
      order by name, id limit 300`)
    return { ids: rows.map(({ id }) => id), total: rows[0]?.total ?? 0 }
  }

  async function walked(args: Partial<PageArguments>) {
    const byName = { ...args, p_sort_by: 'name', p_sort_order: 'asc', p_per_page: 100 }
    const first = pageOf(await queryPage(admin, byName))
    const contacts = [...first.contacts]
    for (let page = 2; page <= 3; page++) {
      const last = contacts.at(-1)
      const after = { p_after: last?.name ?? '', p_after_id: last?.id ?? '' }
      const next = pageOf(await queryPage(admin, { ...byName, ...after }))
      expect(next).toMatchObject({ total: first.total, total_is_estimate: true, has_more: true })
      contacts.push(...next.contacts)
    }
    const third = pageOf(await queryPage(admin, { ...byName, p_page: 3 }))
    expect(third.contacts).toEqual(contacts.slice(200))
    return { first, ids: contacts.map(({ id }) => id) }
  }

  test.each([
    ['nearly all', 'example', null, "email like '%example%'"],
    ['somewhat more', 'quirk', "id <= 'contact_013000'", "email like '%quirk%'"],
  ])(
    '(%s) says that its total is an estimate, and shows the right contacts',
    async (_many, search, which, met) => {
      if (which !== null)
        await database.sql.unsafe(
          `update public.contacts set email = 'x' || id || '@quirk.example' where workspace_id = '15213' and ${which}`,
        )
      const scan = await scanned(met)
      const { first, ids } = await walked({ p_search: search })
      expect(ids).toEqual(scan.ids)
      expect(first).toMatchObject({ total_is_estimate: true, has_more: true })
      expect(first.total).toBeGreaterThan(10_000)
      expect(Math.abs(first.total - scan.total)).toBeLessThan(scan.total / 4)
    },
  )
})
