import { type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from 'react'
import type { Contact } from '../../../client/index.ts'
import type { Board } from '../api/directory.ts'
import { formatCount, formatThings } from '../parts/format.ts'
import type { BoardRows, ListedRow, ListView, Segment } from './board-rows.ts'
import { fields } from './contact-fields.ts'
import { ContactRow, HeadingRow } from './contact-row.tsx'
import { GridHeads } from './grid-heads.tsx'
import { type Cell, moved } from './grid-keys.ts'
import { ListMenu, useListMenu } from './list-menu.tsx'
import { type ListQuestion, orderOptions, sortOptions } from './list-question.ts'
import { useFlashes } from './use-flashes.ts'
import { useRowScroll } from './use-row-scroll.ts'

const rowHeightPx = 34

interface GridProps {
  readonly boards: readonly Board[]
  readonly listKey: string
  readonly rows: BoardRows
  readonly view: ListView
  /** The rows answer an earlier question. */
  readonly isEarlier: boolean
  readonly question: ListQuestion
  /** The contact that is open beside the list. */
  readonly openId: string | null
  onSort(question: ListQuestion): void
  /** `isByKey` says that the user wants to go on in the panel. */
  onOpen(contactId: string, isByKey: boolean): void
}

/**
 * All contacts in one scroll: the page contains only the rows in view, and only their pages are loaded. The grid is one
 * tab stop, within which the arrow keys move (WAI-ARIA grid pattern). Enter opens a contact, and so does a click.
 */
export function ContactGrid(props: GridProps) {
  const { boards, listKey, rows, view, isEarlier, question, openId, onSort, onOpen } = props
  const scroller = useRef<HTMLDivElement>(null)
  const [chosen, setActive] = useState<Cell>({ row: 0, field: 0 })
  // The list may have become shorter since the cell was chosen.
  const active = { ...chosen, row: Math.min(chosen.row, view.rows - 1) }
  const scroll = useRowScroll(scroller, view.rows, rowHeightPx)
  useRowsOnScreen(rows, scroll.onScreen)
  useShift(listKey, view.shift, scroll.scrollByRows, setActive)
  const shown = scroll.inView.map((place) => ({ ...place, listed: view.at(place.row) }))
  const flashing = useFlashes(listKey, view, contactsOf(shown))
  const activeRow = view.at(active.row)
  const menu = useListMenu(boards)
  const findShown = (contactId: string) => [...contactsOf(shown).values()].find(({ id }) => id === contactId)

  function onKeyDown(event: KeyboardEvent) {
    const contact = contactIn(activeRow)
    if (event.key === 'Enter' && contact !== undefined) {
      event.preventDefault()
      onOpen(contact.id, true)
      return
    }
    const pageRows = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / rowHeightPx) - 2)
    const next = moved(active, event, { rows: view.rows, fields: fields.length, pageRows })
    if (next === null) return
    event.preventDefault()
    setActive(next)
    scroll.scrollToRow(next.row)
  }
  function choose(cell: Cell, contact: Contact | undefined) {
    setActive(cell)
    if (contact !== undefined) onOpen(contact.id, false)
  }

  const activeField = activeRow?.kind === 'heading' ? 0 : active.field
  return (
    <ListMenu of={menu}>
      <div
        ref={scroller}
        className={`grid ${isEarlier ? 'grid-earlier' : ''}`}
        role="grid"
        id="contacts"
        aria-label="Contacts"
        aria-busy={isEarlier}
        aria-rowcount={view.rows + 1}
        aria-colcount={fields.length}
        aria-activedescendant={`cell-${active.row}-${activeField}`}
        tabIndex={0}
        onKeyDown={onKeyDown}
        onContextMenu={(event) => menu.onContextMenu(event, findShown)}
      >
        <GridHeads question={question} isOneBoard={view.segments.length === 1} onSort={onSort} />
        <div className="grid-body" role="rowgroup" style={{ blockSize: `${scroll.heightPx}px` }}>
          {shown.map((place) => (
            <GridRow
              key={place.row}
              {...{ place, boards, question, openId, flashing }}
              activeField={place.row === active.row ? active.field : null}
              onChoose={choose}
              onMenu={menu.open}
            />
          ))}
        </div>
      </div>
      <GridFoot whole={wholeText(activeRow, activeField, boards)} row={active.row} rows={view.rows} />
    </ListMenu>
  )
}

