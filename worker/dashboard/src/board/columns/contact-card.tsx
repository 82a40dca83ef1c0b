import { memo, useState } from 'react'
import type { Contact } from '../../../../client/index.ts'
import { formatDay } from '../../parts/format.ts'
import { PriorityChip, StatusChip } from '../chips/value-chips.tsx'
import { shortDay } from './short-day.ts'

export const cardId = (column: number, row: number) => `card-${column}-${row}`

interface CardProps {
  readonly column: number
  readonly row: number
  readonly rows: number
  readonly offsetPx: number
  /** Undefined while its page is being loaded. */
  readonly contact: Contact | undefined
  readonly isActive: boolean
  readonly isCarried: boolean
  /** A move of it is on its way to the database. */
  readonly isMoving: boolean
  /** Null until it is known. */
  readonly mayMove: boolean | null
}

/** One contact in a column. The column takes all its events. */
export const ContactCard = memo(function ContactCard(props: CardProps) {
  const { column, row, rows, offsetPx, contact, isActive, isCarried, isMoving, mayMove } = props
  const states = [isActive && 'card-active', isCarried && 'card-carried', isMoving && 'card-moving']
  return (
    <div
      role="row"
      aria-rowindex={row + 1}
      aria-busy={contact === undefined || isMoving}
      className="card-place"
      data-row={row}
      data-contact={contact?.id}
      style={{ transform: `translateY(${offsetPx}px)` }}
    >
      <div
        id={cardId(column, row)}
        role="gridcell"
        aria-label={contact === undefined ? `Contact ${row + 1} of ${rows} is being loaded` : undefined}
        className={['card', ...states].filter((state) => state !== false).join(' ')}
      >
        {contact === undefined ? (
          <span className="blank" />
        ) : (
          <CardContent contact={contact} mayMove={mayMove} isMoving={isMoving} />
        )}
      </div>
    </div>
  )
})

interface ContentProps {
  readonly contact: Contact
  readonly mayMove: boolean | null
  readonly isMoving: boolean
}

function CardContent({ contact, mayMove, isMoving }: ContentProps) {
  const { name, email, phone, status, priority, updated_at, last_activity_at } = contact
  const [firstSeen] = useState(updated_at)
  const reach = email ?? phone ?? 'No e-mail address, no phone number'
  return (
    <>
      {firstSeen !== updated_at && <span key={updated_at} className="card-flash" aria-hidden="true" />}
      <span className="card-head">
        {mayMove !== false && (
          <span
            className={mayMove === null ? 'card-handle card-handle-later' : 'card-handle'}
            title="Drag to another column"
            aria-hidden="true"
          >
            <svg viewBox="0 0 8 14" aria-hidden="true" focusable="false">
              <path d="M1 1h2v2H1zM5 1h2v2H5zM1 6h2v2H1zM5 6h2v2H5zM1 11h2v2H1zM5 11h2v2H5z" />
            </svg>
          </span>
        )}
        {/* The text that is cut off is at the end of the name, so the box has the direction of the name. */}
        <button type="button" tabIndex={-1} className="card-name" dir="auto" title={name} data-deed="open">
          {name}
        </button>
        <button
          type="button"
          tabIndex={-1}
          className="card-menu"
          aria-haspopup="menu"
          aria-label={`Actions for ${name}`}
          data-deed="menu"
        >
          <span aria-hidden="true">⋯</span>
        </button>
      </span>
      <span className="card-reach quiet small" dir="auto" title={reach}>
        {reach}
      </span>
      <span className="card-values">
        <StatusChip status={status} />
        <PriorityChip priority={priority} />
        <span className="card-day quiet small" title={`Last activity ${formatDay(last_activity_at)}`}>
          {isMoving ? 'Moving …' : shortDay(new Date(last_activity_at), new Date())}
        </span>
      </span>
    </>
  )
}
