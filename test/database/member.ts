import type postgres from 'postgres'
import { z } from 'zod'
import { users } from './users.ts'

/** A query for a page. By default it is the first page of 15213's largest board, newest first. */
export interface PageQuery {
  readonly filter?: string
  readonly column?: string | null
  readonly board?: string
  readonly search: string
  readonly sortBy?: string
  readonly order?: 'asc' | 'desc'
  readonly perPage?: number
  readonly page?: number
  readonly after?: readonly [value: string, id: string] | null
}

const pagesSchema = z.array(
  z.object({
    contacts: z.array(z.looseObject({ id: z.string() })),
    total: z.int(),
    total_is_estimate: z.literal(true).optional(),
    has_more: z.boolean(),
  }),
)
export type FoundPage = z.output<typeof pagesSchema>[number]

/** Runs all queries in one statement, as a member of workspace 15213, for tests that need thousands of pages. */
export async function queryPages(sql: postgres.Sql, queries: readonly PageQuery[]): Promise<FoundPage[]> {
  const claims = { sub: users.admin.sub, role: 'authenticated' }
  const [row] = await sql.begin(async (transaction) => {
    await transaction`select set_config('request.jwt.claims', ${JSON.stringify(claims)}, true)`
    await transaction`set local role authenticated`
    return transaction`
      select array(
        select public.contacts_page(
          '15213', coalesce(a ->> 'board', 'board_123'), a ->> 'column', coalesce(a ->> 'filter', 'all'), a ->> 'search',
          coalesce(a ->> 'sortBy', 'created_at'), coalesce(a ->> 'order', 'desc'),
          coalesce((a ->> 'perPage')::integer, 100), coalesce((a ->> 'page')::integer, 1),
          a -> 'after' ->> 0, a -> 'after' ->> 1
        )
        from jsonb_array_elements(${transaction.json(JSON.parse(JSON.stringify(queries)))}) with ordinality e (a, number)
        order by number
      ) as pages`
  })
  return pagesSchema.parse(row?.['pages'])
}