interface GridRowProps extends Pick<GridProps, 'boards' | 'question' | 'openId'> {
  readonly place: { readonly row: number; readonly offsetPx: number; readonly listed: ListedRow | null }
  readonly flashing: ReadonlySet<string>
  readonly activeField: number | null
  onChoose(cell: Cell, contact: Contact | undefined): void
  onMenu(contact: Contact, at: { readonly xPx: number; readonly yPx: number }): void
}

function GridRow(props: GridRowProps) {
  const { place, boards, question, openId, flashing, activeField, onChoose, onMenu } = props
  const { row, offsetPx, listed } = place
  if (listed?.kind === 'heading') {
    return (
      <HeadingRow
        {...{ row, offsetPx }}
        {...headingOf(listed.segment, boards, question)}
        isActive={activeField !== null}
        onChoose={() => onChoose({ row, field: 0 }, undefined)}
      />
    )
  }
  const contact = contactIn(listed)
  return (
    <ContactRow
      {...{ row, offsetPx, boards, contact, activeField }}
      index={listed?.index ?? row}
      isFlashing={contact !== undefined && flashing.has(contact.id)}
      isOpen={contact !== undefined && contact.id === openId}
      onChoose={(field) => onChoose({ row, field }, contact)}
      onMenu={(at) => contact !== undefined && onMenu(contact, at)}
    />
  )
}

/** Tells the list which rows are on the screen. */
function useRowsOnScreen(rows: BoardRows, { first, last }: { first: number; last: number }): void {
  useEffect(() => rows.look(first, last), [rows, first, last])
}

/** Follows rows that came in above the screen: neither what the user reads nor the active cell moves. */
function useShift(
  listKey: string,
  shift: number,
  scrollByRows: (rows: number) => void,
  setActive: (change: (cell: Cell) => Cell) => void,
): void {
  const followed = useRef({ listKey, shift })
  useLayoutEffect(() => {
    const by = followed.current.listKey === listKey ? shift - followed.current.shift : 0
    followed.current = { listKey, shift }
    if (by === 0) return
    scrollByRows(by)
    setActive((cell) => ({ ...cell, row: Math.max(0, cell.row + by) }))
  })
}

function contactIn(listed: ListedRow | null): Contact | undefined {
  return listed?.kind === 'contact' ? listed.contact : undefined
}

function contactsOf(
  shown: readonly { readonly row: number; readonly listed: ListedRow | null }[],
): ReadonlyMap<number, Contact> {
  return new Map(
    shown.flatMap(({ row, listed }) => {
      const contact = contactIn(listed)
      return contact === undefined ? [] : [[row, contact] as const]
    }),
  )
}

/** The heading of a board, which says the order of its contacts: the boards together have none. */
function headingOf(
  { boardId, contacts, isEstimate }: Segment,
  boards: readonly Board[],
  { sortBy, sortOrder }: ListQuestion,
): { readonly name: string; readonly more: string } {
  const name = boards.find(({ id }) => id === boardId)?.name ?? boardId
  const field = sortOptions.find(({ value }) => value === sortBy)?.title ?? sortBy
  const order = orderOptions.find(({ value }) => value === sortOrder)?.title ?? sortOrder
  const count = `${isEstimate ? 'about ' : ''}${formatThings(contacts, 'contact')}`
  return { name, more: ` · ${count} · by ${field.toLowerCase()}, ${order.toLowerCase()}` }
}

/** The text of the active cell, which may be cut off above, and its place in the list. */
function GridFoot({ whole, row, rows }: { whole: string; row: number; rows: number }) {
  return (
    <>
      <p className="grid-whole">
        <bdi>{whole}</bdi>
      </p>
      <p className="quiet small grid-foot">
        Row {formatCount(rows === 0 ? 0 : row + 1)} of {formatCount(rows)}. Arrow keys, Page Up, Page Down,
        Home and End move; with Ctrl to the first and the last contact. Enter opens a contact, Shift+F10 has
        more.
      </p>
    </>
  )
}

/** The text of the active cell, which may be cut off in the cell. */
function wholeText(listed: ListedRow | null, field: number, boards: readonly Board[]): string {
  const contact = contactIn(listed)
  return contact === undefined ? '' : (fields[field]?.text(contact, boards) ?? '')
}
