import './mail.css'
import { useIsOperator } from '../access.ts'
import { RolePending } from '../live/role-pending.tsx'
import { Choice } from '../parts/choice.tsx'
import { formatCount, formatMs, formatPercent } from '../parts/format.ts'
import { FailureNotice, Notice } from '../parts/notice.tsx'
import { Panel, Waiting } from '../parts/panel.tsx'
import { usePlace } from '../place.ts'
import { useChoices } from '../routing.ts'
import { MailHours } from './mail-hours.tsx'
import { MailLimits } from './mail-limits.tsx'
import { MailList } from './mail-list.tsx'
import { oldestMsOf, slowestMsOf } from './mail-times.ts'
import { type Scope, useMailDomains, useMailMetrics, useMailQueue } from './use-mail.ts'

/** Inbound e-mail: the last hours, the queue, the newest messages and their way through, and the limits of the workspace. */
export function MailView() {
  const { workspace } = usePlace()
  const isOperator = useIsOperator()
  const { query, choose } = useChoices()
  const scope: Scope = query.get('of') === 'all' ? 'all' : 'workspace'
  const metrics = useMailMetrics(scope)
  if (isOperator === null) return <RolePending what="the mail" />
  return (
    <>
      {isOperator && (
        <Choice<Scope>
          label="Mail of"
          value={scope}
          options={[
            { value: 'workspace', title: workspace.name },
            { value: 'all', title: 'all workspaces' },
          ]}
          onChange={(chosen) => choose({ of: chosen === 'all' ? 'all' : null })}
        />
      )}
      {metrics.data === null ? (
        <Notice tone="info">
          {scope === 'all'
            ? 'Only operators see the mail of all workspaces.'
            : 'Only admins of the workspace see its mail.'}
        </Notice>
      ) : (
        <>
          <LastHours metrics={metrics} />
          {/* The others would be refused like the first. */}
          {(metrics.data !== undefined || metrics.errorUpdateCount > 0) && (
            <>
              <div className="mail-pair">
                <Queue scope={scope} />
                <Domains scope={scope} />
              </div>
              <MailList scope={scope} />
              <MailLimits />
            </>
          )}
        </>
      )}
    </>
  )
}

function LastHours({ metrics }: { metrics: ReturnType<typeof useMailMetrics> }) {
  if (metrics.data === undefined || metrics.data === null) {
    return (
      <Panel title="The last 24 hours">
        {metrics.isError ? (
          <FailureNotice error={metrics.error} retry={() => void metrics.refetch()} />
        ) : (
          <Waiting what="the figures of mail" />
        )}
      </Panel>
    )
  }
  const { hours, duplicateShare } = metrics.data
  const sum = (name: 'received' | 'processed' | 'failed' | 'duplicates' | 'limited' | 'queued') =>
    hours.reduce((total, hour) => total + hour[name], 0)
  const facts = [
    ['Received', formatCount(sum('received'))],
    ['Processed', formatCount(sum('processed'))],
    ['Queued', formatCount(sum('queued'))],
    ['Duplicates', formatCount(sum('duplicates'))],
    ['Limited', formatCount(sum('limited'))],
    ['Failed', formatCount(sum('failed'))],
    ['Slowest', formatMs(slowestMsOf(hours))],
    ['Duplicates found by Redis', formatPercent(duplicateShare.redis)],
  ] as const
  return (
    <Panel title="The last 24 hours">
      <dl className="mail-facts">
        {facts.map(([title, value]) => (
          <div key={title}>
            <dt>{title}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <MailHours hours={hours} />
    </Panel>
  )
}

function Queue({ scope }: { scope: Scope }) {
  const queue = useMailQueue(scope)
  return (
    <Panel title="Waiting in the queue">
      {queue.data === undefined ? (
        queue.isError ? (
          <FailureNotice error={queue.error} retry={() => void queue.refetch()} />
        ) : (
          <Waiting what="the queue" />
        )
      ) : (
        <table className="grid-table">
          <tbody>
            {(['high', 'normal', 'low'] as const).map((priority) => (
              <tr key={priority}>
                <th scope="row">{priority} priority</th>
                <td className="number">{formatCount(queue.data[priority])}</td>
              </tr>
            ))}
            <tr>
              <th scope="row">The oldest has waited</th>
              <td className="number">{formatMs(oldestMsOf(queue.data))}</td>
            </tr>
          </tbody>
        </table>
      )}
    </Panel>
  )
}

const domainsShown = 10

function Domains({ scope }: { scope: Scope }) {
  const domains = useMailDomains(scope)
  const shown = domains.data?.domains.slice(0, domainsShown) ?? []
  return (
    <Panel title="Busiest senders today" aside={<span className="quiet small">by domain</span>}>
      {domains.isError && <FailureNotice error={domains.error} retry={() => void domains.refetch()} />}
      {domains.isPending && <Waiting what="the domains" />}
      {domains.isSuccess && shown.length === 0 && <p className="empty">No mail yet today.</p>}
      {shown.length > 0 && (
        <table className="grid-table">
          <thead>
            <tr>
              <th scope="col">Domain</th>
              <th scope="col" className="number">
                Received
              </th>
              <th scope="col" className="number">
                Limited
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ domain, received, limited }) => (
              <tr key={domain}>
                <th scope="row">{domain}</th>
                <td className="number">{formatCount(received)}</td>
                <td className="number">{formatCount(limited)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  )
}
