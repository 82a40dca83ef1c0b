import { memo } from 'react'
import type { SourceName } from '../../../../shared/contract/tier-names.ts'
import type { Contact } from '../../../../shared/resources/contacts/contact-list.ts'
import type { Board } from '../api/directory.ts'
import { sourceTitles } from '../parts/source.tsx'
import { PriorityChip, StatusChip } from './chips/value-chips.tsx'
import { fields } from './contact-fields.ts'

interface RowProps {
  readonly row: number
  readonly offsetPx: number
  /** Undefined while its page is being loaded. */
  readonly contact: Contact | undefined
  readonly source: SourceName | null
  readonly boards: readonly Board[]
  readonly activeField: number | null
  onChoose(field: number): void
}

/** One contact. The colour at its edge shows where its page came from. */
export const ContactRow = memo(function ContactRow(props: RowProps) {
  const { row, offsetPx, contact, source, boards, activeField, onChoose } = props
  return (
    <div
      role="row"
      aria-rowindex={row + 2}
      aria-busy={contact === undefined}
      className={`grid-row ${contact === undefined ? 'grid-row-waiting' : ''} ${row % 2 === 1 ? 'grid-row-odd' : ''}`}
      data-row={row}
      data-contact={contact?.id}
      data-source={source ?? undefined}
      style={{ transform: `translateY(${offsetPx}px)` }}
    >
      <span
        className={`row-source swatch-source-${source ?? 'none'}`}
        title={source === null ? undefined : `From ${sourceTitles[source]}`}
        aria-hidden="true"
      />
      {fields.map(({ title, className, text }, index) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the grid around it takes the keys for all of its cells
        <div
          key={title}
          id={`cell-${row}-${index}`}
          role="gridcell"
          aria-colindex={index + 1}
          tabIndex={-1}
          className={`grid-cell ${className} ${activeField === index ? 'grid-cell-active' : ''}`}
          // A name that is written from right to left is cut at its end, which is at the left.
          dir="auto"
          title={contact === undefined ? undefined : text(contact, boards)}
          onClick={() => onChoose(index)}
        >
          {contact === undefined ? (
            <span className="blank" />
          ) : (
            (chipOf(title, contact) ?? text(contact, boards))
          )}
        </div>
      ))}
    </div>
  )
})

/** Status and priority are told by their colour too. */
function chipOf(title: string, { status, priority }: Contact) {
  if (title === 'Status') return <StatusChip status={status} />
  return title === 'Priority' ? <PriorityChip priority={priority} /> : null
}
