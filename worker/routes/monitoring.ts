import type { AlertReport } from '../../shared/contract/alerts.ts'
import type {
  CacheReport,
  CacheWindow,
  PerformanceReport,
  PerformanceWindow,
} from '../../shared/contract/monitoring.ts'
import { cacheReportSchema, performanceReportSchema } from '../../shared/contract/monitoring.ts'
import { byPart, bySource, byTier, type TierName } from '../../shared/contract/tier-names.ts'
import { ok } from '../../shared/result.ts'
import { readSums } from '../deployment/metrics/read-sums.ts'
import { latencyOf, outcomesOf, sumOf } from '../deployment/metrics/render.ts'
import type { Totals } from '../deployment/metrics/totals.ts'
import type { WindowSum, WindowSums } from '../deployment/streams/deployment-now.ts'
import { latencyOfPart } from '../deployment/streams/part-calls.ts'
import { enveloped, respondData, respondJson } from '../http/answers.ts'
import { defineRoute, type Route } from '../http/route.ts'
import type { Services } from '../services.ts'
import { answerMetrics, metricsRoute, metricsTaken } from './metrics.ts'

const figures = defineRoute({
  method: 'GET',
  path: '/api/monitoring/metrics',
  summary: 'The metrics of the deployment, as at /metrics',
  access: 'operator',
  takes: metricsTaken,
  gives: metricsRoute.gives,
  errors: ['invalid_parameter'],
  handle: answerMetrics,
})

const performance = defineRoute({
  method: 'GET',
  path: '/api/monitoring/metrics/performance',
  summary: 'Latencies of reads and of each part, over one minute, five minutes, an hour and all time',
  access: 'operator',
  takes: {},
  gives: performanceReportSchema,
  errors: ['figures_unavailable'],
  async handle(call) {
    const sums = await call.services.monitoring.windowSums()
    if (!sums.ok) return sums
    const report: PerformanceReport = {
      windows: eachWindow(sums.value, performanceOf),
      timestamp: timestampOf(call.services),
    }
    return ok(respondJson(report))
  },
})

const cacheStats = defineRoute({
  method: 'GET',
  path: '/api/monitoring/stats/cache',
  summary: 'Hits, misses and sources of reads over the same windows, and the outcomes of calls to each tier',
  access: 'operator',
  takes: {},
  gives: enveloped(cacheReportSchema),
  errors: ['figures_unavailable'],
  async handle(call) {
    const sums = await call.services.monitoring.windowSums()
    if (!sums.ok) return sums
    const { all } = sums.value
    const callsOf = (name: TierName) => ({
      gets: outcomesOf(all, 'tier_gets', name),
      puts: outcomesOf(all, 'tier_puts', name),
    })
    const report: CacheReport = {
      windows: eachWindow(sums.value, cacheOf),
      tiers: byTier(callsOf),
      invalidations: { events: sumOf(all, 'invalidation_events'), tags: sumOf(all, 'invalidation_tags') },
      consistency: {
        checks: outcomesOf(all, 'consistency_checks'),
        violations: sumOf(all, 'consistency_violations'),
      },
      timestamp: timestampOf(call.services),
    }
    return ok(respondData(report))
  },
})

/** The routes of metrics for operators. Health, alerts and the stream have files of their own. */
export const monitoringRoutes: readonly Route[] = [figures, performance, cacheStats]

function eachWindow<Shown>(
  { windows, all }: WindowSums,
  show: (totals: Totals, seconds: number | null) => Shown,
) {
  const shown = ({ totals, spanMs }: WindowSum) => show(totals, spanMs / 1_000)
  return {
    '1m': shown(windows['1m']),
    '5m': shown(windows['5m']),
    '1h': shown(windows['1h']),
    all: show(all, null),
  }
}

function performanceOf(totals: Totals, seconds: number | null): PerformanceWindow {
  return {
    seconds,
    whole: latencyOf(totals, 'read'),
    sources: bySource((source) => latencyOf(totals, 'read', { source })),
    parts: byPart((part) => latencyOfPart(totals, part)),
  }
}

function cacheOf(totals: Totals, seconds: number | null): CacheWindow {
  const { requests, hits, errors, sources } = readSums(totals)
  return {
    seconds,
    requests,
    hits,
    misses: requests - hits,
    errors,
    hit_rate: requests === 0 ? null : hits / requests,
    sources,
  }
}

function timestampOf({ clock }: Services): AlertReport['timestamp'] {
  return new Date(clock.now()).toISOString()
}
