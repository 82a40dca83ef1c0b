import './live.css'
import { ApiFailure } from '../api/failure.ts'
import { formatCompact, formatCount, formatMs, formatPercent, formatPerSecond } from '../parts/format.ts'
import { Head } from '../parts/head.tsx'
import { later } from '../parts/later.tsx'
import { FailureNotice, Notice } from '../parts/notice.tsx'
import { Waiting } from '../parts/panel.tsx'
import { AlertsPanel } from './alerts-panel.tsx'
import { latest } from './history.ts'
import { useFigures } from './live-context.tsx'
import { PartsPanel } from './parts-panel.tsx'
import type { Figures } from './use-stream.ts'

const RedisPanel = later(async () => (await import('../redis/redis-panel.tsx')).RedisPanel, {
  what: 'the Redis databases',
})
const Plots = later(async () => (await import('./plots.tsx')).Plots, { what: 'the plots' })

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
  const errorRate = minute.requests === 0 ? null : minute.errors / minute.requests
  return (
    <dl className="heads" aria-label="The last minute">
      <Head title="Hit rate" value={formatPercent(minute.hitRate)} note="last minute" />
      <Head
        title="Requests"
        value={formatPerSecond(minute.seconds === 0 ? null : minute.requests / minute.seconds)}
        unit="/s"
        note={`${formatCompact(snapshot?.totals.requests ?? null)} since start`}
      />
      <Head title="p50" value={formatMs(minute.p50Ms)} note="last minute" />
      <Head title="p95" value={formatMs(minute.p95Ms)} note="worst second" />
      <Head title="p99" value={formatMs(minute.p99Ms)} note="worst second" />
      <Head
        title="Errors"
        value={formatCount(minute.errors)}
        note={errorRate === null ? 'no requests' : formatPercent(errorRate)}
        isBad={minute.errors > 0}
      />
    </dl>
  )
}
