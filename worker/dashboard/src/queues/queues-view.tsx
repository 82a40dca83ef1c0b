import './queues.css'
import { useEffect, useRef, useState } from 'react'
import { type QueueName, queueNames } from '../../../../shared/contract/queue-names.ts'
import type { QueueMetrics } from '../../../../shared/contract/queues.ts'
import { useFigures } from '../live/live-context.tsx'
import { formatClock } from '../parts/format.ts'
import { Notice } from '../parts/notice.tsx'
import { Panel, Waiting } from '../parts/panel.tsx'
import { Segments } from '../parts/segments.tsx'
import { usePlace } from '../place.ts'
import { useChoices, useRestOfAddress } from '../routing.ts'
import { type DepthTrend, withFigures } from './depth-trend.ts'
import { JobsPanel } from './jobs-panel.tsx'
import { addressOf, parseShown } from './queue-address.ts'
import { QueueHeads } from './queue-heads.tsx'
import { QueuePanel } from './queue-panel.tsx'
import { spans } from './queue-spans.ts'
import { mostOf } from './queue-standing.ts'
import { QueueTable } from './queue-table.tsx'
import { QueuesFailure } from './queues-failure.tsx'
import { useFailedQueues } from './use-jobs.ts'
import { useQueueFigures, useQueueStatistics } from './use-queues.ts'

/** The queues of work in the background: all of them for operators, the jobs of the workspace for its admins. */
export function QueuesView() {
  const { workspace } = usePlace()
  const figures = useQueueFigures()
  if (figures.data === null) return workspace.role === 'admin' ? <AdminsQueues /> : <Refused />
  if (figures.data !== undefined) {
    return (
      <OperatorsQueues figures={figures.data} error={figures.error} retry={() => void figures.refetch()} />
    )
  }
  if (figures.isPending) return <Waiting what="the queues" />
  return <QueuesFailure error={figures.error} retry={() => void figures.refetch()} />
}

function Refused() {
  const { workspace } = usePlace()
  return (
    <Notice tone="info">
      Operators see all queues here, and the admins of a workspace see its jobs. You are a member of{' '}
      <bdi>{workspace.name}</bdi>: ask one of its admins if something that you started does not finish.
    </Notice>
  )
}

interface OperatorsQueuesProps {
  readonly figures: QueueMetrics
  /** Why the figures could not be read the last time. */
  readonly error: unknown
  retry(): void
}

function OperatorsQueues({ figures, error, retry }: OperatorsQueuesProps) {
  const { workspace } = usePlace()
  const [first] = useState(() => mostOf(figures, 'failed'))
  const { query, choose } = useChoices()
  const span = spans.find(({ value }) => value === query.get('span'))?.value ?? '1h'
  const isOwnOnly = query.get('of') === 'workspace'
  const statistics = useQueueStatistics()
  const [trend, setTrend] = useState<DepthTrend>([])
  useEffect(() => setTrend((before) => withFigures(before, figures)), [figures])
  const alerts = useFigures()?.snapshot?.alerts ?? []
  const { queue: named, state } = parseShown(useRestOfAddress())
  const queue = named ?? first
  const workspaceId = isOwnOnly ? workspace.id : null
  const panel = useScrollTo(queue)
  // They change the widths of the table's columns, and the queue that is shown below it.
  if (statistics.isPending) return <Waiting what="the queues" />
  return (
    <>
      {error !== null && (
        <Notice tone="info">
          You see the figures of {formatClock(figures.timestamp)}. Reading them again does not work at the
          moment.
        </Notice>
      )}
      {error !== null && <QueuesFailure error={error} retry={retry} />}
      <QueueHeads figures={figures} />
      <Panel
        title="All queues"
        aside={
          <Segments
            label="Period of throughput and times"
            value={span}
            options={spans}
            onChange={(chosen) => choose({ span: chosen === '1h' ? null : chosen })}
          />
        }
      >
        <QueueTable
          figures={figures}
          statistics={statistics.data}
          span={span}
          trend={trend}
          alerts={alerts}
          chosen={queue}
          state={state}
        />
        {statistics.isError && error === null && (
          <QueuesFailure error={statistics.error} retry={() => void statistics.refetch()} />
        )}
      </Panel>
      <div ref={panel} className="queue-chosen">
        <QueuePanel
          key={queue}
          queue={queue}
          figures={figures.queues[queue]}
          statistics={statistics.data?.queues[queue]}
          span={span}
          alerts={alerts}
        />
      </div>
      <JobsPanel
        question={{ queue, state, workspaceId }}
        counts={figures.queues[queue]}
        aside={<OwnOnly isOn={isOwnOnly} onChange={(isOn) => choose({ of: isOn ? 'workspace' : null })} />}
      />
    </>
  )
}

/** Scrolls to the element when another queue is chosen: on a phone it is below the table, out of sight. */
function useScrollTo(queue: QueueName) {
  const element = useRef<HTMLDivElement>(null)
  const shown = useRef(queue)
  useEffect(() => {
    if (shown.current !== queue) element.current?.scrollIntoView({ block: 'nearest' })
    shown.current = queue
  }, [queue])
  return element
}

function OwnOnly({ isOn, onChange }: { isOn: boolean; onChange(isOn: boolean): void }) {
  const { workspace } = usePlace()
  return (
    <label className="row small">
      <input type="checkbox" checked={isOn} onChange={({ target }) => onChange(target.checked)} />
      <span>
        Only of <bdi>{workspace.name}</bdi>
      </span>
    </label>
  )
}

/** The jobs of one workspace. Its admin gets no figures of the queues, which all workspaces share. */
function AdminsQueues() {
  const { workspace } = usePlace()
  const { queue: named, state } = parseShown(useRestOfAddress())
  const failed = useFailedQueues(workspace.id)
  const { query } = useChoices()
  const queue = named ?? queueNames[0]
  return (
    <>
      <div className="view-head">
        <h2>
          Jobs of <bdi>{workspace.name}</bdi>
        </h2>
        <span className="quiet">
          Only operators see the figures of all workspaces, and pause or clean a queue that they share.
        </span>
      </div>
      <ul className="queue-links" aria-label="Queue">
        {queueNames.map((name) => (
          <li key={name}>
            <a href={addressOf(name, state, query)} aria-current={name === queue ? 'true' : undefined}>
              {name}
              {failed.has(name) && <span className="state state-bad">failed jobs</span>}
            </a>
          </li>
        ))}
      </ul>
      <JobsPanel question={{ queue, state, workspaceId: workspace.id }} />
    </>
  )
}
