import { type ReactNode, useRef, useState } from 'react'
import { type JobCounts, jobStates } from '../../../../shared/contract/queues.ts'
import { limits } from '../../../../shared/limits.ts'
import { formatCompact, formatCount, formatThings } from '../parts/format.ts'
import { FailureNotice, Notice } from '../parts/notice.tsx'
import { Panel, Waiting } from '../parts/panel.tsx'
import { Question } from '../parts/question.tsx'
import { useChoices } from '../routing.ts'
import { retriedAtOnceMax } from './job-batches.ts'
import { JobItem } from './job-item.tsx'
import { jobStateTitles } from './job-state-titles.ts'
import { addressOf, type JobState } from './queue-address.ts'
import { QueuesFailure } from './queues-failure.tsx'
import { type JobsQuestion, useChangeJob, useJobs, useRetryAll } from './use-jobs.ts'

/** The order of the choice: people mostly come for failed jobs. */
const shownStates = ['failed', ...jobStates.filter((state) => state !== 'failed')] as const

const emptyWords: Readonly<Record<JobState, string>> = {
  waiting: 'No job waits.',
  active: 'No job runs at the moment.',
  delayed: 'No job is delayed.',
  completed: 'No completed job is kept.',
  failed: 'No job has failed.',
}

interface JobsPanelProps {
  readonly question: JobsQuestion
  /** The counts of the queue, for all workspaces together; undefined if the user does not get them. */
  readonly counts?: JobCounts | undefined
  readonly aside?: ReactNode
}

/** The jobs of a queue in one state, in pages of a cursor, so that ten thousand are no more than fifty. */
export function JobsPanel({ question, counts, aside }: JobsPanelProps) {
  const { queue, state, workspaceId } = question
  const { query } = useChoices()
  return (
    <Panel title={`Jobs of ${queue}`} aside={aside}>
      <ul className="queue-links" aria-label="State of the jobs">
        {shownStates.map((each) => (
          <li key={each}>
            <a href={addressOf(queue, each, query)} aria-current={each === state ? 'true' : undefined}>
              {jobStateTitles[each]}
              {counts !== undefined && workspaceId === null && (
                <span className="job-count">{formatCompact(counts[each])}</span>
              )}
            </a>
          </li>
        ))}
      </ul>
      <JobPages key={`${queue} ${state} ${workspaceId}`} question={question} />
    </Panel>
  )
}

function JobPages({ question }: { question: JobsQuestion }) {
  const { state, workspaceId } = question
  /** The cursors of the pages up to the one in sight. The first page has none. */
  const [cursors, setCursors] = useState<Cursors>([null])
  const list = useRef<HTMLElement>(null)
  const jobs = useJobs(question, cursors.at(-1) ?? null)
  const changing = useChangeJob(question)

  /** The button that was pressed goes away with its job, and must not take the focus with it. */
  const focusList = () => list.current?.focus({ preventScroll: true })

  function turnTo(next: Cursors) {
    setCursors(next)
    focusList()
    list.current?.scrollIntoView({ block: 'start' })
  }

  if (jobs.data === undefined) {
    return jobs.isError ? (
      <QueuesFailure error={jobs.error} retry={() => void jobs.refetch()} />
    ) : (
      <Waiting what="the jobs" />
    )
  }
  const next = jobs.data.pagination.next_cursor
  return (
    <section ref={list} tabIndex={-1} className="job-pages" aria-label={`${jobStateTitles[state]} jobs`}>
      {jobs.isError && (
        <>
          <Notice tone="info">You see the jobs that were read last.</Notice>
          <QueuesFailure error={jobs.error} retry={() => void jobs.refetch()} />
        </>
      )}
      {state === 'failed' && <RetryAll question={question} hasFailed={jobs.data.jobs.length > 0} />}
      {changing.isError && <FailureNotice error={changing.error} />}
      {changing.data !== undefined && !changing.isPending && <Notice tone="good">{changing.data}</Notice>}
      {jobs.data.jobs.length === 0 && (
        <p className="empty">{cursors.length === 1 ? emptyWords[state] : 'No job of this page is left.'}</p>
      )}
      <ol className="jobs" aria-busy={jobs.isPlaceholderData}>
        {jobs.data.jobs.map((job) => (
          <JobItem
            key={job.id}
            job={job}
            isOfAll={workspaceId === null}
            isBusy={changing.isPending}
            onChange={(change) => changing.mutate({ job, change }, { onSuccess: focusList })}
          />
        ))}
      </ol>
      <JobTurns
        cursors={cursors}
        jobs={jobs.data.jobs.length}
        next={next}
        isTurning={jobs.isPlaceholderData}
        onTurn={turnTo}
      />
    </section>
  )
}

type Cursors = readonly (string | null)[]

interface JobTurnsProps {
  readonly cursors: Cursors
  /** The jobs of the page in sight. */
  readonly jobs: number
  readonly next: string | null
  readonly isTurning: boolean
  onTurn(cursors: Cursors): void
}

function JobTurns({ cursors, jobs, next, isTurning, onTurn }: JobTurnsProps) {
  if (cursors.length === 1 && next === null) return null
  const before = (cursors.length - 1) * limits.jobsPerPageDefault
  return (
    <div className="row job-turns">
      <button type="button" disabled={cursors.length === 1} onClick={() => onTurn(cursors.slice(0, -1))}>
        Newer
      </button>
      <span className="quiet small" role="status">
        {jobs > 0 && `${formatCount(before + 1)} to ${formatCount(before + jobs)}, the newest first`}
      </span>
      <button type="button" disabled={next === null || isTurning} onClick={() => onTurn([...cursors, next])}>
        Older
      </button>
    </div>
  )
}

function RetryAll({ question, hasFailed }: { question: JobsQuestion; hasFailed: boolean }) {
  const { queue, workspaceId } = question
  const [isAsked, setIsAsked] = useState(false)
  const all = useRetryAll(question)
  return (
    <div className="job-retry-all">
      {all.isPending ? (
        <span className="row">
          <span className="quiet" role="status">
            {formatCount(all.retriedSoFar)} run again. Stay here until it is done.
          </span>
          <button type="button" onClick={all.stop}>
            Stop
          </button>
        </span>
      ) : (
        hasFailed && (
          <button type="button" onClick={() => setIsAsked(true)}>
            Retry all failed
          </button>
        )
      )}
      {isAsked && (
        <Question
          title={`Retry the failed jobs of ${queue}?`}
          yes="Yes, retry all"
          onYes={() => {
            setIsAsked(false)
            all.mutate()
          }}
          onNo={() => setIsAsked(false)}
        >
          {workspaceId === null ? 'Those of all workspaces' : `Those of workspace ${workspaceId}`} run again,
          with all their attempts, the newest first; {formatCount(retriedAtOnceMax)} at most.
        </Question>
      )}
      {all.isError && <FailureNotice error={all.error} />}
      {all.data !== undefined && !all.isPending && (
        <Notice tone="good">
          {formatThings(all.data.retried, 'job runs', 'jobs run')} again.{' '}
          {all.data.hasMore && 'There are more failed jobs.'}
        </Notice>
      )}
    </div>
  )
}
