import type { HistoryReport, Hottest } from '../../../../shared/contract/figures.ts'
import { formatCount } from '../parts/format.ts'
import type { DeclaredParameter } from '../resources/declared.ts'

/** The kinds of breakdown. */
export const bys = ['resource', 'route', 'board'] as const

/** The periods of the breakdown. Keys, boards and workspaces are kept for a day. */
export const periods = [
  { value: '1', title: 'This hour', hours: 1 },
  { value: '24', title: '24 h', hours: 24 },
  { value: '168', title: '7 d', hours: 168 },
  { value: '720', title: '30 d', hours: 720 },
] as const

export const sorts = ['requests', 'misses', 'errors', 'time'] as const
export type Sort = (typeof sorts)[number]
export const sortTitles: Readonly<Record<Sort, string>> = {
  requests: 'Most read',
  misses: 'Most misses',
  errors: 'Most errors',
  time: 'Slowest',
}

/** A choice in the address, or the first one. */
export function choiceIn<Value extends string>(
  values: readonly Value[],
  given: string | null,
  byDefault: Value,
): Value {
  return values.find((value) => value === given) ?? byDefault
}

/** A row of the breakdown by resource or by route. */
export interface CauseRow {
  readonly name: string
  readonly resource: string | null
  readonly requests: number
  /** Null for a route that serves no cached resource, like the hit rate. */
  readonly misses: number | null
  readonly hitRate: number | null
  readonly clientErrors: number
  readonly errors: number
  readonly avgMs: number | null
  readonly worstP95Ms: number | null
}

/** The rows of a breakdown, the first by `sort` first. */
export function causeRows(report: HistoryReport, by: 'resource' | 'route', sort: Sort): CauseRow[] {
  const missesOf = new Map(report.resources.map(({ resource, misses }) => [resource, misses]))
  const rows: readonly CauseRow[] =
    by === 'resource'
      ? report.resources.map((row) => ({ ...shared(row), name: row.resource, misses: row.misses }))
      : report.routes.map((row) => ({
          ...shared(row),
          name: row.route,
          misses: row.resource === null ? null : (missesOf.get(row.resource) ?? 0),
        }))
  const ranks: Readonly<Record<Sort, (row: CauseRow) => number>> = {
    requests: ({ requests }) => requests,
    misses: ({ misses }) => misses ?? -1,
    errors: ({ errors, clientErrors }) => errors * 1e9 + clientErrors,
    time: ({ worstP95Ms }) => worstP95Ms ?? -1,
  }
  return rows.toSorted((left, right) => ranks[sort](right) - ranks[sort](left))
}

function shared(row: HistoryReport['resources'][number] | HistoryReport['routes'][number]) {
  return {
    resource: row.resource,
    requests: row.requests,
    hitRate: row.hit_rate,
    clientErrors: row.client_errors,
    errors: row.errors,
    avgMs: row.avg_ms,
    worstP95Ms: row.worst_p95_ms,
  }
}

/** A counted number with its bound: `1,204`, or `1,204–1,230` where some may not have been counted. */
export function formatBetween(least: number, most: number): string {
  return most > least ? `${formatCount(least)}–${formatCount(most)}` : formatCount(least)
}

type KeyRow = Hottest['keys']['rows'][number]

/** The question of a key in words: its parameters, and the names of those that are never shown. */
export function questionWords({ params, hidden }: Pick<KeyRow, 'params' | 'hidden'>): string {
  const shown = Object.entries(params)
    .filter(([name]) => !quietParams.has(name))
    .map(([name, value]) => `${wordOf(name)} ${value}`)
  return [...shown, ...hidden.map((name) => `with ${wordOf(name)}`)].join(', ')
}

/** Parameters that nearly every list has and nobody looks for. */
const quietParams: ReadonlySet<string> = new Set(['sortBy', 'sortOrder', 'perPage'])

function wordOf(name: string): string {
  return name
    .replaceAll(/([A-Z])/g, ' $1')
    .toLowerCase()
    .replace(/ id$/, '')
}

/**
 * The parameters with which the inspector asks the question of a key; null if one of them is hidden. A declared parameter `per_page` has the
 * value of `perPage`.
 */
export function inspectedParameters(
  { params, hidden }: Pick<KeyRow, 'params' | 'hidden'>,
  declared: readonly Pick<DeclaredParameter, 'name'>[],
): Record<string, string> | null {
  if (hidden.length > 0) return null
  const found = declared.flatMap(({ name }) => {
    const value =
      params[name] ?? params[name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase())]
    return value === undefined ? [] : [[name, String(value)] as const]
  })
  return Object.fromEntries(found)
}
