import type postgres from 'postgres'
import { z } from 'zod'

/** A query that is measured, and the plain way in which one would write it without thinking of the table's size. */
export interface Question {
  readonly name: string
  /** The statements that are measured one after the other. There are several if each round needs another one. */
  readonly statements: readonly Statement[]
  /** Empty if there is none. */
  readonly naive: readonly Statement[]
  /** The largest accepted p50 at ten million contacts. */
  readonly goalMs: number
}

/** A query by a caller. */
export interface Statement {
  readonly role: 'authenticated' | 'service_role' | 'postgres'
  readonly workspace: string
  readonly userId: string
  readonly text: string
}

const workspace = '15213'
const board = 'board_123'
const rounds = 100
const naiveRounds = 10

interface Page {
  readonly column?: string
  readonly filter?: string
  readonly search?: string
  readonly sortBy?: string
  readonly sortOrder?: 'asc' | 'desc'
  readonly page?: number
  readonly after?: Boundary
}
interface Boundary {
  readonly value: string
  readonly id: string
}

const literal = (text: string | undefined) =>
  text === undefined ? 'null' : `'${text.replaceAll("'", "''")}'`

function pageOf({
  column,
  filter = 'all',
  search,
  sortBy = 'created_at',
  sortOrder = 'desc',
  page = 1,
  after,
}: Page) {
  const asked = [workspace, board, column, filter, search, sortBy, sortOrder].map(literal).join(', ')
  return `select public.contacts_page(${asked}, 50, ${page}, ${literal(after?.value)}, ${literal(after?.id)})`
}

/** Finds the page by offset and the total by counting. */
function naivePageOf({ sortBy = 'created_at', page = 1 }: Page, condition = 'true'): string {
  const scope = `from public.contacts where workspace_id = '${workspace}' and board_id = '${board}' and ${condition}`
  return `
    select (select count(*) ${scope}), jsonb_agg(to_jsonb(page))
    from (select * ${scope} order by ${sortBy} desc, id desc limit 50 offset ${(page - 1) * 50}) page`
}

/** As a member of the reference workspace, to whom some of its contacts are assigned. */
const asMember = (text: string): Statement => ({
  role: 'authenticated',
  workspace,
  userId: '00000000-0000-4000-8000-0000000000a1',
  text,
})
/** Runs as the owner of the tables, so that no policy slows it down. */
const asOwner = (text: string): Statement => ({ ...asMember(text), role: 'postgres' })

const times = (statement: string, count: number) => Array.from({ length: count }, () => statement)

const naiveCounts = `
  select
    count(*), count(*) filter (where assigned_to is null), count(*) filter (where status = 'open'),
    count(*) filter (where status = 'closed'), count(*) filter (where priority = 'high'),
    count(*) filter (where priority = 'medium'), count(*) filter (where priority = 'low'),
    count(*) filter (where needs_response), count(*) filter (where follow_up), count(*) filter (where is_favorite),
    count(*) filter (where is_archived), count(*) filter (where sentiment = 'negative'),
    count(*) filter (where created_at > now() - interval '7 days'),
    count(*) filter (where last_activity_at > now() - interval '24 hours')
  from public.contacts where workspace_id = '${workspace}'`

const boundariesSchema = z.array(z.object({ value: z.string(), id: z.string() }))

/** The last contacts of consecutive pages, beginning deep in the board: the boundaries that a cursor walk holds. */
async function boundaries(
  sql: postgres.Sql,
  sortBy: string,
  condition: string,
): Promise<readonly Boundary[]> {
  return boundariesSchema.parse(
    await sql.unsafe(`
      select sort_value #>> '{}' as value, id
      from (
        select to_jsonb(${sortBy}) as sort_value, id,
          row_number() over (order by ${sortBy} desc, id desc) as place, count(*) over () as total
        from public.contacts
        where workspace_id = '${workspace}' and board_id = '${board}' and ${condition}
      ) placed
      where place % 50 = 0 and place > total / 3
      order by place
      limit ${rounds}`),
  )
}

/** Page numbers of a board, in an order that jumps about and is the same each time. */
const jumps = (pages: number, count: number) =>
  Array.from({ length: count }, (_, round) => 2 + ((round * 7_919 + 1_234) % (pages - 2)))

/** The questions about boards and counts. The largest board of the reference workspace has 94 % of its contacts. */
export async function questionsOf(sql: postgres.Sql): Promise<readonly Question[]> {
  const questions = await boardQuestions(sql)
  return questions.map(({ name, goalMs, statements, naive }) => ({
    name,
    goalMs,
    statements: statements.map(asMember),
    naive: naive.map(asOwner),
  }))
}

interface BoardQuestion extends Pick<Question, 'name' | 'goalMs'> {
  readonly statements: readonly string[]
  readonly naive: readonly string[]
}

