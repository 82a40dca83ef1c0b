import type { z } from 'zod'
import type { mailWaySchema } from '../../../../shared/contract/inbound-email-figures.ts'
import { Choice } from '../parts/choice.tsx'
import { formatClock, formatCount, formatDayIfPast, formatMs, unknown } from '../parts/format.ts'
import { FailureNotice } from '../parts/notice.tsx'
import { Panel, Waiting } from '../parts/panel.tsx'
import { InspectorLink } from '../resources/inspector-link.tsx'
import { useChoices } from '../routing.ts'
import { type Scope, useMailList } from './use-mail.ts'

type Message = z.output<typeof mailWaySchema>

type State = (typeof states)[number]

const states = ['all', 'processed', 'queued', 'limited', 'failed'] as const
const tones = { processed: 'good', queued: 'warn', limited: 'warn', failed: 'bad' } as const

/** The newest messages with their way through. Neither an address nor a text of a message is shown. */
export function MailList({ scope }: { scope: Scope }) {
  const { query, choose } = useChoices()
  const state = states.find((each) => each === query.get('state')) ?? 'all'
  const list = useMailList(scope, state)
  return (
    <Panel title="Recent messages">
      <Choice<State>
        label="State"
        value={state}
        options={states.map((value) => ({ value, title: value }))}
        onChange={(chosen) => choose({ state: chosen === 'all' ? null : chosen })}
      />
      {list.isError && <FailureNotice error={list.error} retry={() => void list.refetch()} />}
      {list.isPending && <Waiting what="the messages" />}
      {list.data !== undefined && list.data.length === 0 && (
        <p className="empty">There are no such messages.</p>
      )}
      {list.data !== undefined && list.data.length > 0 && (
        <table className="grid-table mail-list">
          <thead>
            <tr>
              {['State', 'From', 'Way through', 'Communication'].map((title) => (
                <th key={title} scope="col">
                  {title}
                </th>
              ))}
              <th scope="col" className="number">
                Duplicates
              </th>
              <th scope="col" className="number">
                Processing
              </th>
            </tr>
          </thead>
          <tbody>
            {list.data.map((message) => (
              <Row key={message.id} message={message} isOfWorkspace={scope === 'workspace'} />
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  )
}

function Row({ message, isOfWorkspace }: { message: Message; isOfWorkspace: boolean }) {
  const { state, senderDomain, communicationId, duplicates, processingMs, automated, priority } = message
  return (
    <tr>
      <td>
        <span className={`state state-${tones[state]}`}>{state}</span>
        {automated !== null && <span className="quiet small"> automatic</span>}
        {state === 'queued' && priority !== null && <span className="quiet small"> {priority}</span>}
      </td>
      <td>{senderDomain ?? unknown}</td>
      <td>
        <Way message={message} />
      </td>
      <td data-title="communication">
        {communicationId === null ? unknown : <code>{communicationId}</code>}{' '}
        {communicationId !== null && isOfWorkspace && (
          <InspectorLink
            resource="communication-attachments"
            parameters={{ id: communicationId }}
            of={communicationId}
          />
        )}
      </td>
      <td data-title="duplicates" className="number">
        {formatCount(duplicates)}
      </td>
      <td data-title="processing" className="number">
        {formatMs(processingMs)}
      </td>
    </tr>
  )
}

/** The steps that a message has taken, with the time of each. */
function Way({ message }: { message: Message }) {
  const { receivedAt, limitedAt, queuedAt, processedAt, failedAt } = message
  const steps = [
    ['received', receivedAt],
    ['limited', limitedAt],
    ['queued', queuedAt],
    ['processed', processedAt],
    ['failed', failedAt],
  ] as const
  return (
    <ol className="mail-way">
      {steps.flatMap(([step, at]) =>
        at === null
          ? []
          : [
              <li key={step}>
                {step} <time dateTime={at}>{formatDayIfPast(Date.parse(at), formatClock(at))}</time>
              </li>,
            ],
      )}
    </ol>
  )
}
