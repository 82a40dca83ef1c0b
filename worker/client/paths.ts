import type { PageOptions } from './api.ts'

type Parameters = Readonly<Record<string, unknown>>

/**
 * The path and query of a lookup. Parameters that the route names go into its path, the others into the query, sorted, so that the same
 * question always has the same path.
 */
export function pathOf(route: string, parameters: Parameters, workspaceId: string): string {
  const left = new Map<string, unknown>(Object.entries({ workspaceId, ...parameters }))
  const path = route.replace(/\{(\w+)\}/g, (_, parameter: string) => {
    const value = left.get(parameter)
    left.delete(parameter)
    if (value === undefined || value === '') throw new TypeError(`${route} needs the parameter ${parameter}.`)
    return encodeURIComponent(String(value))
  })
  left.delete('workspaceId')
  const query = new URLSearchParams()
  for (const [key, value] of left) if (value !== undefined) query.set(key, String(value))
  query.sort()
  return query.size === 0 ? path : `${path}?${query}`
}

/** The query of a page. An empty search is none. */
export function pageParameters(
  place: object,
  { perPage, filter, search, columnId, sortBy, sortOrder }: PageOptions,
): Readonly<Record<string, string | number | undefined>> {
  return {
    ...place,
    per_page: perPage,
    filter,
    search: search === '' ? undefined : search,
    column_id: columnId,
    sort_by: sortBy,
    sort_order: sortOrder,
  }
}
