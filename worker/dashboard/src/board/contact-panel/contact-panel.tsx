import './contact-panel.css'
import { type RefObject, useEffect, useRef } from 'react'
import type { Answer, WholeContact } from '../../../../client/index.ts'
import { useAnswer } from '../../../../client/react/index.ts'
import type { Board } from '../../api/directory.ts'
import { FailureNotice, Notice } from '../../parts/notice.tsx'
import { Waiting } from '../../parts/panel.tsx'
import { InspectorLink } from '../../resources/inspector-link.tsx'
import { failureOfClient } from '../client-failure.ts'
import { closeContactAddress } from './contact-address.ts'
import { ContactFacts } from './contact-facts.tsx'
import { ContactFieldsForm } from './contact-fields-form.tsx'
import { ContactPlace } from './contact-place.tsx'
import { Timeline } from './timeline.tsx'

interface ContactPanelProps {
  readonly contactId: string
  readonly boards: readonly Board[]
  /** Whether the user opened it by a key, and wants to go on here. The panel takes the wish when it is there. */
  readonly wantsFocus: RefObject<boolean>
}

/** One contact beside the board. It is no dialog: the board stays in use, and shows every change too. */
export function ContactPanel({ contactId, boards, wantsFocus }: ContactPanelProps) {
  const panel = useRef<HTMLElement>(null)
  useEffect(() => {
    if (!wantsFocus.current) return
    wantsFocus.current = false
    panel.current?.focus()
  }, [wantsFocus])
  function close() {
    closeContactAddress()
    // The list may not be there yet.
    const list = document.getElementById('contacts') ?? document.getElementById('view')
    list?.focus()
  }
  const answer = useAnswer((client) => client.contact(contactId))
  const contact = answer.data?.contact
  return (
    <aside
      ref={panel}
      id="contact-panel"
      className="panel contact-panel"
      aria-labelledby="contact-title"
      tabIndex={-1}
      onKeyDown={({ key }) => key === 'Escape' && close()}
    >
      <header className="panel-head">
        <h2 id="contact-title" dir="auto">
          {contact?.name ?? 'Contact'}
        </h2>
        <button type="button" className="plain" onClick={close} aria-label="Close the contact">
          Close
        </button>
      </header>
      {contact === undefined ? (
        <Missing error={answer.error} />
      ) : (
        <Known contact={contact} answer={answer} boards={boards} />
      )}
    </aside>
  )
}

function Missing({ error }: { readonly error: Answer<unknown>['error'] }) {
  if (error === null) return <Waiting what="the contact" />
  if (error.status === 404)
    return <Notice tone="info">This workspace has no such contact. Somebody may have deleted it.</Notice>
  return <FailureNotice error={failureOfClient(error)} />
}

interface KnownProps {
  readonly contact: WholeContact
  readonly answer: Answer<unknown>
  readonly boards: readonly Board[]
}

function Known({ contact, answer, boards }: KnownProps) {
  const { mayUpdate, mayMove } = useAllowed()
  return (
    <>
      <p className="quiet small contact-id">
        <code>{contact.id}</code>{' '}
        <InspectorLink resource="contact" parameters={{ id: contact.id }} of={contact.name} />
      </p>
      {answer.status === 'stale' && answer.error !== null && (
        <FailureNotice error={failureOfClient(answer.error)} />
      )}
      {mayMove ? (
        <ContactPlace contact={contact} boards={boards} />
      ) : (
        <Place contact={contact} boards={boards} />
      )}
      {mayUpdate ? <ContactFieldsForm contact={contact} /> : <ContactFacts contact={contact} />}
      <Timeline path={pathOf(contact.id)} answer={answer} updatedAt={contact.updated_at} />
    </>
  )
}

function Place({ contact, boards }: Pick<KnownProps, 'contact' | 'boards'>) {
  const board = boards.find(({ id }) => id === contact.board_id)
  const column = board?.board_columns.find(({ id }) => id === contact.board_column_id)
  return (
    <p>
      <bdi>{board?.name ?? contact.board_id}</bdi> · <bdi>{column?.name ?? contact.board_column_id}</bdi>
    </p>
  )
}

/** The writes that the workspace allows to the user. Until they are known, none is offered. */
function useAllowed(): { readonly mayUpdate: boolean; readonly mayMove: boolean } {
  const { data } = useAnswer((client) => client.get('/api/users/me/permissions', {}))
  const allows: readonly string[] = data?.allows ?? []
  return { mayUpdate: allows.includes('contacts.update'), mayMove: allows.includes('contacts.move') }
}

function pathOf(contactId: string): string {
  return `/api/contacts/${encodeURIComponent(contactId)}`
}
