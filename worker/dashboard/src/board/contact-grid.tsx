import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import type { Board } from '../api/directory.ts'
import { formatCount } from '../parts/format.ts'
import { FailureNotice } from '../parts/notice.tsx'
import { fields, type SortBy } from './contact-fields.ts'
import { ContactRow } from './contact-row.tsx'
import { type Found, foundBy, type Segment } from './found-rows.ts'
import { type Cell, moved } from './grid-keys.ts'
import type { ListQuestion } from './list-question.ts'
import { PagesInView } from './pages-in-view.tsx'
import { type Page, type PageRef, pageKey, pageOf, usePages } from './use-pages.ts'
import { useRowScroll } from './use-row-scroll.ts'

const rowHeightPx = 34

interface GridProps {
  readonly boards: readonly Board[]
  readonly segments: readonly Segment[]
  readonly rows: number
  readonly question: ListQuestion
  onSort(question: ListQuestion): void
  /** Called when pages in view show that a board has another number of rows than estimated. */
  onFound(found: ReadonlyMap<string, Found>): void
}

/**
 * All contacts in one scroll: the page contains only the rows in view, and only their pages are loaded. The grid is one
 * tab stop, within which the arrow keys move (WAI-ARIA grid pattern).
 */
export function ContactGrid({ boards, segments, rows, question, onSort, onFound }: GridProps) {
  const scroller = useRef<HTMLDivElement>(null)
  const [chosen, setActive] = useState<Cell>({ row: 0, field: 0 })
  // The list may have become shorter since the cell was chosen.
  const active = { ...chosen, row: Math.min(chosen.row, rows - 1) }
  const { inView, heightPx, scrollToRow } = useRowScroll(scroller, rows, rowHeightPx)
  const refs = pageRefs(
    segments,
    inView.map(({ row }) => row),
  )
  const { pages, error, retry } = usePages(refs, question)
  useEffect(() => {
    const found = foundInView(segments, refs, pages)
    if (found.size > 0) onFound(found)
  })

  function onKeyDown(event: KeyboardEvent) {
    const pageRows = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / rowHeightPx) - 2)
    const next = moved(active, event, { rows, fields: fields.length, pageRows })
    if (next === null) return
    event.preventDefault()
    setActive(next)
    scrollToRow(next.row)
  }

  return (
    <section className="panel board" aria-label="Contacts">
      <PagesInView refs={refs} pages={pages} boards={boards} />
      {error !== null && <FailureNotice error={error} retry={retry} />}
      <div
        ref={scroller}
        className="grid"
        role="grid"
        aria-label="Contacts"
        aria-rowcount={rows + 1}
        aria-colcount={fields.length}
        aria-activedescendant={`cell-${active.row}-${active.field}`}
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        <Heads question={question} isOneBoard={boards.length === 1} onSort={onSort} />
        <div className="grid-body" role="rowgroup" style={{ blockSize: `${heightPx}px` }}>
          {inView.map(({ row, offsetPx }) => {
            const ref = pageOf(segments, row)
            const page = ref === null ? undefined : pages.get(pageKey(ref))
            return (
              <ContactRow
                key={row}
                row={row}
                offsetPx={offsetPx}
                contact={ref === null ? undefined : page?.contacts[ref.index]}
                source={page?._cache.source ?? null}
                boards={boards}
                activeField={row === active.row ? active.field : null}
                onChoose={(field) => setActive({ row, field })}
              />
            )
          })}
        </div>
      </div>
      <Foot whole={wholeText(segments, pages, active, boards)} row={active.row} rows={rows} />
    </section>
  )
}

/** The text of the active cell, which may be cut off above, and its place in the list. */
function Foot({ whole, row, rows }: { whole: string; row: number; rows: number }) {
  return (
    <>
      <p className="grid-whole">
        <bdi>{whole}</bdi>
      </p>
      <p className="quiet small grid-foot">
        Row {formatCount(rows === 0 ? 0 : row + 1)} of {formatCount(rows)}. Arrow keys, Page Up, Page Down,
        Home and End move; with Ctrl to the first and the last contact.
      </p>
    </>
  )
}

/** The text of the active cell, which may be cut off in the cell. */
function wholeText(
  segments: readonly Segment[],
  pages: ReadonlyMap<string, Page>,
  active: Cell,
  boards: readonly Board[],
): string {
  const ref = pageOf(segments, active.row)
  const contact = ref === null ? undefined : pages.get(pageKey(ref))?.contacts[ref.index]
  return contact === undefined ? '' : (fields[active.field]?.text(contact, boards) ?? '')
}

interface HeadsProps extends Pick<GridProps, 'question' | 'onSort'> {
  /** With several boards the rows are sorted within each of them, so the column as a whole is not. */
  readonly isOneBoard: boolean
}

function Heads({ question, isOneBoard, onSort }: HeadsProps) {
  function sort(sortBy: SortBy) {
    const isSame = question.sortBy === sortBy
    const opposite = question.sortOrder === 'asc' ? 'desc' : 'asc'
    onSort({ ...question, sortBy, sortOrder: isSame ? opposite : sortBy === 'name' ? 'asc' : 'desc' })
  }
  return (
    <div className="grid-row grid-heads" role="row" aria-rowindex={1}>
      {fields.map(({ title, className, sortBy }, index) => {
        const isSorted = sortBy !== undefined && question.sortBy === sortBy
        const direction = question.sortOrder === 'asc' ? 'ascending' : 'descending'
        return (
          <div
            key={title}
            role="columnheader"
            aria-colindex={index + 1}
            aria-sort={isSorted && isOneBoard ? direction : undefined}
            className={`grid-cell ${className}`}
            // The grid is the tab stop. The menus above offer sorting as well.
            tabIndex={-1}
          >
            {sortBy === undefined ? (
              title
            ) : (
              <button type="button" tabIndex={-1} className="head-sort" onClick={() => sort(sortBy)}>
                {title}{' '}
                {isSorted && (
                  <span aria-hidden="true" title={isOneBoard ? undefined : 'Within each board'}>
                    {direction === 'ascending' ? '▲' : '▼'}
                    {!isOneBoard && ' each board'}
                  </span>
                )}
              </button>
            )}
          </div>
        )
      })}
    </div>
  )
}

/** The boards whose estimated number of rows is corrected by a page in view. */
function foundInView(
  segments: readonly Segment[],
  refs: readonly PageRef[],
  pages: ReadonlyMap<string, Page>,
): Map<string, Found> {
  const all = new Map<string, Found>()
  for (const ref of refs) {
    const page = pages.get(pageKey(ref))
    const segment = segments.find(({ boardId }) => boardId === ref.boardId)
    const found = page === undefined || segment === undefined ? null : foundBy(segment, page.pagination)
    if (found !== null && ref.page > 1) all.set(ref.boardId, found)
  }
  return all
}

/** The pages that contain the rows, each once. */
function pageRefs(segments: readonly Segment[], rowsInView: readonly number[]): PageRef[] {
  const refs = new Map<string, PageRef>()
  for (const row of rowsInView) {
    const ref = pageOf(segments, row)
    if (ref !== null) refs.set(pageKey(ref), { boardId: ref.boardId, page: ref.page })
  }
  return [...refs.values()]
}
