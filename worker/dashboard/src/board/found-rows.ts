import type { contactList } from '../../../../shared/resources/contacts/contact-list.ts'
import type { DataOf } from '../../../../shared/resources/resource.ts'

type Pagination = DataOf<typeof contactList>['pagination']

/** One of the boards shown below each other: where its rows begin, and how many there are. */
export interface Segment {
  readonly boardId: string
  readonly firstRow: number
  readonly rows: number
  /** The rows were not counted: there may be fewer, or more. */
  readonly isEstimate: boolean
  /** The first page had an estimate, and later pages may correct it. */
  readonly beganAsEstimate: boolean
}

/** The number of contacts found on a board whose first page only estimates it. */
export type Found = Pick<Segment, 'rows' | 'isEstimate'>

/**
 * Corrects an estimated number of rows by a page. The last page, or one past the end, gives the exact number. A page at
 * the estimated end that has a successor shows that there are more. Null if the page reveals nothing new.
 */
export function foundBy(
  { rows, isEstimate, beganAsEstimate }: Omit<Segment, 'boardId' | 'firstRow'>,
  pagination: Pagination,
): Found | null {
  const { total, page, per_page } = pagination
  if (!beganAsEstimate) return null
  if (pagination.total_is_estimate !== true)
    return total === rows && !isEstimate ? null : { rows: total, isEstimate: false }
  const isPastEnd = pagination.next_cursor !== null && page * per_page >= rows
  return isPastEnd ? { rows: Math.max(total, page * per_page + 1), isEstimate: true } : null
}
