import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import type { AlertRuleName } from '../../../../shared/contract/alerts.ts'
import { performanceReportSchema } from '../../../../shared/contract/monitoring.ts'
import {
  formatCompact,
  formatCount,
  formatMs,
  formatPercent,
  formatPerSecond,
  formatThings,
} from '../parts/format.ts'
import { Head } from '../parts/head.tsx'
import { usePlace } from '../place.ts'
import { type History, latest, type Span, spansOf } from './history.ts'
import { standingOf } from './standing.ts'
import { useAlertReport } from './use-alert-report.ts'
import type { Figures } from './use-stream.ts'

const trendMs = 900_000
const trendSpanSeconds = 30

/**
 * The figures of the last minute, each with its course over a quarter of an hour, its standing, and a link to its causes. They are not
 * announced, since they change every second.
 */
export function Figureheads({ figures: { history, snapshot } }: { figures: Figures }) {
  const minute = latest(history, 60)
  const latency = useLastMinute()
  const spans = useTrend(history)
  const rules = useAlertReport().data?.rules ?? []
  const trend = (of: (span: Span) => number | null) => spans.map(of)
  const standing = (value: number | null, ...names: AlertRuleName[]) => standingOf(value, rules, names)
  const meanMs = latency?.avg_ms ?? null
  const errorRate = minute.requests === 0 ? null : minute.errors / minute.requests
  return (
    <dl className="heads" aria-label="The last minute">
      <Head
        title="Hit rate"
        value={formatPercent(minute.hitRate)}
        note="last minute"
        trend={trend(({ hitRate }) => hitRate)}
        standing={standing(minute.hitRate, 'hit_rate_critical', 'hit_rate_warning')}
        link={{ href: '#/causes?by=resource&sort=misses', title: 'Misses by resource' }}
      />
      <Head
        title="Requests"
        value={formatPerSecond(minute.seconds === 0 ? null : minute.requests / minute.seconds)}
        unit="/s"
        note={`${formatCompact(snapshot?.totals.requests ?? null)} since start`}
        trend={trend(({ requests, seconds }) => requests / seconds)}
        link={{ href: '#/causes?by=route', title: 'By route' }}
      />
      <Head
        title="p50"
        value={formatMs(latency?.p50_ms ?? null)}
        note={meanMs === null ? 'last minute' : `last minute, mean ${formatMs(meanMs)}`}
        trend={trend(({ p50Ms }) => p50Ms)}
        standing={standingOf(meanMs, rules, ['response_time'], 'mean')}
        link={{ href: '#/causes?by=resource&sort=time', title: 'Times by resource' }}
      />
      <Head
        title="p95"
        value={formatMs(latency?.p95_ms ?? null)}
        note="last minute"
        trend={trend(({ p95Ms }) => p95Ms)}
        link={{ href: '#/causes?by=resource&sort=time', title: 'Times by resource' }}
      />
      <Head
        title="p99"
        value={formatMs(latency?.p99_ms ?? null)}
        note="last minute"
        trend={trend(({ p99Ms }) => p99Ms)}
        link={{ href: '#/causes?by=route&sort=time', title: 'Times by route' }}
      />
      <Head
        title="Errors (5xx)"
        value={formatCount(minute.errors)}
        note={`${formatThings(minute.clientErrors, 'read')} with 4xx`}
        isBad={minute.errors > 0}
        trend={trend(({ errors }) => errors)}
        standing={standing(errorRate, 'error_rate')}
        link={{ href: '#/causes?by=route&sort=errors', title: 'Errors by route' }}
      />
    </dl>
  )
}

/** The last quarter of an hour in half minutes. It changes when a half minute is over, and not with every second. */
function useTrend(history: History): readonly Span[] {
  const newestAtMs = history.at(-1)?.at_ms ?? 0
  const stepMs = trendSpanSeconds * 1_000
  const endMs = Math.floor(newestAtMs / stepMs) * stepMs
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new sample within the half minute changes nothing that is shown
  return useMemo(
    () => spansOf(history, trendSpanSeconds, { fromMs: endMs - trendMs, toMs: newestAtMs }),
    [endMs],
  )
}

const latencyEveryMs = 5_000

/**
 * The durations of all reads of the last minute; null if there were none. The samples of the stream have the percentiles of each second, from
 * which those of a minute do not follow.
 */
function useLastMinute() {
  const { api, workspace } = usePlace()
  const { data } = useQuery({
    queryKey: ['performance', workspace.id],
    queryFn: async ({ signal }) => {
      const path = '/api/monitoring/metrics/performance'
      const request = { path, isBare: true, workspaceId: workspace.id, signal }
      return (await api.fetch(performanceReportSchema, request)).data.windows['1m'].whole
    },
    refetchInterval: latencyEveryMs,
  })
  return data === undefined || data.count === 0 ? null : data
}
