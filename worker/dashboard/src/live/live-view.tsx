import './live.css'
import { ApiFailure } from '../api/failure.ts'
import { later } from '../parts/later.tsx'
import { FailureNotice, Notice } from '../parts/notice.tsx'
import { Waiting } from '../parts/panel.tsx'
import { AlertsPanel } from './alerts-panel.tsx'
import { Figureheads } from './figureheads.tsx'
import { useFigures } from './live-context.tsx'
import { PartsPanel } from './parts-panel.tsx'
import { PlotsPlace } from './plots-place.tsx'

const RedisPanel = later(async () => (await import('../redis/redis-panel.tsx')).RedisPanel, {
  what: 'the Redis databases',
})
const Plots = later(async () => (await import('./plots.tsx')).Plots, {
  what: 'the plots',
  waiting: <PlotsPlace />,
})

/** The deployment now, and over the last hour or the last days. */
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
