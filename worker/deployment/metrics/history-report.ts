import type { HistoryReport, HourColumns } from '../../../shared/contract/figures.ts'
import { bySource } from '../../../shared/contract/tier-names.ts'
import { limits } from '../../../shared/limits.ts'
import { resources } from '../../../shared/resources/index.ts'
import { hourMs, hourOf } from './causes/cause-book.ts'
import type { HourBook } from './hour-book.ts'
import type { HourOfReads, HourOfRoute } from './hour-figures.ts'

/** Figures of several hours, as far as they can be added. */
interface Added {
  requests: number
  hits: number
  errors: number
  clientErrors: number
  /** The sum of the times of all requests. */
  durationMs: number
  worstP95Ms: number | null
}

type Hours = Pick<HourBook, 'resourcesSince' | 'routesSince' | 'oldestMs'>

/** The last `count` hours, the running one included, in the form of the contract. */
export function historyOf(
  book: Hours,
  asked: { readonly hours: number; readonly resource: string | null },
  nowMs: number,
): HistoryReport {
  const fromMs = hourOf(nowMs) - (asked.hours - 1) * hourMs
  const hours = book.resourcesSince(fromMs)
  const shown = hours.flatMap(({ atMs, figures }) => {
    const reads = asked.resource === null ? figures.whole : figures.resources[asked.resource]
    return reads === undefined || reads.requests === 0 ? [] : [{ atMs, reads }]
  })
  const byResource = addedBy(hours.map(({ figures }) => figures.resources))
  return {
    ...{ from_ms: fromMs, to_ms: nowMs, kept_from_ms: book.oldestMs() },
    hours: columnsOf(shown),
    resources: mostFirst(byResource).map(([resource, sum]) => ({
      resource,
      requests: sum.requests,
      hits: sum.hits,
      misses: sum.requests - sum.hits,
      ...sharedOf(sum),
      hit_rate: hitRate(sum),
    })),
    routes: mostFirst(addedBy(book.routesSince(fromMs).map(({ figures }) => figures)))
      .slice(0, limits.routesShownMax)
      .map(([route, sum]) => {
        const resource = resourceOfRoute.get(route) ?? null
        const reads = resource === null ? undefined : byResource.get(resource)
        return {
          ...{ route, resource, requests: sum.requests },
          ...sharedOf(sum),
          hit_rate: reads === undefined ? null : hitRate(reads),
        }
      }),
  }
}

const resourceOfRoute: ReadonlyMap<string, string> = new Map(
  resources.map(({ route, name }): [string, string] => [route, name]),
)

function columnsOf(hours: readonly { readonly atMs: number; readonly reads: HourOfReads }[]): HourColumns {
  const column = <Value>(of: (reads: HourOfReads) => Value) => hours.map(({ reads }) => of(reads))
  return {
    at_ms: hours.map(({ atMs }) => atMs),
    requests: column(({ requests }) => requests),
    hits: column(({ hits }) => hits),
    errors: column(({ errors }) => errors),
    client_errors: column(({ clientErrors }) => clientErrors),
    avg_ms: column(({ avgMs }) => avgMs),
    p50_ms: column(({ p50Ms }) => p50Ms),
    p95_ms: column(({ p95Ms }) => p95Ms),
    p99_ms: column(({ p99Ms }) => p99Ms),
    sources: bySource((source) => column(({ sources }) => sources[source])),
  }
}

/** The sums of each name over all hours. */
function addedBy(
  hours: readonly Readonly<Record<string, HourOfRoute & Partial<Pick<HourOfReads, 'hits'>>>>[],
): Map<string, Added> {
  const sums = new Map<string, Added>()
  for (const [name, figures] of hours.flatMap((hour) => Object.entries(hour))) {
    const { requests, hits = 0, errors, clientErrors, avgMs, p95Ms } = figures
    const sum = sums.get(name) ?? nothing()
    sums.set(name, {
      requests: sum.requests + requests,
      hits: sum.hits + hits,
      errors: sum.errors + errors,
      clientErrors: sum.clientErrors + clientErrors,
      durationMs: sum.durationMs + (avgMs ?? 0) * requests,
      worstP95Ms: p95Ms === null ? sum.worstP95Ms : Math.max(sum.worstP95Ms ?? 0, p95Ms),
    })
  }
  return sums
}

function nothing(): Added {
  return { requests: 0, hits: 0, errors: 0, clientErrors: 0, durationMs: 0, worstP95Ms: null }
}

function mostFirst(sums: ReadonlyMap<string, Added>): [string, Added][] {
  return [...sums].sort(([, left], [, right]) => right.requests - left.requests)
}

function sharedOf({ requests, errors, clientErrors, durationMs, worstP95Ms }: Added) {
  return {
    ...{ errors, client_errors: clientErrors },
    avg_ms: requests === 0 ? null : durationMs / requests,
    worst_p95_ms: worstP95Ms,
  }
}

function hitRate({ requests, hits }: Added): number | null {
  return requests === 0 ? null : hits / requests
}
