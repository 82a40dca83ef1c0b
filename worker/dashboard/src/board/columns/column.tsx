import { memo, useId, useRef } from 'react'
import { formatCompact, formatCount } from '../../parts/format.ts'
import { failureOfClient } from '../client-failure.ts'
import type { ListQuestion } from '../list-question.ts'
import { cardEvents } from './card-events.ts'
import type { ColumnEvents } from './column-events.ts'
import type { ColumnsOnScreen } from './columns-on-screen.ts'
import { ContactCard, cardId } from './contact-card.tsx'
import { useColumn } from './use-column.ts'

interface ColumnProps {
  readonly boardId: string
  readonly column: { readonly id: string; readonly name: string }
  readonly position: number
  readonly columns: number
  readonly startPx: number
  readonly widthPx: number
  readonly question: ListQuestion
  /** Null until it is known. */
  readonly mayMove: boolean | null
  readonly isTarget: boolean
  readonly carriedId: string | null
  readonly moving: ReadonlySet<string>
  readonly focusAsked: number
  readonly awaitedId: string | null
  readonly instructionsId: string
  readonly onScreen: ColumnsOnScreen
  readonly events: ColumnEvents
}

/** The contacts of one column, however many: the page contains those in view, and they change as the database changes. */
export const Column = memo(function Column(props: ColumnProps) {
  const { column, position, startPx, widthPx, isTarget, carriedId, moving, mayMove } = props
  const scroller = useRef<HTMLDivElement>(null)
  const headId = useId()
  const { board, inView, heightPx, active, choose, onKeyDown, onFocus } = useColumn(props, scroller)
  const { total, isEstimate, state, error, row: rowAt } = board
  const isKnown = state !== 'loading' || total > 0
  return (
    <section
      className={`column ${isTarget ? 'column-target' : ''}`}
      aria-labelledby={headId}
      data-column={column.id}
      style={{ transform: `translateX(${startPx}px)`, inlineSize: `${widthPx}px` }}
    >
      <h3 id={headId} className="column-head" title={column.name}>
        <bdi className="column-name">{column.name}</bdi>{' '}
        {isKnown ? <Total total={total} isEstimate={isEstimate} /> : <span className="column-count" />}
      </h3>
      <div
        ref={scroller}
        className="column-cards"
        role="grid"
        aria-labelledby={headId}
        aria-describedby={props.instructionsId}
        aria-rowcount={total}
        aria-colcount={1}
        aria-busy={state === 'loading'}
        aria-activedescendant={total === 0 ? undefined : cardId(position, active)}
        tabIndex={0}
        data-state={state}
        {...{ onKeyDown, onFocus }}
        {...cardEvents(props, rowAt, choose)}
      >
        <div className="column-space" role="rowgroup" style={{ blockSize: `${heightPx}px` }}>
          {inView.map(({ row, offsetPx }) => {
            const contact = rowAt(row)
            return (
              <ContactCard
                key={contact?.id ?? row}
                {...{ row, offsetPx, contact, mayMove }}
                column={position}
                rows={total}
                isActive={row === active}
                isCarried={contact !== undefined && contact.id === carriedId}
                isMoving={contact !== undefined && moving.has(contact.id)}
              />
            )
          })}
        </div>
      </div>
      {error !== null && total === 0 && <p className="column-note bad">{failureOfClient(error).message}</p>}
      {error === null && total === 0 && isKnown && <p className="column-note quiet">No contact is here.</p>}
    </section>
  )
})

function Total({ total, isEstimate }: { readonly total: number; readonly isEstimate: boolean }) {
  return (
    <span className="column-count" data-count={total}>
      {isEstimate ? `~${formatCompact(total)}` : formatCount(total)}
      <span className="hidden"> contacts</span>
    </span>
  )
}
