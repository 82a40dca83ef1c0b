import type { QueueMetrics } from '../../../../shared/contract/queues.ts'
import { formatCompact, formatMs, formatPercent } from '../parts/format.ts'
import { Head } from '../parts/head.tsx'
import { totalsOf } from './queue-standing.ts'

/** The sums of all queues. They are not announced, since they change all the time. */
export function QueueHeads({ figures }: { figures: QueueMetrics }) {
  const { waiting, active, delayed, failed, oldest, paused, endedInHour, failureRate } = totalsOf(figures)
  return (
    <dl className="heads" aria-label="All queues together">
      <Head
        title="Waiting"
        value={formatCompact(waiting)}
        note={
          paused === 0 ? 'no queue is paused' : `${paused} ${paused === 1 ? 'queue is' : 'queues are'} paused`
        }
      />
      <Head
        title="Oldest waiting"
        value={oldest === null ? 'none' : formatMs(oldest.ageMs)}
        note={oldest === null ? 'nothing waits' : `in ${oldest.queue}`}
      />
      <Head title="Running" value={formatCompact(active)} note="at this moment" />
      <Head title="Delayed" value={formatCompact(delayed)} note="for later, or a next try" />
      <Head title="Failed" value={formatCompact(failed)} note="kept to be looked at" isBad={failed > 0} />
      <Head
        title="Finished"
        value={formatCompact(endedInHour)}
        unit="/h"
        note={failureRate === null ? 'none in the last hour' : `${formatPercent(failureRate)} of them failed`}
      />
    </dl>
  )
}
