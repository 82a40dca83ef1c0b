import { useQuery } from '@tanstack/react-query'
import {
  type Alert,
  type AlertChange,
  type AlertRuleName,
  alertReportSchema,
} from '../../../../shared/contract/alerts.ts'
import { formatClock, formatCount, formatMs, formatPercent, formatSeconds, unknown } from '../parts/format.ts'
import { Panel } from '../parts/panel.tsx'
import { usePlace } from '../place.ts'

type Unit = AlertChange['unit']

const ruleTitles: Readonly<Record<AlertRuleName, string>> = {
  hit_rate_critical: 'Hit rate far too low',
  hit_rate_warning: 'Hit rate low',
  response_time: 'Response time',
  error_rate: 'Error rate',
  tier_away: 'Tier away',
  outbox_age: 'Outbox behind',
  queue_length: 'Queue length',
  consistency_violation: 'Consistency violation',
}

const order = { firing: 0, pending: 1, resolved: 2, inactive: 3 } as const
const stateTones = { firing: 'bad', pending: 'warn', resolved: 'good', inactive: 'quiet' } as const
const changesShown = 6

/** Alerts that are firing, pending or just over; the quiet ones folded away; and what changed lately. */
export function AlertsPanel({
  alerts,
  changes,
}: {
  alerts: readonly Alert[]
  changes: readonly AlertChange[]
}) {
  const report = useAlertReport()
  const rules = report.data?.data.rules ?? []
  const unitOf = (name: AlertRuleName): Unit => rules.find(({ rule }) => rule === name)?.unit ?? 'count'
  const sorted = alerts.toSorted((a, b) => order[a.state] - order[b.state])
  const loud = sorted.filter(({ state }) => state !== 'inactive')
  const quiet = sorted.filter(({ state }) => state === 'inactive')
  const firing = loud.filter(({ state }) => state === 'firing')
  const known = new Set(changes.map(({ id }) => id))
  const recent = [...changes, ...(report.data?.data.changes ?? []).filter(({ id }) => !known.has(id))]

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
        <summary>Quiet alerts and their thresholds</summary>
        <ul className="alerts">
          {quiet.map((alert) => (
            <AlertLine key={alert.name} alert={alert} unit={unitOf(alert.rule)} />
          ))}
        </ul>
        <ul className="thresholds small quiet">
          {rules.map((rule) => (
            <li key={rule.rule}>
              {ruleTitles[rule.rule]}: {rule.fires} {formatValue(rule.fire_at, rule.unit)} for{' '}
              {formatSeconds(rule.for_seconds)}
              {rule.enabled ? '' : ', switched off'}
            </li>
          ))}
        </ul>
      </details>
    </Panel>
  )
}

function AlertLine({ alert, unit }: { alert: Alert; unit: Unit }) {
  return (
    <li className="alert-line">
      <span className={`state state-${stateTones[alert.state]}`}>{alert.state}</span>
      <span>{titleOf(alert)}</span>
      <span className="number quiet">{formatValue(alert.value, unit)}</span>
    </li>
  )
}

/** Rules, thresholds and what changed before the page was opened; live changes come by the stream. */
function useAlertReport() {
  const { api, workspace } = usePlace()
  return useQuery({
    queryKey: ['alerts', workspace.id],
    queryFn: ({ signal }) =>
      api.ask(alertReportSchema, { path: '/api/monitoring/alerts', workspaceId: workspace.id, signal }),
    staleTime: 60_000,
  })
}

function titleOf({ rule, subject }: Pick<Alert, 'rule' | 'subject'>): string {
  return subject === null ? ruleTitles[rule] : `${ruleTitles[rule]}: ${subject.replaceAll('_', ' ')}`
}

function formatValue(value: number | null, unit: Unit): string {
  if (value === null) return unknown
  if (unit === 'ratio') return formatPercent(value)
  if (unit === 'milliseconds') return formatMs(value)
  return unit === 'seconds' ? formatSeconds(value) : formatCount(value)
}
