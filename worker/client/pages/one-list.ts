import type { Identified, RowPage } from './row-page.ts'

/** Pages by their numbers, from 1. */
export type Pages<Row> = ReadonlyMap<number, RowPage<Row>>

/** The indexes of the first and the last row on the screen. */
export interface Range {
  readonly first: number
  readonly last: number
}

/**
 * The pages that can be of one list: no row is on them twice, and their exact totals are equal. Null if the `needed` pages
 * contradict each other; other pages are left out instead.
 */
export function oneListOf<Row extends Identified>(
  pages: Pages<Row>,
  needed: readonly number[],
): Pages<Row> | null {
  const list = new Map<number, RowPage<Row>>()
  const ids = new Set<string>()
  let total: number | undefined
  for (const number of new Set([...needed, ...pages.keys()])) {
    const page = pages.get(number)
    if (page === undefined) continue
    const { total: own, total_is_estimate: isEstimate } = page.pagination
    const exact = isEstimate ? undefined : own
    const rows = new Set(page.contacts.map((row) => row?.id ?? ''))
    const fits =
      rows.size === page.contacts.length &&
      (total ?? exact) === (exact ?? total) &&
      ![...rows].some((id) => ids.has(id))
    if (fits) {
      list.set(number, page)
      total ??= exact
      for (const id of rows) ids.add(id)
    } else if (needed.includes(number)) return null
  }
  return list
}

/** Pages of different moments, the most important first. A row that an earlier one has is left out of later ones. */
export function withoutDoubles<Row extends Identified>(pages: Pages<Row>): Pages<Row> {
  const ids = new Set<string>()
  const isNew = (row: Row | undefined) => row !== undefined && ids.size < ids.add(row.id).size
  return new Map(
    [...pages].map(([number, page]) => [
      number,
      { ...page, contacts: page.contacts.map((row) => (isNew(row) ? row : undefined)) },
    ]),
  )
}

export function rowIn<Row>(pages: Pages<Row>, perPage: number, index: number): Row | undefined {
  return pages.get(Math.floor(index / perPage) + 1)?.contacts[index % perPage]
}

/**
 * By how many rows the screen has to move so that its first row stays where it is. A row that itself went elsewhere, farther from the
 * others than the screen is high, is not followed. If the first row is gone, the next one stays; null if `isWhole` is false, so that
 * the first row may be on a page that is missing.
 */
export function shiftBetween<Row extends Identified>(
  before: Pages<Row>,
  after: Pages<Row>,
  perPage: number,
  { first, last }: Range,
  isWhole: boolean,
): number | null {
  const places = new Map<string, number>()
  for (const [number, { contacts }] of after)
    for (const [at, row] of contacts.entries())
      if (row !== undefined) places.set(row.id, (number - 1) * perPage + at)
  const shifts: number[] = []
  for (let index = first; index <= last; index += 1) {
    const row = rowIn(before, perPage, index)
    if (row === undefined) continue
    const place = places.get(row.id)
    if (place !== undefined) shifts.push(place - index)
    else if (!isWhole && shifts.length === 0) return null
  }
  const median = [...shifts].sort((one, other) => one - other)[shifts.length >> 1] ?? 0
  return shifts.find((shift) => Math.abs(shift - median) <= last - first) ?? 0
}

/** How many rows the list has. The last page of a long search knows it exactly; other pages may only estimate it. */
export function totalOf<Row>(pages: Pages<Row>, perPage: number): { total: number; isEstimate: boolean } {
  let total = 0
  for (const [number, { pagination }] of pages) {
    if (!pagination.total_is_estimate) return { total: pagination.total, isEstimate: false }
    total = Math.max(total, pagination.total, pagination.next_cursor === null ? 0 : number * perPage + 1)
  }
  return { total, isEstimate: true }
}