async function boardQuestions(sql: postgres.Sql): Promise<readonly BoardQuestion[]> {
  const [row] = await sql`
    select count(*)::int as total from public.contacts where workspace_id = ${workspace} and board_id = ${board}`
  const pages = Math.ceil(z.int().parse(row?.['total']) / 50)
  const walked = async (page: Page, condition = 'true') =>
    (await boundaries(sql, page.sortBy ?? 'created_at', condition)).map((after) => pageOf({ ...page, after }))
  const byNumber = (page: Page, condition = 'true', last = pages) => ({
    statements: jumps(last, rounds).map((number) => pageOf({ ...page, page: number })),
    naive: jumps(last, naiveRounds).map((number) => naivePageOf({ ...page, page: number }, condition)),
    goalMs: 15,
  })
  return [
    {
      name: 'counts',
      statements: times(`select public.contact_counts('${workspace}')`, rounds),
      naive: times(naiveCounts, naiveRounds),
      goalMs: 2,
    },
    {
      name: 'page 1',
      statements: times(pageOf({}), rounds),
      naive: times(naivePageOf({}), naiveRounds),
      goalMs: 5,
    },
    {
      name: `the last page (${pages.toLocaleString('en')})`,
      statements: times(pageOf({ page: pages }), rounds),
      naive: times(naivePageOf({ page: pages }), naiveRounds),
      goalMs: 15,
    },
    { name: 'a random page by number', ...byNumber({}) },
    { name: 'a random page by number, by name', ...byNumber({ sortBy: 'name' }) },
    {
      name: 'a random page by number, medium priority',
      ...byNumber({ filter: 'medium_priority', sortBy: 'last_activity_at' }, "priority = 'medium'"),
    },
    { name: 'a cursor walk, deep', statements: await walked({}), naive: [], goalMs: 5 },
    { name: 'a cursor walk, by name', statements: await walked({ sortBy: 'name' }), naive: [], goalMs: 5 },
    {
      name: 'a cursor walk, closed, by updated_at',
      statements: await walked({ filter: 'closed', sortBy: 'updated_at' }, "status = 'closed'"),
      naive: [],
      goalMs: 5,
    },
    {
      name: 'a filtered column, page 1',
      statements: times(pageOf({ column: 'col_2', filter: 'unassigned' }), rounds),
      naive: times(naivePageOf({}, "board_column_id = 'col_2' and assigned_to is null"), naiveRounds),
      goalMs: 5,
    },
    {
      name: 'a filtered column, random page, by name',
      ...byNumber(
        { column: 'col_2', filter: 'unassigned', sortBy: 'name' },
        "board_column_id = 'col_2' and assigned_to is null",
        Math.floor(pages / 5),
      ),
    },
    ...searches.map(({ what, search, naive }) => ({
      name: `search: ${what}`,
      statements: times(pageOf({ search }), rounds),
      naive: times(naivePageOf({}, naive), naiveRounds),
      goalMs: 30,
    })),
  ]
}

const ilike = (term: string) =>
  `(name ilike '%${term}%' or email ilike '%${term}%' or phone ilike '%${term}%')`

const searches = [
  { what: 'a name without its accents', search: 'schroder', naive: ilike('schröder') },
  { what: 'part of an e-mail address', search: 'maria.garcia1', naive: ilike('maria.garcia1') },
  { what: 'a phone number, written otherwise', search: '+49 (0)55-51', naive: ilike('+495551') },
  { what: 'a fifth of all', search: 'mail.example', naive: ilike('mail.example') },
  { what: 'two letters', search: 'jo', naive: ilike('jo') },
]

/** Statements that are run once for their plans, beside what is measured: every order, every kind of filter. */
export function asked(): readonly Statement[] {
  const orders = ['created_at', 'updated_at', 'name', 'last_activity_at'].flatMap((sortBy) =>
    (['asc', 'desc'] as const).flatMap((sortOrder) => [
      pageOf({ sortBy, sortOrder }),
      pageOf({ sortBy, sortOrder, page: 500 }),
      pageOf({ sortBy, sortOrder, column: 'col_3' }),
      pageOf({ sortBy, sortOrder, filter: 'open' }),
      pageOf({ sortBy, sortOrder, filter: 'assigned_to_me' }),
    ]),
  )
  const filters = [
    ...['all', 'open', 'closed', 'unassigned', 'assigned_to_me', 'high_priority', 'medium_priority'],
    ...['low_priority', 'needs_response', 'follow_up', 'favorites', 'archived', 'unhappy_customers'],
    ...['new_customers', 'recent_activity'],
  ].flatMap((filter) => [
    pageOf({ filter }),
    pageOf({ filter, column: 'col_1' }),
    pageOf({ filter, search: 'garcia' }),
  ])
  return [...orders, ...filters].map(asMember)
}
