import { memo } from 'react'
import type { Contact } from '../../../client/index.ts'
import type { Board } from '../api/directory.ts'
import { PriorityChip, StatusChip } from './chips/value-chips.tsx'
import { fields } from './contact-fields.ts'

interface RowProps {
  readonly row: number
  /** The number of the contact among all contacts. */
  readonly index: number
  readonly offsetPx: number
  /** Undefined while its page is being loaded. */
  readonly contact: Contact | undefined
  readonly boards: readonly Board[]
  readonly activeField: number | null
  /** Whether it changed a moment ago. */
  readonly isFlashing: boolean
  /** Whether the panel beside the list shows it. */
  readonly isOpen: boolean
  onChoose(field: number): void
  /** Opens the menu of the contact, below the button that asks for it. */
  onMenu(at: { readonly xPx: number; readonly yPx: number }): void
}

/** One contact. It flashes quietly when it has changed. */
export const ContactRow = memo(function ContactRow(props: RowProps) {
  const { row, index, offsetPx, contact, boards, activeField, isFlashing, isOpen, onChoose, onMenu } = props
  const looks = [
    'grid-row',
    contact === undefined && 'grid-row-waiting',
    row % 2 === 1 && 'grid-row-odd',
    isOpen && 'grid-row-open',
    isFlashing && 'grid-row-flash',
  ]
  return (
    <div
      role="row"
      aria-rowindex={row + 2}
      aria-busy={contact === undefined}
      aria-selected={isOpen}
      className={looks.filter((look) => look !== false).join(' ')}
      data-row={index}
      data-contact={contact?.id}
      style={{ transform: `translateY(${offsetPx}px)` }}
    >
      {fields.map(({ title, className, text }, field) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the grid around it takes the keys for all of its cells
        <div
          key={title}
          id={`cell-${row}-${field}`}
          role="gridcell"
          aria-colindex={field + 1}
          tabIndex={-1}
          className={`grid-cell ${className} ${activeField === field ? 'grid-cell-active' : ''}`}
          // A name that is written from right to left is cut at its end, which is at the left.
          dir="auto"
          title={contact === undefined ? undefined : text(contact, boards)}
          onClick={() => onChoose(field)}
        >
          {contact === undefined ? (
            <span className="blank" />
          ) : (
            (chipOf(title, contact) ?? text(contact, boards))
          )}
          {field === 0 && contact !== undefined && <MenuButton onMenu={onMenu} />}
        </div>
      ))}
    </div>
  )
})

/** For the mouse and the finger. The keys open the menu from the grid, which is one tab stop. */
function MenuButton({ onMenu }: Pick<RowProps, 'onMenu'>) {
  return (
    <button
      type="button"
      tabIndex={-1}
      className="row-menu"
      aria-haspopup="menu"
      aria-label="Actions"
      onClick={(event) => {
        event.stopPropagation()
        const { left, bottom } = event.currentTarget.getBoundingClientRect()
        onMenu({ xPx: left, yPx: bottom })
      }}
    />
  )
}

interface HeadingRowProps {
  readonly row: number
  readonly offsetPx: number
  readonly name: string
  /** The number of its contacts and their order, which follow the name. */
  readonly more: string
  readonly isActive: boolean
  onChoose(): void
}

/** The heading of a board in a list of several. */
export function HeadingRow({ row, offsetPx, name, more, isActive, onChoose }: HeadingRowProps) {
  return (
    <div
      role="row"
      aria-rowindex={row + 2}
      className="grid-row grid-heading"
      style={{ transform: `translateY(${offsetPx}px)` }}
    >
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the grid around it takes the keys for all of its cells */}
      <div
        id={`cell-${row}-0`}
        role="rowheader"
        aria-colindex={1}
        aria-colspan={fields.length}
        tabIndex={-1}
        className={`grid-cell ${isActive ? 'grid-cell-active' : ''}`}
        title={name + more}
        onClick={onChoose}
      >
        <bdi>{name}</bdi>
        {more}
      </div>
    </div>
  )
}

/** Status and priority are told by their colour too. */
function chipOf(title: string, { status, priority }: Contact) {
  if (title === 'Status') return <StatusChip status={status} />
  return title === 'Priority' ? <PriorityChip priority={priority} /> : null
}
