import type { OriginMetrics } from '../../../shared/contract/origin.ts'
import { seriesOf } from './families.ts'
import type { OriginStatus } from './figures.ts'
import type { Totals } from './totals.ts'

/** The origin's report about itself, in the form of these figures. */
export interface OriginReport {
  /** A process with another id has started counting from zero. */
  readonly instance: string
  readonly totals: Totals
  readonly status: Omit<OriginStatus, 'fetchedAtMs' | 'isUp'>
}

export function originReportOf({
  instance,
  queries,
  unfitValues,
  pool,
  outbox,
  jobs,
}: OriginMetrics): OriginReport {
  const counters: Record<string, number> = {}
  const count = (series: string, times: number) => {
    if (times > 0) counters[series] = times
  }
  for (const [query, figures] of Object.entries(queries)) {
    count(seriesOf('origin_queries', [query]), figures.count)
    count(seriesOf('origin_query_followers', [query]), figures.followers)
    for (const [kind, times] of Object.entries(figures.failures)) {
      count(seriesOf('origin_query_failures', [query, kind]), times)
    }
  }
  for (const [place, times] of Object.entries(unfitValues)) {
    count(seriesOf('origin_unfit_values', place.split('.')), times)
  }
  count(seriesOf('outbox_relayed', []), outbox?.relayed ?? 0)
  for (const [kind, times] of Object.entries(outbox?.failures ?? {})) {
    count(seriesOf('outbox_failures', [kind]), times)
  }
  return {
    instance,
    totals: { counters, durations: {} },
    status: {
      queriesRunning: pool.running,
      queriesRunningMax: pool.runningMax,
      queriesWaiting: pool.waiting,
      jobs,
      outbox: outbox && {
        status: outbox.status,
        depth: outbox.waiting?.depth ?? null,
        oldestAgeMs: outbox.waiting?.oldestAgeMs ?? null,
        parked: outbox.waiting?.parked ?? null,
        relayed: outbox.relayed,
      },
    },
  }
}
