import { useId, useMemo, useRef } from 'react'
import type { Contact } from '../../../../client/index.ts'
import type { Board } from '../../api/directory.ts'
import type { ListQuestion } from '../list-question.ts'
import { ContactMenu } from '../taking/contact-menu.tsx'
import { CopyReport, useCopier } from '../taking/copy-text.tsx'
import { Column } from './column.tsx'
import { boardWidthPx, columnStartPx, columnsInView } from './column-space.ts'
import './columns.css'
import { ColumnsHead } from './columns-head.tsx'
import { ColumnsOnScreen } from './columns-on-screen.ts'
import { MoveRefusal } from './move-refusal.tsx'
import { useColumns } from './use-columns.ts'
import { useMayMove } from './use-may-move.ts'

interface BoardColumnsProps {
  readonly board: Board
  readonly question: ListQuestion
  /** The question is an earlier one than the one that is being typed. */
  readonly isEarlier: boolean
}

/** A board as its columns side by side. A card is moved to another column by the pointer, by keys, or from its menu. */
export function BoardColumns({ board, question, isEarlier }: BoardColumnsProps) {
  const columns = useMemo(
    () => board.board_columns.filter(({ id }) => question.columnId === '' || question.columnId === id),
    [board, question.columnId],
  )
  const scroller = useRef<HTMLDivElement>(null)
  const ghost = useRef<HTMLDivElement>(null)
  const instructionsId = useId()
  const onScreen = useMemo(() => new ColumnsOnScreen(), [])
  const mayMove = useMayMove()
  const copier = useCopier()
  const shown = useColumns({ columns, mayMove: mayMove === true, scroller, ghost })
  const { space, view, drag, focus, menu, moves } = shown
  const carried = drag.phase === 'carried' ? drag : null
  const kept = drag.phase === 'idle' ? [focus.column] : [focus.column, drag.from]
  return (
    <>
      <ColumnsHead columns={columns.length} onScreen={onScreen} isEarlier={isEarlier} />
      <section className="panel board columns-panel" aria-label={`Columns of ${board.name}`}>
        <p id={instructionsId} className="hidden">
          Arrow keys move between cards and columns, Enter opens a contact.
          {mayMove === true && ' The space bar lifts a card to move it to another column.'}
        </p>
        <MoveRefusal reason={moves.refusal} onClose={moves.closeRefusal} />
        <div ref={scroller} className={`columns ${carried === null ? '' : 'columns-carrying'}`}>
          <div className="columns-space" style={{ inlineSize: `${boardWidthPx(space)}px` }}>
            {view.widthPx > 0 &&
              columnsInView(space, view, kept).map((position) => {
                const column = columns[position]
                return (
                  column !== undefined && (
                    <Column
                      key={column.id}
                      {...{ column, position, question, instructionsId, mayMove, onScreen }}
                      boardId={board.id}
                      columns={columns.length}
                      startPx={columnStartPx(space, position)}
                      widthPx={space.columnPx}
                      isTarget={carried !== null && carried.over === position && carried.from !== position}
                      carriedId={carried?.card.id ?? null}
                      moving={moves.moving}
                      focusAsked={focus.column === position ? focus.asked : 0}
                      awaitedId={focus.column === position ? focus.awaitedId : null}
                      events={shown.events}
                    />
                  )
                )
              })}
          </div>
        </div>
        <Foot active={shown.active} mayMove={mayMove} />
        <p className="hidden" aria-live="assertive">
          {moves.said}
        </p>
        <CopyReport copier={copier} />
        {carried?.by === 'pointer' && (
          <div ref={ghost} className="card card-ghost" dir="auto" aria-hidden="true">
            {carried.card.name}
          </div>
        )}
        {menu !== null && (
          <ContactMenu place={menu} copier={copier} onMove={shown.moveFromMenu} onClose={shown.closeMenu} />
        )}
      </section>
    </>
  )
}

interface FootProps {
  readonly active: Contact | undefined
  readonly mayMove: boolean | null
}

/** Everything of the active card, which may be cut off in the card; before there is one, the keys and their effect. */
function Foot({ active, mayMove }: FootProps) {
  if (active !== undefined) {
    const { name, email, phone, status, priority } = active
    const whole = [name, email, phone, status, `${priority} priority`].filter((part) => part !== null)
    return (
      <p className="grid-whole">
        <bdi>{whole.join(' · ')}</bdi>
      </p>
    )
  }
  return (
    <p className="grid-whole quiet small">
      Arrow keys move, Enter opens, Shift+F10 has more.{' '}
      {mayMove === true && 'A card is dragged to another column, or lifted by the space bar.'}
      {mayMove === false && 'Your role does not let you move contacts in this workspace.'}
    </p>
  )
}
