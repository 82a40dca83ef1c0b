import type { Alert } from '../../../../shared/contract/alerts.ts'
import type { QueueName } from '../../../../shared/contract/queue-names.ts'
import type { QueueSpan } from '../../../../shared/contract/queues.ts'
import { formatCount, formatMs, unknown } from '../parts/format.ts'
import { Panel } from '../parts/panel.tsx'
import { QueueDeeds } from './queue-deeds.tsx'
import { type SpanName, spans } from './queue-spans.ts'
import { type QueueFigures, standingOf } from './queue-standing.ts'
import { formatFailureRate, formatPerMinute } from './queue-table.tsx'

interface QueuePanelProps {
  readonly queue: QueueName
  readonly figures: QueueFigures | undefined
  /** Undefined until they have been read. */
  readonly statistics: Readonly<Record<SpanName, QueueSpan>> | undefined
  readonly span: SpanName
  readonly alerts: readonly Alert[]
}

/** The chosen queue: its state, its times, why runs failed, and what an operator can do with it. */
export function QueuePanel({ queue, figures, statistics, span, alerts }: QueuePanelProps) {
  if (figures === undefined) return null
  const { tone, word, sentence } = standingOf(queue, figures, alerts)
  const past = statistics?.[span]
  const period = spans.find(({ value }) => value === span)?.title.toLowerCase() ?? span
  return (
    <Panel title={`Queue ${queue}`} aside={<span className={`state state-${tone}`}>{word}</span>}>
      {sentence !== null && <p className="quiet queue-sentence">{sentence}</p>}
      <div className="queue-pair">
        <div>
          <Throughput past={past} period={period} />
          <Times past={past} />
        </div>
        <Reasons past={past} period={period} />
      </div>
      <QueueDeeds queue={queue} figures={figures} />
    </Panel>
  )
}

function Throughput({ past, period }: { past: QueueSpan | undefined; period: string }) {
  return (
    <p>
      {past === undefined ? unknown : formatCount(past.completed)} done and{' '}
      {past === undefined ? unknown : formatCount(past.failed)} failed in the {period}:{' '}
      <strong>{formatPerMinute(past)}</strong> a minute, failure rate{' '}
      <strong>{formatFailureRate(past)}</strong>
    </p>
  )
}

function Times({ past }: { past: QueueSpan | undefined }) {
  const rows = [
    { title: 'Wait', hint: 'from due to its start', times: past?.waitMs ?? null },
    { title: 'Run', hint: 'from start to end', times: past?.runMs ?? null },
  ]
  return (
    <table className="grid-table">
      <thead>
        <tr>
          <th scope="col">Time of a job</th>
          {['p50', 'p95', 'p99'].map((name) => (
            <th key={name} scope="col" className="number">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ title, hint, times }) => (
          <tr key={title}>
            <th scope="row">
              {title} <span className="quiet small">{hint}</span>
            </th>
            <td className="number">{formatMs(times?.p50 ?? null)}</td>
            <td className="number">{formatMs(times?.p95 ?? null)}</td>
            <td className="number">{formatMs(times?.p99 ?? null)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** The most frequent reasons of failed runs, those that were tried again included. */
function Reasons({ past, period }: { past: QueueSpan | undefined; period: string }) {
  const reasons = past?.reasons ?? []
  const most = Math.max(1, ...reasons.map(({ count }) => count))
  return (
    <div>
      <h3 className="queue-reasons-title">Why runs failed in the {period}</h3>
      {past !== undefined && past.failedRuns === 0 && <p className="empty">No run has failed.</p>}
      <ol className="queue-reasons">
        {reasons.map(({ reason, count }) => (
          <li key={reason}>
            <span className="path">{reason === '' ? 'without a reason' : reason}</span>
            <span className="number">{formatCount(count)}</span>
            <span
              className="queue-reason-bar"
              aria-hidden="true"
              style={{ inlineSize: `${(100 * count) / most}%` }}
            />
          </li>
        ))}
      </ol>
    </div>
  )
}
