import { useState } from 'react'
import type { QueueName } from '../../../../shared/contract/queue-names.ts'
import { Choice } from '../parts/choice.tsx'
import { formatCount, formatThings } from '../parts/format.ts'
import { FailureNotice, Notice } from '../parts/notice.tsx'
import { Question } from '../parts/question.tsx'
import type { QueueFigures } from './queue-standing.ts'
import { type Cleaning, useCleanQueue, useSwitchQueue } from './use-queues.ts'

interface DeedProps {
  readonly queue: QueueName
  readonly figures: QueueFigures
}

/** The changes that an operator can make to a whole queue and so to the jobs of all workspaces. Each asks first. */
export function QueueDeeds({ queue, figures }: DeedProps) {
  return (
    <div className="queue-deeds">
      <SwitchDeed queue={queue} figures={figures} />
      <CleanDeed queue={queue} />
    </div>
  )
}

function SwitchDeed({ queue, figures: { isPaused, waiting, active } }: DeedProps) {
  const [isAsked, setIsAsked] = useState(false)
  const switching = useSwitchQueue()
  const verb = isPaused ? 'resume' : 'pause'
  const title = `${isPaused ? 'Resume' : 'Pause'} ${queue}`
  return (
    <div className="queue-deed">
      <button type="button" disabled={switching.isPending} onClick={() => setIsAsked(true)}>
        {switching.isPending ? 'Working …' : title}
      </button>
      {isAsked && (
        <Question
          title={`${title}?`}
          yes={`Yes, ${verb}`}
          onYes={() => {
            setIsAsked(false)
            switching.mutate({ queue, isPaused: !isPaused })
          }}
          onNo={() => setIsAsked(false)}
        >
          {isPaused
            ? `${formatThings(waiting, 'job')} can begin as soon as there is a place.`
            : `No job of any workspace starts until somebody resumes it. The ${formatCount(active)} that run now may finish; new ones wait.`}
        </Question>
      )}
      {switching.isError && <FailureNotice error={switching.error} />}
      {switching.isSuccess && !isAsked && (
        <Notice tone="good">
          {queue} is {switching.data.isPaused ? 'paused' : 'running again'}.
        </Notice>
      )}
    </div>
  )
}

const ages = [
  { value: '0', title: 'of any age' },
  { value: '3600000', title: 'older than an hour' },
  { value: '86400000', title: 'older than a day' },
  { value: '604800000', title: 'older than a week' },
] as const

const cleaned = [
  { value: 'failed', title: 'failed' },
  { value: 'completed', title: 'completed' },
  { value: 'delayed', title: 'delayed' },
  { value: 'waiting', title: 'waiting' },
] as const

function CleanDeed({ queue }: Pick<DeedProps, 'queue'>) {
  const [isAsked, setIsAsked] = useState(false)
  const [state, setState] = useState<Cleaning['state']>('failed')
  const [age, setAge] = useState<(typeof ages)[number]['value']>('0')
  const cleaning = useCleanQueue()
  const ageTitle = ages.find(({ value }) => value === age)?.title
  return (
    <div className="queue-deed">
      <span className="queue-clean">
        <Choice
          label="Jobs to remove"
          value={state}
          options={cleaned}
          onChange={(chosen) => setState(chosen)}
        />
        <Choice label="Age" value={age} options={ages} onChange={(chosen) => setAge(chosen)} />
        <button type="button" disabled={cleaning.isPending} onClick={() => setIsAsked(true)}>
          {cleaning.isPending ? 'Removing …' : 'Clean'}
        </button>
      </span>
      {isAsked && (
        <Question
          title={`Remove the ${state} jobs of ${queue} ${ageTitle}?`}
          yes="Yes, remove"
          onYes={() => {
            setIsAsked(false)
            cleaning.mutate({ queue, state, olderThanMs: Number(age) })
          }}
          onNo={() => setIsAsked(false)}
        >
          They belong to all workspaces, and nothing brings them back.
          {(state === 'waiting' || state === 'delayed') && ' Their work is never done.'}
        </Question>
      )}
      {cleaning.isError && <FailureNotice error={cleaning.error} />}
      {cleaning.isSuccess && !isAsked && (
        <Notice tone="good">
          {formatThings(cleaning.data.removed, 'job')} removed.{' '}
          {cleaning.data.hasMore && 'There are more: clean again.'}
        </Notice>
      )}
    </div>
  )
}
