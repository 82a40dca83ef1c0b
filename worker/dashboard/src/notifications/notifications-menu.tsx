import { useId, useRef } from 'react'
import type { Notification } from '../../../../shared/contract/notifications.ts'
import { formatDay, formatTime } from '../parts/format.ts'
import { FailureNotice } from '../parts/notice.tsx'
import { Waiting } from '../parts/panel.tsx'
import { usePopover } from '../parts/use-popover.ts'
import { inspectableThing } from '../resources/inspector-address.ts'
import { InspectorLink } from '../resources/inspector-link.tsx'
import './notifications.css'
import { useMarkNotifications, useNotifications } from './use-notifications.ts'

/** A button that says how many notifications are unread, and opens the list of the newest. Escape closes it. */
export function NotificationsMenu() {
  const { isOpen, button, holder, toggle } = usePopover()
  const id = useId()
  const list = useRef<HTMLDivElement>(null)
  const found = useNotifications()
  const unread = found.data?.unread ?? 0

  return (
    <fieldset {...holder} className="notifications">
      <legend className="hidden">Notifications</legend>
      <button
        ref={button}
        type="button"
        className="plain"
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={toggle}
      >
        Notifications{' '}
        {unread > 0 && (
          <span className="badge">
            {unread > 99 ? '99+' : unread}
            <span className="hidden"> unread</span>
          </span>
        )}
      </button>
      {isOpen && (
        <div id={id} ref={list} tabIndex={-1} className="notifications-list">
          {found.isPending && <Waiting what="your notifications" />}
          {found.isError && <FailureNotice error={found.error} retry={() => void found.refetch()} />}
          {found.isSuccess && (
            <Newest notifications={found.data.notifications} onMarked={() => list.current?.focus()} />
          )}
        </div>
      )}
    </fieldset>
  )
}

/** Leads to the resource that shows what a notification is about, if there is one. */
function SubjectLink({ type, id }: { type: string; id: string }) {
  const thing = inspectableThing(type, id)
  return thing === null ? null : <InspectorLink {...thing} of={id} />
}

interface NewestProps {
  readonly notifications: readonly Notification[]
  /** The button that was pressed goes away then, and must not take the focus with it. */
  onMarked(): void
}

function Newest({ notifications, onMarked }: NewestProps) {
  const mark = useMarkNotifications()
  const unread = notifications.filter(({ readAt }) => readAt === null).map(({ id }) => id)
  if (notifications.length === 0) return <p className="quiet">You have no notifications.</p>
  return (
    <>
      {mark.isError && <FailureNotice error={mark.error} />}
      {unread.length > 0 && (
        <button
          type="button"
          disabled={mark.isPending}
          onClick={() => mark.mutate(unread, { onSuccess: onMarked })}
        >
          Mark as read
        </button>
      )}
      <ul aria-label="Notifications">
        {notifications.map(({ id, title, body, subject, createdAt, readAt }) => (
          <li key={id} className={readAt === null ? 'is-unread' : undefined}>
            <strong dir="auto">{title}</strong>
            {readAt === null && <span className="hidden">unread</span>}
            {body !== '' && <p dir="auto">{body}</p>}
            <time className="quiet small" dateTime={createdAt}>
              {formatDay(createdAt)}, {formatTime(Date.parse(createdAt))}
            </time>{' '}
            {subject !== null && <SubjectLink {...subject} />}
          </li>
        ))}
      </ul>
    </>
  )
}
