import type { QueueMetrics } from '../../../../shared/contract/queues.ts'
import { formatCompact, formatMs, formatPercent, formatThings } from '../parts/format.ts'
import { Head } from '../parts/head.tsx'
import { useChoices } from '../routing.ts'
import { jobStateTitles } from './job-state-titles.ts'
import { addressOf, type JobState } from './queue-address.ts'
import { mostOf, totalsOf } from './queue-standing.ts'

/**
 * The sums of all queues, each with a link to the queue that has most of it. They are not announced, since they change all the time.
 */
export function QueueHeads({ figures }: { figures: QueueMetrics }) {
  const { waiting, active, delayed, failed, oldest, paused, endedInHour, failureRate } = totalsOf(figures)
  const { query } = useChoices()
  const linkTo = (state: JobState, queue = mostOf(figures, state)) => ({
    href: addressOf(queue, state, query),
    title: `${jobStateTitles[state]} in ${queue}`,
  })
  return (
    <dl className="heads" aria-label="All queues together">
      <Head
        title="Waiting"
        value={formatCompact(waiting)}
        note={
          paused === 0 ? 'no queue is paused' : `${formatThings(paused, 'queue is', 'queues are')} paused`
        }
        link={linkTo('waiting')}
      />
      <Head
        title="Oldest waiting"
        value={oldest === null ? 'none' : formatMs(oldest.ageMs)}
        note={oldest === null ? 'nothing waits' : `in ${oldest.queue}`}
        link={linkTo('waiting', oldest?.queue)}
      />
      <Head title="Running" value={formatCompact(active)} note="at this moment" link={linkTo('active')} />
      <Head
        title="Delayed"
        value={formatCompact(delayed)}
        note="for later, or a next try"
        link={linkTo('delayed')}
      />
      <Head
        title="Failed"
        value={formatCompact(failed)}
        note="kept to be looked at"
        isBad={failed > 0}
        link={linkTo('failed')}
      />
      <Head
        title="Finished"
        value={formatCompact(endedInHour)}
        unit="/h"
        note={failureRate === null ? 'none in the last hour' : `${formatPercent(failureRate)} of them failed`}
        link={linkTo('completed')}
      />
    </dl>
  )
}
