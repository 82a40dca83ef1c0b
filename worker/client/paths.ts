import type { PageOptions, ResourceName } from './api.ts'
import { routeOf } from './route-of.ts'

type Parameters = Readonly<Record<string, unknown>>

/**
 * The path and query of a lookup. Parameters that the route names go into its path, the others into the query, sorted, so that the same
 * question always has the same path.
 */
export function pathOf(name: ResourceName, parameters: Parameters, workspaceId: string): string {
  const left = new Map<string, unknown>(Object.entries({ workspaceId, ...parameters }))
  const path = routeOf[name].replace(/\{(\w+)\}/g, (_, parameter: string) => {
    const value = left.get(parameter)
    left.delete(parameter)
    if (value === undefined || value === '') throw new TypeError(`${name} needs the parameter ${parameter}.`)
    return encodeURIComponent(String(value))
  })
  left.delete('workspaceId')
  const query = new URLSearchParams()
  for (const [key, value] of left) if (value !== undefined) query.set(key, String(value))
  query.sort()
  return query.size === 0 ? path : `${path}?${query}`
}

/** The query of a page. Page 1 and an empty search are the defaults, and are left out. */
export function pageParameters(
  place: { readonly page: number } | { readonly cursor: string },
  { perPage, filter, search, columnId, sortBy, sortOrder }: PageOptions,
): Parameters {
  return {
    ...('cursor' in place ? place : place.page === 1 ? {} : place),
    per_page: perPage,
    filter,
    search: search === '' ? undefined : search,
    column_id: columnId,
    sort_by: sortBy,
    sort_order: sortOrder,
  }
}
