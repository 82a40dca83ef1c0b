import { type FocusEvent, type KeyboardEvent, type RefObject, useEffect, useState } from 'react'
import type { Contact } from '../../../../client/index.ts'
import { useVirtualBoard } from '../../../../client/react/index.ts'
import type { ListQuestion } from '../list-question.ts'
import { pageOptionsOf } from '../list-question.ts'
import { useRowScroll } from '../use-row-scroll.ts'
import type { ColumnEvents } from './column-events.ts'
import { columnDeedOf } from './column-keys.ts'
import type { ColumnsOnScreen } from './columns-on-screen.ts'
import { columnPerPage, useSeenColumn } from './use-seen-column.ts'
import { useShownRows } from './use-shown-rows.ts'

/** A card with the space below it. */
const cardStepPx = 104

interface ColumnGiven {
  readonly boardId: string
  readonly column: { readonly id: string; readonly name: string }
  readonly position: number
  readonly columns: number
  readonly question: ListQuestion
  readonly mayMove: boolean | null
  /** Another number asks the column to take the focus; 0 does not. */
  readonly focusAsked: number
  /** The card that becomes the active one as soon as the column has it. */
  readonly awaitedId: string | null
  readonly onScreen: ColumnsOnScreen
  readonly events: ColumnEvents
}

/** The cards of a column in its scrolling element, the active one of them, and the keys that it takes while it has the focus. */
export function useColumn(given: ColumnGiven, scroller: RefObject<HTMLElement | null>) {
  const { boardId, column, position, columns, question, focusAsked, events } = given
  const mayMove = given.mayMove === true
  const board = useVirtualBoard(boardId, {
    ...pageOptionsOf({ ...question, columnId: column.id }),
    perPage: columnPerPage,
  })
  const { total, row: rowAt } = board
  const { inView, heightPx, scrollToRow } = useRowScroll(scroller, total, cardStepPx)
  const [chosen, choose] = useState(0)
  const active = Math.min(chosen, Math.max(total - 1, 0))
  useShownRows(scroller, board, inView, cardStepPx, (byRows) => choose((before) => before + byRows))
  useAwaited(given.awaitedId, inView, rowAt, choose)
  useSeenColumn(given, board, inView)
  useEffect(() => {
    if (focusAsked > 0) scroller.current?.focus({ preventScroll: true })
  }, [focusAsked, scroller])
  const contact = rowAt(active)
  const { onActive } = events
  useEffect(() => {
    if (document.activeElement === scroller.current) onActive(contact)
  }, [contact, onActive, scroller])

  function onKeyDown(event: KeyboardEvent) {
    if (event.target !== scroller.current || events.onCarryingKey(event)) return
    const pageRows = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / cardStepPx) - 1)
    const where = { row: active, rows: total, pageRows, column: position, columns, mayMove }
    const deed = columnDeedOf(event, where)
    if (deed === null) return
    event.preventDefault()
    if (deed.kind === 'column') events.onColumn(deed.column)
    else if (deed.kind === 'row') {
      choose(deed.row)
      if (total > 0) scrollToRow(deed.row)
    } else if (contact !== undefined) {
      if (deed.kind === 'open') events.onOpen(contact.id)
      else events.onLift(contact, position)
    }
  }

  function onFocus({ target }: FocusEvent) {
    // A button of a card has it after a press.
    if (target !== scroller.current) return
    events.onFocus(position)
    onActive(contact)
  }
  return { board, inView, heightPx, active, choose, onKeyDown, onFocus }
}

/** A card that was moved here becomes the active one, if it is in view. It may be there only after the answer of the API. */
function useAwaited(
  awaitedId: string | null,
  inView: readonly { readonly row: number }[],
  rowAt: (row: number) => Contact | undefined,
  choose: (row: number) => void,
): void {
  const found = awaitedId === null ? undefined : inView.find(({ row }) => rowAt(row)?.id === awaitedId)?.row
  const [followed, setFollowed] = useState<string | null>(null)
  if (found !== undefined && followed !== awaitedId) {
    setFollowed(awaitedId)
    choose(found)
  }
}
