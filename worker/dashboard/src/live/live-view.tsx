import './live.css'
import { useQuery } from '@tanstack/react-query'
import { performanceReportSchema } from '../../../../shared/contract/monitoring.ts'
import { ApiFailure } from '../api/failure.ts'
import { formatCompact, formatCount, formatMs, formatPercent, formatPerSecond } from '../parts/format.ts'
import { Head } from '../parts/head.tsx'
import { later } from '../parts/later.tsx'
import { FailureNotice, Notice } from '../parts/notice.tsx'
import { Waiting } from '../parts/panel.tsx'
import { usePlace } from '../place.ts'
import { AlertsPanel } from './alerts-panel.tsx'
import { latest } from './history.ts'
import { useFigures } from './live-context.tsx'
import { PartsPanel } from './parts-panel.tsx'
import { PlotsPlace } from './plots-place.tsx'
import type { Figures } from './use-stream.ts'

const RedisPanel = later(async () => (await import('../redis/redis-panel.tsx')).RedisPanel, {
  what: 'the Redis databases',
})
const Plots = later(async () => (await import('./plots.tsx')).Plots, {
  what: 'the plots',
  waiting: <PlotsPlace />,
})

/** The deployment now and over the last hour. */
export function LiveView() {
  const figures = useFigures()
  if (figures === null) return null
  const { state, error, snapshot } = figures
  if (state === 'refused') return <Refused error={error} />
  if (snapshot === null) {
    return state === 'waiting' ? <FailureNotice error={error} /> : <Waiting what="the live figures" />
  }
  return (
    <>
      {state === 'waiting' && (
        <Notice tone="info">
          The connection was lost. You see the latest figures that arrived. Reconnecting.
        </Notice>
      )}
      <Figureheads figures={figures} />
      <Plots history={figures.history} />
      <div className="live-pair">
        <PartsPanel parts={snapshot.parts} outbox={snapshot.outbox} />
        <AlertsPanel alerts={snapshot.alerts} changes={figures.changes} />
      </div>
      <RedisPanel />
    </>
  )
}

/** Most users are members, who use the other views: they see no error, but who sees this one. */
function Refused({ error }: { error: unknown }) {
  if (!(error instanceof ApiFailure && error.status === 403)) return <FailureNotice error={error} />
  return (
    <Notice tone="info">
      Only operators see live figures and alerts. They are the admins of the workspace that runs this
      deployment. The other views show the workspaces that you are a member of.
    </Notice>
  )
}

/** The figures of the last minute. They are not announced, since they change every second. */
function Figureheads({ figures: { history, snapshot } }: { figures: Figures }) {
  const minute = latest(history, 60)
  const latency = useLastMinute()
  return (
    <dl className="heads" aria-label="The last minute">
      <Head title="Hit rate" value={formatPercent(minute.hitRate)} note="last minute" />
      <Head
        title="Requests"
        value={formatPerSecond(minute.seconds === 0 ? null : minute.requests / minute.seconds)}
        unit="/s"
        note={`${formatCompact(snapshot?.totals.requests ?? null)} since start`}
      />
      <Head title="p50" value={formatMs(latency?.p50_ms ?? null)} note="last minute" />
      <Head title="p95" value={formatMs(latency?.p95_ms ?? null)} note="last minute" />
      <Head title="p99" value={formatMs(latency?.p99_ms ?? null)} note="last minute" />
      <Head
        title="Errors (5xx)"
        value={formatCount(minute.errors)}
        note={`${formatCount(minute.clientErrors)} reads with 4xx`}
        isBad={minute.errors > 0}
      />
    </dl>
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
