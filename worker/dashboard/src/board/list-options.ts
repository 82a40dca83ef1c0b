import type { PageOptions } from '../../../client/api.ts'
import {
  filterOptions,
  type ListQuestion,
  orderOptions,
  plainQuestion,
  sortOptions,
} from './list-question.ts'

type ListOptions = Omit<PageOptions, 'perPage'>

/** A question as options of the browser client. Parts that the plain question has too are left out, so that equal questions have equal paths. */
export function listOptionsOf({ filter, search, columnId, sortBy, sortOrder }: ListQuestion): ListOptions {
  const filtered = filterOptions.find(({ value }) => value === filter && value !== plainQuestion.filter)
  const sorted = sortOptions.find(({ value }) => value === sortBy && value !== plainQuestion.sortBy)
  const ordered = orderOptions.find(({ value }) => value === sortOrder && value !== plainQuestion.sortOrder)
  // The API refuses control characters, and pasted text may contain tabs.
  const text = search.replaceAll(/\p{Cc}+/gu, ' ')
  return {
    ...(filtered === undefined ? {} : { filter: filtered.value }),
    ...(text.trim() === '' ? {} : { search: text }),
    ...(columnId === '' ? {} : { columnId }),
    ...(sorted === undefined ? {} : { sortBy: sorted.value }),
    ...(ordered === undefined ? {} : { sortOrder: ordered.value }),
  }
}
