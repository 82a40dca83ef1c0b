import type { SupabaseClient } from '@supabase/supabase-js'
import { z } from 'zod'
import { contactCounts } from '../../shared/resources/contacts/contact-counts.ts'
import { contactSchema } from '../../shared/resources/contacts/contact-list.ts'

/** Queries a page. By default it is the first page of 15213's largest board, newest first. */
export async function queryPage(client: SupabaseClient, args: Partial<PageArguments> = {}) {
  return pageAnswer.parse(await call(client, 'contacts_page', { ...firstPage, ...args }))
}

export async function queryCounts(client: SupabaseClient, workspaceId = '15213') {
  return countsAnswer.parse(await call(client, 'contact_counts', { p_workspace: workspaceId }))
}

/** The unparsed answer of any of the functions. Throws if the database reports an error. */
export async function call(
  client: SupabaseClient,
  name: string,
  args: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const { data, error } = await client.rpc(name, args)
  if (error !== null) throw new Error(`${name}: ${error.code} ${error.message}`)
  return data
}

/** The page in an answer. Throws if the answer has none. */
export function pageOf(answer: z.output<typeof pageAnswer>) {
  if (answer.outcome !== 'ok') throw new Error(`no page but ${answer.outcome}`)
  return answer
}

const firstPage = {
  p_workspace: '15213',
  p_board: 'board_123',
  p_column: null as string | null,
  p_filter: 'all',
  p_search: null as string | null,
  p_sort_by: 'created_at',
  p_sort_order: 'desc',
  p_per_page: 50,
  p_page: 1,
  p_after: null as string | null,
  p_after_id: null as string | null,
}
export type PageArguments = typeof firstPage

const refusal = z.strictObject({ outcome: z.enum(['forbidden', 'not_found']) })

const pageAnswer = z.union([
  z.strictObject({
    outcome: z.literal('ok'),
    contacts: z.array(z.strictObject(contactSchema.shape)),
    total: z.int(),
    total_is_estimate: z.literal(true).optional(),
    has_more: z.boolean(),
  }),
  refusal,
])

const countsAnswer = z.union([contactCounts.data.extend({ outcome: z.literal('ok') }).strict(), refusal])
