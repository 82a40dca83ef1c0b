import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import type { PageOptions } from '../../worker/client/index.ts'
import { useCounts, useVirtualBoard } from '../../worker/client/react/index.ts'
import { ContactForm, NewContactForm } from './contact-form.tsx'
import { StatusLine } from './status-line.tsx'

const rowPx = 34

const orders: Readonly<Record<string, PageOptions>> = {
  newest: {},
  name: { sortBy: 'name', sortOrder: 'asc' },
  active: { sortBy: 'last_activity_at' },
}

export function BoardScreen(props: { readonly boardId: string; readonly onSignOut: () => void }) {
  const [order, setOrder] = useState('newest')
  const [selected, setSelected] = useState<string | null>(null)
  const counts = useCounts()
  return (
    <main>
      <header>
        <StatusLine />
        <span>
          <b data-count="total">{counts.data?.total}</b> contacts in all,{' '}
          <b data-count="open">{counts.data?.open}</b> open
        </span>
        <label>
          Order{' '}
          <select value={order} onChange={(event) => setOrder(event.target.value)}>
            {Object.keys(orders).map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <button type="button" onClick={props.onSignOut}>
          Sign out
        </button>
      </header>
      <NewContactForm boardId={props.boardId} />
      {selected !== null && <ContactForm id={selected} key={selected} onGone={() => setSelected(null)} />}
      <BoardList boardId={props.boardId} options={orders[order] ?? {}} onSelect={setSelected} />
    </main>
  )
}

interface ListProps {
  readonly boardId: string
  readonly options: PageOptions
  readonly onSelect: (id: string) => void
}

function BoardList({ boardId, options, onSelect }: ListProps) {
  const scrolled = useRef<HTMLDivElement>(null)
  const board = useVirtualBoard(boardId, options)
  const virtualizer = useVirtualizer({
    count: board.total,
    getScrollElement: () => scrolled.current,
    estimateSize: () => rowPx,
    overscan: 4,
  })
  const { startIndex = 0, endIndex = 0 } = virtualizer.range ?? {}
  const { look, shift } = board
  useEffect(() => look(startIndex, endIndex), [look, startIndex, endIndex])

  // The rows on the screen stay where they are when others come in above them.
  const followed = useRef(shift)
  useLayoutEffect(() => {
    if (scrolled.current !== null) scrolled.current.scrollTop += (shift - followed.current) * rowPx
    followed.current = shift
  }, [shift])

  return (
    <>
      <p data-state={board.state} data-version={board.version}>
        {board.total.toLocaleString('en')} contacts{board.state === 'behind' && ', more on the way'}
        {board.error !== null && `. ${board.error.message}`}
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard scrolls it */}
      <section className="board" ref={scrolled} aria-label="Contacts" tabIndex={0}>
        <div className="rows" style={{ height: virtualizer.getTotalSize() }}>
          {virtualizer.getVirtualItems().map(({ index, start }) => {
            const contact = board.row(index)
            return (
              <button
                type="button"
                className="row"
                key={index}
                style={{ transform: `translateY(${start}px)` }}
                data-index={index}
                data-id={contact?.id}
                onClick={() => contact !== undefined && onSelect(contact.id)}
              >
                <span>{contact?.name ?? '…'}</span>
                <span>{contact?.priority}</span>
                <span>{contact?.board_column_id}</span>
              </button>
            )
          })}
        </div>
      </section>
    </>
  )
}
