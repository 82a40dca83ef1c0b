import { type KeyboardEvent, useMemo, useRef, useState } from 'react'
import { formatCount } from '../parts/format.ts'
import { useBoards } from '../place.ts'
import { ActivityRow } from './activity-row.tsx'
import type { ActivityItem } from './feed.ts'
import { placeNames } from './place-names.ts'

/** The rows in sight at once. Ten thousand items are a hundred pages, and no page is slow. */
const rowsPerPage = 100

interface ActivityListProps {
  readonly items: readonly ActivityItem[]
  /** How to load what lies further back; null at the end. */
  readonly older: { readonly isLoading: boolean; load(): void } | null
}

/** The items in pages. The arrow keys go from row to row, Home and End to the first and the last one. */
export function ActivityList({ items, older }: ActivityListProps) {
  const [page, setPage] = useState(0)
  const boards = useBoards().data
  const names = useMemo(() => placeNames(boards ?? []), [boards])
  const list = useRef<HTMLOListElement>(null)
  const first = page * rowsPerPage
  const shown = items.slice(first, first + rowsPerPage)
  const hasNext = items.length > first + rowsPerPage

  function goTo(next: number) {
    setPage(next)
    list.current?.closest('.panel')?.scrollIntoView({ block: 'start' })
  }
  function byKey(event: KeyboardEvent) {
    const rows = [...(list.current?.querySelectorAll<HTMLElement>('.activity-head') ?? [])]
    const { activeElement } = document
    const at = activeElement instanceof HTMLElement ? rows.indexOf(activeElement) : -1
    const to = rowAfter(event.key, at, rows.length)
    if (at < 0 || to === null) return
    event.preventDefault()
    rows[to]?.focus()
  }

  return (
    <>
      {items.length === 0 && (
        <p className="empty">
          {older === null ? 'Nothing has happened that fits.' : 'Nothing that fits has been found so far.'}
        </p>
      )}
      <ol
        ref={list}
        className="activity-list"
        aria-label="Activity, the newest first"
        start={first + 1}
        onKeyDown={byKey}
      >
        {shown.map((item) => (
          <ActivityRow key={item.id} item={item} names={names} />
        ))}
      </ol>
      <div className="row activity-pages">
        {page > 0 && (
          <button type="button" onClick={() => goTo(page - 1)}>
            Newer
          </button>
        )}
        {hasNext && (
          <button type="button" onClick={() => goTo(page + 1)}>
            Older
          </button>
        )}
        {!hasNext && older !== null && (
          <button type="button" disabled={older.isLoading} onClick={() => older.load()}>
            {older.isLoading ? 'Looking further back …' : 'Look further back'}
          </button>
        )}
        {items.length > 0 && (
          <span className="quiet small">
            {formatCount(first + 1)} to {formatCount(first + shown.length)} of {formatCount(items.length)}{' '}
            that are loaded{older === null ? ', which is everything' : ''}
          </span>
        )}
      </div>
    </>
  )
}

function rowAfter(key: string, at: number, rows: number): number | null {
  if (key === 'ArrowDown') return Math.min(at + 1, rows - 1)
  if (key === 'ArrowUp') return Math.max(at - 1, 0)
  if (key === 'Home') return 0
  return key === 'End' ? rows - 1 : null
}
