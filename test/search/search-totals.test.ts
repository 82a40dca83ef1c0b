import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { type Database, startDatabase } from '../database/database.ts'
import { filterConditions, sharedFilters } from '../database/filter-conditions.ts'
import { type FoundPage, type PageQuery, queryPages } from '../database/member.ts'

let database: Database

const matchesMax = 10_000

/**
 * A board of 24,000 contacts in which searches and filters correlate in every way: nearly all "alpha" are open, those of
 * one column are "gamma", and rare values are close together. No instant is so near the edge of a filter by time that it
 * could cross it during the tests.
 */
beforeAll(async () => {
  database = await startDatabase(26_000)
  await database.sql`
    update public.contacts c
    set
      name = case when n % 20 < 17 or n < 50 then 'Alpha' else 'Omega' end
        || case when n between 9000 and 9700 then ' Delta' else '' end
        || case when c.board_column_id = 'col_2' then ' Gamma' else '' end || ' ' || n,
      status = case when n % 20 >= 17 or n < 12 then 'closed' else 'open' end,
      is_favorite = n % 2 = 0,
      created_at = now() - interval '1 second' * n - interval '5 days' * (n % 3),
      last_activity_at = now() - interval '1 second' * n - interval '30 hours' * (n % 4)
    from (
      select id, row_number() over (order by id) as n from public.contacts
      where workspace_id = '15213' and board_id = 'board_123'
    ) numbered
    where c.workspace_id = '15213' and c.board_id = 'board_123' and c.id = numbered.id`
  await database.sql`analyze public.contacts`
}, 120_000)

afterAll(async () => {
  await database.stop()
})

interface Question extends PageQuery {
  readonly filter: (typeof sharedFilters)[number]
  readonly column: string | null
  readonly sortBy: 'created_at' | 'name' | 'last_activity_at'
  readonly order: 'asc' | 'desc'
  readonly perPage: number
  readonly page: number
}

const anyQuestion: fc.Arbitrary<Question> = fc.record({
  search: fc.constantFrom(
    'alpha',
    'alpha',
    'Omega',
    'delta',
    'gamma',
    'al',
    'om',
    'a',
    'ga',
    'a 1',
    'example',
    'nobody',
  ),
  filter: fc.oneof(fc.constant('closed' as const), fc.constantFrom(...sharedFilters)),
  column: fc.constantFrom(null, null, 'col_1', 'col_2'),
  sortBy: fc.constantFrom('created_at', 'name', 'last_activity_at'),
  order: fc.constantFrom('asc', 'desc'),
  perPage: fc.integer({ min: 1, max: 100 }),
  page: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 30_000 })),
})

/** The total and the page, read as the owner of the tables. */
async function plain({ search, filter, column, sortBy, order, perPage, page }: Question) {
  const term = search.toLowerCase()
  const found =
    term.length < 3
      ? `lower(name || ' ' || coalesce(email, '')) ~ '(^|[^a-z0-9])${term}'`
      : `lower(name || e'\\n' || coalesce(email, '')) like '%${term}%'`
  const scope = `
    from public.contacts
    where workspace_id = '15213' and board_id = 'board_123' and ${filterConditions[filter]} and ${found}
      and ${column === null ? 'true' : `board_column_id = '${column}'`}`
  const [row] = await database.sql.unsafe(`
    select (select count(*)::int ${scope}) as total, array(
      select id ${scope} order by ${sortBy} ${order}, id ${order} limit ${perPage} offset ${(page - 1) * perPage}
    ) as ids`)
  return z.object({ total: z.int(), ids: z.array(z.string()) }).parse(row)
}

