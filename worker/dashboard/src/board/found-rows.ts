import type { contactList } from '../../../../shared/resources/contacts/contact-list.ts'
import type { DataOf } from '../../../../shared/resources/resource.ts'

type Pagination = DataOf<typeof contactList>['pagination']

/** One board of those shown one below the other: where its rows begin, and how many there are. */
export interface Segment {
  readonly boardId: string
  readonly firstRow: number
  readonly rows: number
  /** Nobody has counted them: there may be fewer, or more. */
  readonly isEstimate: boolean
  /** So it was on the first page, and pages further on may tell more. */
  readonly beganAsEstimate: boolean
}

/** How many contacts a board was found to have where its first page only estimates it. */
export type Found = Pick<Segment, 'rows' | 'isEstimate'>

/**
 * What a page tells of an estimated number of rows: the end, exactly, where it is the last one or lies past it; that there are
 * more, where others follow at the end that was estimated. Null where it tells nothing new.
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
