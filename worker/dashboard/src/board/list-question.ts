import type { PageOptions } from '../../../client/api.ts'

/** The parameters of a list of contacts, named as in the API. */
export interface ListQuestion {
  readonly filter: string
  readonly search: string
  readonly columnId: string
  readonly sortBy: string
  readonly sortOrder: string
}

export const plainQuestion: ListQuestion = {
  filter: 'all',
  search: '',
  columnId: '',
  sortBy: 'created_at',
  sortOrder: 'desc',
}

/** The names of the members in the address of the board. */
const parameterNames = {
  filter: 'filter',
  search: 'search',
  columnId: 'column_id',
  sortBy: 'sort_by',
  sortOrder: 'sort_order',
} as const satisfies Record<keyof ListQuestion, string>
const members = ['filter', 'search', 'columnId', 'sortBy', 'sortOrder'] as const

/** The question in the address of the board. Values that the API does not know are those of the plain question. */
export function questionIn(query: URLSearchParams): ListQuestion {
  const among = (member: 'filter' | 'sortBy' | 'sortOrder', options: readonly { readonly value: string }[]) =>
    options.find(({ value }) => value === query.get(parameterNames[member]))?.value ?? plainQuestion[member]
  return {
    filter: among('filter', filterOptions),
    search: query.get(parameterNames.search)?.slice(0, searchCharactersMax) ?? plainQuestion.search,
    columnId: query.get(parameterNames.columnId) ?? plainQuestion.columnId,
    sortBy: among('sortBy', sortOptions),
    sortOrder: among('sortOrder', orderOptions),
  }
}

/** The question as the address keeps it: null for what is as in the plain question. */
export function parametersOf(question: ListQuestion): Record<string, string | null> {
  return Object.fromEntries(
    members.map((member) => {
      const value = question[member]
      return [parameterNames[member], value === plainQuestion[member] ? null : value]
    }),
  )
}

export const searchCharactersMax = 200

export const filterOptions = [
  { value: 'all', title: 'All' },
  { value: 'open', title: 'Open' },
  { value: 'closed', title: 'Closed' },
  { value: 'unassigned', title: 'Unassigned' },
  { value: 'assigned_to_me', title: 'Assigned to me' },
  { value: 'high_priority', title: 'High priority' },
  { value: 'medium_priority', title: 'Medium priority' },
  { value: 'low_priority', title: 'Low priority' },
  { value: 'needs_response', title: 'Needs response' },
  { value: 'follow_up', title: 'Follow up' },
  { value: 'favorites', title: 'Favorites' },
  { value: 'archived', title: 'Archived' },
  { value: 'unhappy_customers', title: 'Unhappy customers' },
  { value: 'new_customers', title: 'New customers' },
  { value: 'recent_activity', title: 'Recent activity' },
] as const

export const sortOptions = [
  { value: 'created_at', title: 'Created' },
  { value: 'updated_at', title: 'Updated' },
  { value: 'name', title: 'Name' },
  { value: 'last_activity_at', title: 'Last activity' },
] as const

export const orderOptions = [
  { value: 'desc', title: 'Descending' },
  { value: 'asc', title: 'Ascending' },
] as const

/** The question as the client takes it. Default values are left out, so that equal questions have equal paths. */
export function pageOptionsOf(question: ListQuestion): PageOptions {
  const { filter, search, columnId, sortBy, sortOrder } = question
  const chosen = <Value extends string>(options: readonly { readonly value: Value }[], value: string) =>
    options.find((option) => option.value === value)?.value
  const filterValue = filter === plainQuestion.filter ? undefined : chosen(filterOptions, filter)
  const sortByValue = sortBy === plainQuestion.sortBy ? undefined : chosen(sortOptions, sortBy)
  const sortOrderValue = sortOrder === plainQuestion.sortOrder ? undefined : chosen(orderOptions, sortOrder)
  // The API refuses control characters, and pasted text may contain tabs.
  const text = search.replaceAll(/\p{Cc}+/gu, ' ')
  return {
    ...(filterValue === undefined ? {} : { filter: filterValue }),
    ...(text.trim() === '' ? {} : { search: text }),
    ...(columnId === '' ? {} : { columnId }),
    ...(sortByValue === undefined ? {} : { sortBy: sortByValue }),
    ...(sortOrderValue === undefined ? {} : { sortOrder: sortOrderValue }),
  }
}
