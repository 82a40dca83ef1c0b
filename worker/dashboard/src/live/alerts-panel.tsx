import { useState } from 'react'
import type { Alert, AlertChange, AlertRuleName, AlertUnit } from '../../../../shared/contract/alerts.ts'
import { formatClock } from '../parts/format.ts'
import { later } from '../parts/later.tsx'
import { FailureNotice } from '../parts/notice.tsx'
import { Panel } from '../parts/panel.tsx'
import { formatValue, titleOf } from './alert-words.ts'
import { useAlertReport } from './use-alert-report.ts'

const Thresholds = later(async () => (await import('./thresholds.tsx')).Thresholds, {
  what: 'the thresholds',
})

const order = { firing: 0, pending: 1, resolved: 2, inactive: 3 } as const
const stateTones = { firing: 'bad', pending: 'warn', resolved: 'good', inactive: 'quiet' } as const
const changesShown = 6

/** Alerts that are firing, pending or recently resolved, the inactive ones folded away, and the latest changes. */
export function AlertsPanel({
  alerts,
  changes,
}: {
  alerts: readonly Alert[]
  changes: readonly AlertChange[]
}) {
  const report = useAlertReport()
  const rules = report.data?.rules ?? []
  const unitOf = (name: AlertRuleName): AlertUnit => rules.find(({ rule }) => rule === name)?.unit ?? 'count'
  const sorted = alerts.toSorted((a, b) => order[a.state] - order[b.state])
  const loud = sorted.filter(({ state }) => state !== 'inactive')
  const quiet = sorted.filter(({ state }) => state === 'inactive')
  const firing = loud.filter(({ state }) => state === 'firing')
  const known = new Set(changes.map(({ id }) => id))
  const recent = [...changes, ...(report.data?.changes ?? []).filter(({ id }) => !known.has(id))]

  return (
    <Panel title="Alerts" aside={<span className="quiet small">{quiet.length} quiet</span>}>
      {/* Told when the set of firing alerts changes, and not with every figure. */}
      <p className="hidden" role="status">
        {firing.length === 0 ? 'No alert is firing.' : `Firing: ${firing.map(titleOf).join(', ')}.`}
      </p>
      {loud.length === 0 && <p className="empty">All quiet: no alert is firing.</p>}
      <ul className="alerts">
        {loud.map((alert) => (
          <AlertLine key={alert.name} alert={alert} unit={unitOf(alert.rule)} />
        ))}
      </ul>
      {recent.length > 0 && (
        <>
          <h3>Latest changes</h3>
          <ol className="changes">
            {recent.slice(0, changesShown).map((change) => (
              <li key={change.id}>
                <time dateTime={change.at}>{formatClock(change.at)}</time>
                <span>
                  {titleOf(change)}{' '}
                  <span className={`state state-${stateTones[change.to]}`}>{change.to}</span>
                </span>
                <span className="number quiet">{formatValue(change.value, change.unit)}</span>
              </li>
            ))}
          </ol>
        </>
      )}
      <details>
        <summary>Quiet alerts</summary>
        <ul className="alerts">
          {quiet.map((alert) => (
            <AlertLine key={alert.name} alert={alert} unit={unitOf(alert.rule)} />
          ))}
        </ul>
      </details>
      <ThresholdsFold />
    </Panel>
  )
}

function AlertLine({ alert, unit }: { alert: Alert; unit: AlertUnit }) {
  return (
    <li className="alert-line">
      <span className={`state state-${stateTones[alert.state]}`}>{alert.state}</span>
      <span>{titleOf(alert)}</span>
      <span className="number quiet">{formatValue(alert.value, unit)}</span>
    </li>
  )
}

/** The thresholds, loaded when the fold is first opened. Typed values survive closing it. */
function ThresholdsFold() {
  const report = useAlertReport()
  const [isWanted, setIsWanted] = useState(false)
  return (
    <details onToggle={({ currentTarget }) => setIsWanted((was) => was || currentTarget.open)}>
      <summary>Thresholds</summary>
      {isWanted && report.isError && report.data === undefined && (
        <FailureNotice error={report.error} retry={() => void report.refetch()} />
      )}
      {isWanted && report.data !== undefined && (
        <Thresholds rules={report.data.rules} setters={report.data.changeable_by} />
      )}
    </details>
  )
}
