import { useId, useState } from 'react'
import type { Job } from '../../../../shared/contract/queues.ts'
import { formatBytes, formatClock, formatDay, formatMs, formatPercent } from '../parts/format.ts'
import { FailureNotice } from '../parts/notice.tsx'
import { Waiting } from '../parts/panel.tsx'
import { Question } from '../parts/question.tsx'
import { usePlace } from '../place.ts'
import { inspectableThings } from '../resources/inspector-address.ts'
import { InspectorLink } from '../resources/inspector-link.tsx'
import { dataAreFor, ownerOf } from './job-owner.ts'
import { type JobChange, useJobData } from './use-jobs.ts'

interface JobItemProps {
  readonly job: Job
  /** Whether jobs of all workspaces are shown, so that each names its own. */
  readonly isOfAll: boolean
  readonly isBusy: boolean
  onChange(change: JobChange): void
}

interface Deed {
  readonly change: JobChange
  readonly title: string
  /** The consequences, if the user is asked first. */
  readonly question: string | null
}

const cancelling: Deed = {
  change: 'cancel',
  title: 'Cancel',
  question: 'It is removed, and its work is not done.',
}

const deeds: Readonly<Record<Job['state'], readonly Deed[]>> = {
  failed: [{ change: 'retry', title: 'Retry', question: null }],
  delayed: [{ change: 'promote', title: 'Run now', question: null }, cancelling],
  waiting: [cancelling],
  active: [{ change: 'cancel', title: 'Stop', question: 'Its run is told to stop, and it fails for good.' }],
  completed: [],
}

/** A job with the reason of its failure. More of it is shown on demand. */
export function JobItem({ job, isOfAll, isBusy, onChange }: JobItemProps) {
  const [isOpen, setIsOpen] = useState(false)
  const [asked, setAsked] = useState<Deed | null>(null)
  const id = useId()
  return (
    <li className="job">
      <div className="job-line">
        <button
          type="button"
          className="plain job-name"
          aria-expanded={isOpen}
          aria-controls={id}
          onClick={() => setIsOpen(!isOpen)}
        >
          {job.name} <code>{job.id}</code>
        </button>
        <span className="job-deeds">
          {deeds[job.state].map((deed) => (
            <button
              key={deed.title}
              type="button"
              disabled={isBusy}
              onClick={() => (deed.question === null ? onChange(deed.change) : setAsked(deed))}
            >
              {deed.title}
              <span className="hidden"> {job.id}</span>
            </button>
          ))}
        </span>
      </div>
      {job.state !== 'completed' && job.failedReason !== null && (
        <p className={job.state === 'failed' ? 'job-reason bad' : 'job-reason quiet'}>
          {job.failedReason === '' ? 'Without a reason' : job.failedReason}
        </p>
      )}
      <p className="quiet small job-facts">
        {isOfAll && <span>{ownerOf(job.workspaceId)}</span>}
        <span>{attemptsOf(job)}</span>
        <StateFact job={job} />
      </p>
      {asked !== null && (
        <Question
          title={`${asked.title} ${job.name}?`}
          yes={`Yes, ${asked.title.toLowerCase()}`}
          onYes={() => {
            setAsked(null)
            onChange(asked.change)
          }}
          onNo={() => setAsked(null)}
        >
          {asked.question}
        </Question>
      )}
      <div id={id}>{isOpen && <JobDetails job={job} />}</div>
    </li>
  )
}

function attemptsOf({ attemptsMade, attemptsMax }: Job): string {
  return `${attemptsMade} of ${attemptsMax} ${attemptsMax === 1 ? 'attempt' : 'attempts'}`
}

/** The time that matters in the job's state. */
function StateFact({ job }: { job: Job }) {
  const { state, createdAt, runAt, startedAt, finishedAt, progress } = job
  if (state === 'active') {
    return (
      <>
        <When word="started" at={startedAt} />
        <span>{formatPercent(progress)} done</span>
      </>
    )
  }
  if (state === 'delayed') return <When word="due" at={runAt} />
  if (state === 'waiting') return <When word="added" at={createdAt} />
  return (
    <>
      <When word={state === 'failed' ? 'failed' : 'done'} at={finishedAt} />
      <span>ran {formatMs(durationOf(startedAt, finishedAt))}</span>
    </>
  )
}

function durationOf(from: string | null, to: string | null): number | null {
  return from === null || to === null ? null : Math.max(0, Date.parse(to) - Date.parse(from))
}

function When({ word, at }: { word: string; at: string | null }) {
  if (at === null) return null
  return (
    <span>
      {word}{' '}
      <time dateTime={at}>
        {formatDay(at)}, {formatClock(at)}
      </time>
    </span>
  )
}

/** All that the list knows of a job and, for a job of the workspace that is chosen above, its data. */
function JobDetails({ job }: { job: Job }) {
  const { workspace } = usePlace()
  const isOwn = workspace.role === 'admin' && job.workspaceId === workspace.id
  const found = useJobData(job, isOwn)
  const times = [
    { title: 'Added', at: job.createdAt },
    { title: 'Due', at: job.runAt },
    { title: 'Last started', at: job.startedAt },
    { title: 'Ended', at: job.finishedAt },
  ]
  return (
    <div className="job-details">
      <dl>
        {times.map(
          ({ title, at }) =>
            at !== null && (
              <div key={title}>
                <dt>{title}</dt>
                <dd>
                  <time dateTime={at}>
                    {formatDay(at)}, {formatClock(at)}
                  </time>
                </dd>
              </div>
            ),
        )}
        <div>
          <dt>Priority</dt>
          <dd>{job.priority} (1 is the best)</dd>
        </div>
        <div>
          <dt>Data</dt>
          <dd>{formatBytes(job.dataBytes)}</dd>
        </div>
      </dl>
      {!isOwn && <p className="quiet small">{dataAreFor(job.workspaceId)}</p>}
      {isOwn && found.isPending && <Waiting what="the data" />}
      {isOwn && found.isError && <FailureNotice error={found.error} retry={() => void found.refetch()} />}
      {found.data !== undefined && (
        <>
          {inspectableThings(found.data.data).map((thing) => (
            <InspectorLink
              key={thing.resource}
              {...thing}
              of={`${thing.resource} ${thing.parameters['id']}`}
            />
          ))}
          <Json title="Data" value={found.data.data} />
          {found.data.result !== null && <Json title="Result" value={found.data.result} />}
        </>
      )}
    </div>
  )
}

/** Long data scroll inside, where the keyboard reaches them too. */
function Json({ title, value }: { title: string; value: unknown }) {
  return (
    <label className="job-json">
      <span className="quiet small">{title}</span>
      <textarea readOnly rows={Math.min(12, lines(value).length)} value={lines(value).join('\n')} />
    </label>
  )
}

const lines = (value: unknown): readonly string[] => (JSON.stringify(value, null, 2) ?? '').split('\n')
