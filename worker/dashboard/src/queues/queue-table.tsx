import type { ReactNode } from 'react'
import type { z } from 'zod'
import type { Alert } from '../../../../shared/contract/alerts.ts'
import { type QueueName, queueNames } from '../../../../shared/contract/queue-names.ts'
import type { QueueMetrics, QueueSpan, queueStatisticsSchema } from '../../../../shared/contract/queues.ts'
import { formatCompact, formatMs, formatPercent, unknown } from '../parts/format.ts'
import { useChoices } from '../routing.ts'
import { type DepthTrend, pointsOf } from './depth-trend.ts'
import { addressOf, type JobState } from './queue-address.ts'
import type { SpanName } from './queue-spans.ts'
import { type QueueFigures, standingOf } from './queue-standing.ts'

const trendBox = { width: 60, height: 16 } as const

interface QueueTableProps {
  readonly figures: QueueMetrics
  /** Undefined until they have been read. */
  readonly statistics: z.output<typeof queueStatisticsSchema> | undefined
  readonly span: SpanName
  readonly trend: DepthTrend
  readonly alerts: readonly Alert[]
  readonly chosen: QueueName
  /** The state whose jobs are shown, which stays when another queue is chosen. */
  readonly state: JobState
}

/** A row for each queue. A phone shows the columns by which a queue is chosen; the rest is in the panel of the chosen one. */
export function QueueTable({ figures, statistics, span, trend, alerts, chosen, state }: QueueTableProps) {
  return (
    <div className="queue-scroll">
      <table className="grid-table queue-table">
        <thead>
          <tr>
            <th scope="col">Queue</th>
            <th scope="col">State</th>
            <NumberHead title="Waiting" />
            <th scope="col" className="queue-extra">
              Trend
            </th>
            <NumberHead title="Oldest" isExtra />
            <NumberHead title="Running" />
            <NumberHead title="Delayed" isExtra />
            <NumberHead title="Failed" />
            <NumberHead title="Per minute" isExtra />
            <NumberHead title="Wait p50 / p95" isExtra />
            <NumberHead title="Run p50 / p95" isExtra />
            <NumberHead title="Failure rate" isExtra />
          </tr>
        </thead>
        <tbody>
          {queueNames.map((name) => {
            const now = figures.queues[name]
            return (
              now !== undefined && (
                <QueueRow
                  key={name}
                  name={name}
                  now={now}
                  past={statistics?.queues[name]?.[span]}
                  points={pointsOf(trend, name, trendBox)}
                  alerts={alerts}
                  isChosen={name === chosen}
                  state={state}
                />
              )
            )
          })}
        </tbody>
      </table>
    </div>
  )
}

function NumberHead({ title, isExtra }: { title: string; isExtra?: boolean }) {
  return (
    <th scope="col" className={isExtra === true ? 'number queue-extra' : 'number'}>
      {title}
    </th>
  )
}

interface QueueRowProps {
  readonly name: QueueName
  readonly now: QueueFigures
  readonly past: QueueSpan | undefined
  /** The line of the trend; null without one. */
  readonly points: string | null
  readonly alerts: readonly Alert[]
  readonly isChosen: boolean
  readonly state: JobState
}

function QueueRow({ name, now, past, points, alerts, isChosen, state }: QueueRowProps) {
  const { query } = useChoices()
  const { tone, word, sentence } = standingOf(name, now, alerts)
  return (
    <tr className={isChosen ? 'is-chosen' : undefined}>
      <th scope="row">
        <a
          className="queue-name"
          href={addressOf(name, state, query)}
          aria-current={isChosen ? 'true' : undefined}
        >
          {name}
        </a>
      </th>
      <td>
        <span className={`state state-${tone}`} title={sentence ?? undefined}>
          {word}
        </span>
      </td>
      <Figure isZero={now.waiting === 0}>{formatCompact(now.waiting)}</Figure>
      <td className="queue-extra">
        <Trend points={points} />
      </td>
      <Figure isZero={now.oldestWaitingMs === 0} isExtra>
        {now.oldestWaitingMs === 0 ? unknown : formatMs(now.oldestWaitingMs)}
      </Figure>
      <Figure isZero={now.active === 0}>{formatCompact(now.active)}</Figure>
      <Figure isZero={now.delayed === 0} isExtra>
        {formatCompact(now.delayed)}
      </Figure>
      <Figure isZero={now.failed === 0} isBad={now.failed > 0}>
        {formatCompact(now.failed)}
      </Figure>
      <Figure isZero={(past?.perMinute ?? 0) === 0} isExtra>
        {formatPerMinute(past)}
      </Figure>
      <Figure isZero={past?.waitMs == null} isExtra>
        {formatTimes(past?.waitMs)}
      </Figure>
      <Figure isZero={past?.runMs == null} isExtra>
        {formatTimes(past?.runMs)}
      </Figure>
      <Figure isZero={(past?.failureRate ?? 0) === 0} isBad={(past?.failureRate ?? 0) > 0} isExtra>
        {formatFailureRate(past)}
      </Figure>
    </tr>
  )
}

/** The line that the number of waiting jobs has drawn since the view was opened. The numbers beside it are for everybody. */
function Trend({ points }: { points: string | null }) {
  const { width, height } = trendBox
  return (
    <svg className="queue-trend" viewBox={`0 -1 ${width} ${height + 2}`} aria-hidden="true" focusable="false">
      {points !== null && <polyline points={points} />}
    </svg>
  )
}

interface FigureProps {
  /** A figure that says nothing steps back, so that the others stand out. */
  readonly isZero: boolean
  readonly isBad?: boolean
  readonly isExtra?: boolean
  readonly children: ReactNode
}

function Figure({ isZero, isBad, isExtra, children }: FigureProps) {
  const classes = ['number', isZero && 'quiet', isBad === true && 'bad', isExtra === true && 'queue-extra']
  return <td className={classes.filter(Boolean).join(' ')}>{children}</td>
}

const perMinute = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 })

/** Jobs that ended a minute. */
export function formatPerMinute(span: QueueSpan | undefined): string {
  return span === undefined ? unknown : perMinute.format(span.perMinute)
}

/** The share of ended jobs that failed; unknown if none ended. */
export function formatFailureRate(span: QueueSpan | undefined): string {
  const hasEnded = span !== undefined && span.completed + span.failed > 0
  return hasEnded ? formatPercent(span.failureRate) : unknown
}

function formatTimes(times: QueueSpan['waitMs'] | undefined): string {
  return times == null ? unknown : `${formatMs(times.p50)} / ${formatMs(times.p95)}`
}
