import { z } from 'zod'
import type { Cursor } from '../../../shared/contract/cursor.ts'
import { cursorSchema, encodeCursor, isPlace, parseCursor } from '../../../shared/contract/cursor.ts'
import { limits } from '../../../shared/limits.ts'
import { contactList } from '../../../shared/resources/contacts/contact-list.ts'
import type { DataOf, ParamsOf } from '../../../shared/resources/resource.ts'
import type { Result } from '../../../shared/result.ts'
import { err, ok } from '../../../shared/result.ts'
import { readContactRow } from '../../contacts/contact-rows.ts'
import type { Failure } from '../../failures.ts'
import { defineLoader } from '../loader.ts'

type Params = ParamsOf<typeof contactList>
type Pagination = DataOf<typeof contactList>['pagination']

const contactsPageSchema = z.object({
  contacts: z.array(z.unknown()).max(limits.perPageMax),
  total: z.int().nonnegative(),
  total_is_estimate: z.literal(true).optional(),
  has_more: z.boolean(),
})
type ContactsPage = z.output<typeof contactsPageSchema>

/** Loads a page of a board's contacts, by its number or after a cursor. */
export const contactListLoader = defineLoader(contactList, async (params, context) => {
  const { workspaceId, query, noteUnfit } = context
  const cursor = cursorOf(params)
  if (!cursor.ok) return cursor
  const page = cursor.value?.page ?? params.page
  const queried = await query(contactsPageSchema, 'contacts_page', {
    p_workspace: workspaceId,
    p_board: params.boardId,
    p_column: params.columnId,
    p_filter: params.filter,
    p_search: params.search,
    p_sort_by: params.sortBy,
    p_sort_order: params.sortOrder,
    p_per_page: params.perPage,
    // A walk along cursors may pass the largest page number, and the SQL function takes none beyond it.
    p_page: Math.min(page, limits.pageMax),
    p_after: cursor.value?.after ?? null,
    p_after_id: cursor.value?.id ?? null,
  })
  if (!queried.ok) return queried
  return ok({
    contacts: queried.value.contacts.map((row) => readContactRow(row, noteUnfit)),
    pagination: paginationOf(params, page, queried.value),
  })
})

/** The request's cursor, or null without one. A cursor is valid only in the order in which it was given out. */
function cursorOf(params: Params): Result<Cursor | null, Failure> {
  if (params.cursor === null) return ok(null)
  const parsed = parseCursor(params.cursor)
  const isOfThisOrder =
    parsed.ok && parsed.value.sortBy === params.sortBy && parsed.value.sortOrder === params.sortOrder
  return isOfThisOrder ? parsed : err({ kind: 'invalid_cursor' })
}

/** Describes the page's position. A page past the end has the true totals and no next cursor. */
export function paginationOf(
  params: Pick<Params, 'perPage' | 'sortBy' | 'sortOrder'>,
  page: number,
  { contacts, total, total_is_estimate, has_more }: ContactsPage,
): Pagination {
  return {
    page,
    per_page: params.perPage,
    total,
    ...(total_is_estimate === undefined ? {} : { total_is_estimate }),
    total_pages: Math.ceil(total / params.perPage),
    next_cursor: has_more ? nextCursor(contacts, params, page) : null,
  }
}

const placeSchema = z.looseObject({ id: cursorSchema.shape.id })

/**
 * The cursor after the page's last row, made from the stored values even if the row is shown with substitutes. If the
 * last rows have no readable place, the cursor follows the last row before them. Page numbers stop growing at the largest
 * one, while the cursor continues.
 */
function nextCursor(
  rows: ContactsPage['contacts'],
  { sortBy, sortOrder }: Pick<Params, 'sortBy' | 'sortOrder'>,
  page: number,
): string | null {
  for (const row of rows.toReversed()) {
    const place = placeSchema.safeParse(row)
    const after = cursorSchema.shape.after.safeParse(place.data?.[sortBy])
    if (!place.success || !after.success || !isPlace(sortBy, after.data)) continue
    const following = Math.min(page + 1, limits.pageMax + 1)
    return encodeCursor({ sortBy, sortOrder, after: after.data, id: place.data.id, page: following })
  }
  return null
}