/** The contradiction in a page's totals, given the true total and the number of contacts before the page. */
function contradiction(page: FoundPage, total: number, before: number): string | null {
  const shown = page.contacts.length
  if (page.has_more !== before + shown < total && (shown > 0 || page.has_more))
    return 'whether there are more'
  if (total <= matchesMax && (page.total !== total || page.total_is_estimate)) return 'not exact'
  if (total > matchesMax && page.total <= matchesMax) return 'an estimate below what was counted'
  if (!page.total_is_estimate && page.total !== total) return 'no estimate, and not exact'
  if (page.has_more && page.total <= before + shown) return 'no room for more'
  if (!page.has_more && shown > 0 && page.total !== before + shown) return 'more than there are'
  if (shown === 0 && page.total > before) return 'room on an empty page'
  return null
}

async function contradictions(questions: readonly Question[]): Promise<string[]> {
  const pages = await queryPages(database.sql, questions)
  const found: string[] = []
  for (const [index, question] of questions.entries()) {
    const page = pages[index]
    if (page === undefined) throw new Error('no answer')
    const { total, ids } = await plain(question)
    expect([question, page.contacts.map(({ id }) => id)]).toEqual([question, ids])
    const wrong = contradiction(page, total, (question.page - 1) * question.perPage)
    if (wrong !== null) found.push(`${wrong}: ${page.total} for ${total} of ${JSON.stringify(question)}`)
  }
  return found
}

test('the total of a search is exact up to 10,000 matches, and never contradicts its page', async () => {
  const questions = fc.sample(anyQuestion, { seed: 21, numRuns: 220 })
  const first: Question = {
    search: 'alpha',
    filter: 'closed',
    column: null,
    sortBy: 'created_at',
    order: 'desc',
    perPage: 50,
    page: 1,
  }
  expect(await contradictions([first, ...questions])).toEqual([])
}, 180_000)

test.each([0, 1, 15_000, 1_000_000_000])(
  'the total never contradicts its page if the estimate is %i',
  async (estimate) => {
    const [kept] = await database.sql`
      select pg_get_functiondef('private.search_estimate'::regproc) as definition`
    await database.sql.unsafe(`
      create or replace function private.search_estimate(
        p_question private.page_question, p_search private.search_terms, p_in_board bigint, p_met bigint
      ) returns bigint language sql stable return ${estimate}`)
    const questions = fc.sample(anyQuestion, { seed: estimate % 97, numRuns: 60 })
    const found = await contradictions(questions).finally(() =>
      database.sql.unsafe(String(kept?.['definition'])),
    )
    expect(found).toEqual([])
  },
  120_000,
)

test('a page past the end has the exact total, even beyond the matches that are counted', async () => {
  const list = {
    search: 'alpha',
    filter: 'favorites',
    column: null,
    sortBy: 'name',
    order: 'asc',
    perPage: 100,
  } as const
  const { total } = await plain({ ...list, page: 1 })
  expect(total).toBeGreaterThan(matchesMax)
  const page = Math.ceil(total / list.perPage) + 1
  expect(await queryPages(database.sql, [{ ...list, page }])).toEqual([
    { contacts: [], total, has_more: false },
  ])
})

test('from cursor to cursor the total leaves room for the rest, and is exact at the end', async () => {
  const list = {
    search: 'alpha',
    filter: 'open',
    column: null,
    sortBy: 'name',
    order: 'asc',
    perPage: 100,
  } as const
  const { total } = await plain({ ...list, page: 1 })
  expect(total).toBeGreaterThan(matchesMax)
  let after: readonly [string, string] | null = null
  let before = 0
  for (let page = 1; page < 400; page++) {
    const [answer]: FoundPage[] = await queryPages(database.sql, [{ ...list, page, after }])
    if (answer === undefined) throw new Error('no answer')
    const last: FoundPage['contacts'][number] | undefined = answer.contacts.at(-1)
    const shown = before + answer.contacts.length
    if (answer.has_more) expect(answer.total).toBeGreaterThan(shown)
    else expect([shown, answer.total]).toEqual([total, total])
    if (!answer.has_more) return
    before = shown
    after = [z.string().parse(last?.['name']), last?.id ?? '']
  }
  throw new Error('no end')
}, 120_000)
