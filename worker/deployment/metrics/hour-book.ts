import { z } from 'zod'
import { limits } from '../../../shared/limits.ts'
import type { SqlStorage } from '../../platform/sql-storage.ts'
import { hourMs, hourOf } from './causes/cause-book.ts'
import type { HourOfResources, HourOfRoutes } from './hour-figures.ts'
import {
  hourlyTotals,
  hourOfResourcesSchema,
  hourOfRoutesSchema,
  resourcesIn,
  routesIn,
} from './hour-figures.ts'
import type { Totals } from './totals.ts'
import { emptyTotals, isEmpty, mergeTotals, totalsSchema } from './totals.ts'

/**
 * The figures of each hour for 30 days, by resource and by route. The running hour is kept as the sums of its events, and a finished
 * hour as the figures that they make: it takes a few kilobytes instead of a hundred.
 */
export interface HourBook {
  /** Counts the events of a span that ended at `atMs`. In memory: `write` stores them. */
  add(totals: Totals, atMs: number): void
  /** Within the caller's transaction: stores the running hour, and finishes the hours that have ended. */
  write(): void
  /** The hours with events that began at `fromMs` or later, oldest first, the running one included. */
  resourcesSince(fromMs: number): readonly HourOf<HourOfResources>[]
  routesSince(fromMs: number): readonly HourOf<HourOfRoutes>[]
  /** The oldest hour that is kept; null if there is none. */
  oldestMs(): number | null
}

interface HourOf<Kind> {
  readonly atMs: number
  readonly figures: Kind
}

const schema = `
  create table if not exists hours (hour_ms integer primary key, resources text not null, routes text not null);
  create table if not exists hours_running (hour_ms integer primary key, totals text not null);`

const text = z.string().transform((json): unknown => JSON.parse(json))
const runningRow = z.object({ hour_ms: z.int(), totals: text.pipe(totalsSchema) })
const resourcesRow = z.object({ hour_ms: z.int(), figures: text.pipe(hourOfResourcesSchema) })
const routesRow = z.object({ hour_ms: z.int(), figures: text.pipe(hourOfRoutesSchema) })
const oldestRow = z.object({ oldest: z.int().nullable() })

export function openHourBook(storage: SqlStorage): HourBook {
  const run = (statement: string, ...values: (string | number)[]) => [
    ...storage.sql.exec(statement, ...values),
  ]
  storage.transactionSync(() => run(schema))
  /** The hours that are not finished: the running one and, between two writes, the one before. */
  const running = new Map<number, Totals>()
  for (const row of run('select * from hours_running')) {
    const { hour_ms, totals } = runningRow.parse(row)
    running.set(hour_ms, totals)
  }
  const changed = new Set<number>()

  function finish(atMs: number, totals: Totals): void {
    const [resources, routes] = [JSON.stringify(resourcesIn(totals)), JSON.stringify(routesIn(totals))]
    run('insert or replace into hours (hour_ms, resources, routes) values (?, ?, ?)', atMs, resources, routes)
    run('delete from hours_running where hour_ms = ?', atMs)
    run('delete from hours where hour_ms <= ?', atMs - (limits.hoursKeptMax - 1) * hourMs)
  }

  /** Finished hours, and those that are not finished as their sums are now. */
  function since<Kind>(
    fromMs: number,
    finished: readonly HourOf<Kind>[],
    figuresOf: (totals: Totals) => Kind,
  ): HourOf<Kind>[] {
    const now = [...running].filter(([atMs]) => atMs >= fromMs)
    const hours = [...finished, ...now.map(([atMs, totals]) => ({ atMs, figures: figuresOf(totals) }))]
    return hours.sort((left, right) => left.atMs - right.atMs)
  }

  return {
    add(totals, atMs) {
      const more = hourlyTotals(totals)
      if (isEmpty(more)) return
      const startMs = hourOf(atMs)
      running.set(startMs, mergeTotals(running.get(startMs) ?? emptyTotals(), more))
      changed.add(startMs)
    },
    write() {
      const newestMs = Math.max(...running.keys())
      for (const [atMs, totals] of running) {
        if (atMs < newestMs) finish(atMs, totals)
        else if (changed.has(atMs)) {
          const statement = 'insert or replace into hours_running (hour_ms, totals) values (?, ?)'
          run(statement, atMs, JSON.stringify(totals))
        }
      }
      for (const atMs of [...running.keys()]) if (atMs < newestMs) running.delete(atMs)
      changed.clear()
    },
    resourcesSince(fromMs) {
      const rows = run('select hour_ms, resources as figures from hours where hour_ms >= ?', fromMs)
      return since(fromMs, hoursIn(resourcesRow, rows), resourcesIn)
    },
    routesSince(fromMs) {
      const rows = run('select hour_ms, routes as figures from hours where hour_ms >= ?', fromMs)
      return since(fromMs, hoursIn(routesRow, rows), routesIn)
    },
    oldestMs() {
      const { oldest } = oldestRow.parse(
        run(
          'select min(hour_ms) as oldest from (select hour_ms from hours union all select hour_ms from hours_running)',
        )[0],
      )
      return oldest ?? (running.size === 0 ? null : Math.min(...running.keys()))
    },
  }
}

/** Rows of finished hours, checked. */
function hoursIn<Kind>(
  schema: z.ZodType<{ hour_ms: number; figures: Kind }>,
  rows: readonly unknown[],
): HourOf<Kind>[] {
  return rows.map((row) => {
    const { hour_ms, figures } = schema.parse(row)
    return { atMs: hour_ms, figures }
  })
}
