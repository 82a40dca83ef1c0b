import './board.css'
import { useMemo, useRef } from 'react'
import type { Board } from '../api/directory.ts'
import { Choice } from '../parts/choice.tsx'
import { formatThings } from '../parts/format.ts'
import { later } from '../parts/later.tsx'
import { FailureNotice, Notice } from '../parts/notice.tsx'
import { Waiting } from '../parts/panel.tsx'
import { useBoards } from '../place.ts'
import { useChoices, useRestOfAddress } from '../routing.ts'
import { BoardClientProvider } from './board-client.tsx'
import { BoardTools } from './board-tools.tsx'
import { failureOfClient } from './client-failure.ts'
import { type BoardShape, shapeIn } from './columns/board-shape.ts'
import { ColumnsPlace } from './columns/columns-place.tsx'
import { ContactGrid } from './contact-grid.tsx'
import { openContactAddress, useContactInAddress } from './contact-panel/contact-address.ts'
import { FreshnessLine } from './freshness-line.tsx'
import {
  type ListQuestion,
  orderOptions,
  parametersOf,
  questionIn,
  searchCharactersMax,
  sortOptions,
} from './list-question.ts'
import { useBoardRows } from './use-board-rows.ts'
import { useRestedSearch } from './use-rested-search.ts'

const ContactPanel = later(async () => (await import('./contact-panel/contact-panel.tsx')).ContactPanel, {
  what: 'the contact',
})

const allBoards = ''
/** No board has this id: ids have no spaces. */
const unknownBoard = ' '

/** "All boards" shows as many as a socket tells about, with the pages on the screen. */
const boardsTogetherMax = 20

/** The contacts of a board, or of all boards one below the other. The address has the board, the question and the contact that is open. */
export function BoardView() {
  return (
    <BoardClientProvider>
      <Boards />
    </BoardClientProvider>
  )
}

function Boards() {
  const boards = useBoards()
  const boardId = useRestOfAddress()
  const { query, choose } = useChoices()
  const question = useMemo(() => questionIn(query), [query])
  if (boards.isPending) return <Waiting what="the boards" />
  if (boards.isError) return <FailureNotice error={boards.error} retry={() => void boards.refetch()} />
  if (boards.data.length === 0) return <Notice tone="info">This workspace has no boards.</Notice>
  const shown = boardId === allBoards ? boards.data : boards.data.filter(({ id }) => id === boardId)
  return (
    <>
      <search className="panel filters">
        <Choice
          label="Board"
          value={shown.length === 0 ? unknownBoard : boardId}
          options={[
            ...(shown.length === 0 ? [{ value: unknownBoard, title: 'Choose a board' }] : []),
            { value: allBoards, title: 'All boards' },
            ...boards.data.map(({ id, name }) => ({ value: id, title: `${name} (${id})` })),
          ]}
          onChange={(chosen) => choose(parametersOf({ ...question, columnId: '' }), { rest: chosen })}
        />
        <Filters
          board={boardId === allBoards ? null : (shown[0] ?? null)}
          question={question}
          onChange={(changed) => {
            // Typing leaves one address, not one for each letter.
            const isTyped = changed.search !== question.search
            choose(parametersOf(changed), { step: isTyped ? 'replace' : 'push' })
          }}
        />
      </search>
      <BoardTools boards={shown} hasAllBoards={boardId === allBoards} question={question} />
      {shown.length === 0 ? (
        <Notice tone="info">
          This workspace has no board <code>{boardId}</code>. Choose another one above.
        </Notice>
      ) : (
        <Contacts
          boards={shown}
          allBoards={boards.data}
          shape={shapeIn(query)}
          question={question}
          onSort={(sorted) => choose(parametersOf(sorted))}
        />
      )}
    </>
  )
}

interface FiltersProps {
  readonly board: Board | null
  readonly question: ListQuestion
  onChange(question: ListQuestion): void
}

function Filters({ board, question, onChange }: FiltersProps) {
  const columns = board?.board_columns ?? []
  return (
    <>
      <label className="field filters-search">
        <span>Search</span>
        <input
          type="search"
          maxLength={searchCharactersMax}
          value={question.search}
          onChange={({ target }) => onChange({ ...question, search: target.value })}
        />
      </label>
      <Choice
        label="Column"
        value={question.columnId}
        disabled={board === null}
        options={[
          { value: '', title: board === null ? 'Needs a board' : 'All columns' },
          ...columns.map(({ id, name }) => ({ value: id, title: name })),
        ]}
        onChange={(columnId) => onChange({ ...question, columnId })}
      />
      <Choice
        label="Sort by"
        value={question.sortBy}
        options={sortOptions.map((option) => ({ ...option, value: String(option.value) }))}
        onChange={(sortBy) => onChange({ ...question, sortBy })}
      />
      <Choice
        label="Order"
        value={question.sortOrder}
        options={orderOptions.map((option) => ({ ...option, value: String(option.value) }))}
        onChange={(sortOrder) => onChange({ ...question, sortOrder })}
      />
    </>
  )
}

interface ContactsProps {
  readonly boards: readonly Board[]
  readonly allBoards: readonly Board[]
  readonly shape: BoardShape
  readonly question: ListQuestion
  onSort(question: ListQuestion): void
}

/** The contacts that answer a question, and beside them the one that is open. */
function Contacts({ boards, allBoards, shape, question, onSort }: ContactsProps) {
  const openId = useContactInAddress()
  const wantsFocus = useRef(false)
  function open(contactId: string, isByKey: boolean) {
    wantsFocus.current = isByKey
    openContactAddress(contactId)
    if (isByKey && contactId === openId) document.getElementById('contact-panel')?.focus()
  }
  const together = boards.slice(0, boardsTogetherMax)
  return (
    <div className={openId === null ? 'board-place' : 'board-place board-place-open'}>
      <div className="board-list">
        {shape === 'list' && boards.length > together.length && (
          <p className="quiet small">
            The first {together.length} of {boards.length} boards. Choose one of the others above.
          </p>
        )}
        {shape === 'columns' ? (
          <ColumnsPlace boards={boards} question={question} />
        ) : (
          <ListedContacts {...{ openId, question, onSort }} boards={together} onOpen={open} />
        )}
      </div>
      {openId !== null && (
        <ContactPanel key={openId} contactId={openId} boards={allBoards} wantsFocus={wantsFocus} />
      )}
    </div>
  )
}

interface ListedContactsProps extends Omit<ContactsProps, 'allBoards' | 'shape'> {
  readonly openId: string | null
  onOpen(contactId: string, isByKey: boolean): void
}

function ListedContacts({ boards, openId, question, onSort, onOpen }: ListedContactsProps) {
  const asked = useRestedSearch(question)
  const { shown, view, isEarlier } = useBoardRows(
    boards.map(({ id }) => id),
    asked,
  )
  if (shown === null) return <Waiting what="the contacts" />
  const { contacts, isEstimate, error } = view
  const count = `${isEstimate ? 'About ' : ''}${formatThings(contacts, 'contact')}`
  return (
    <>
      <div className="list-head">
        <p className="count">{count}</p>
        <FreshnessLine
          read={() => ({ state: view.state, version: view.version, answers: shown.rows.answersOnScreen() })}
          isEarlier={isEarlier}
        />
      </div>
      {error !== null && <FailureNotice error={failureOfClient(error)} retry={() => shown.rows.retry()} />}
      {contacts === 0 ? (
        error === null && <p className="panel empty">No contact matches.</p>
      ) : (
        <section className="panel board" aria-label="Contacts">
          <ContactGrid
            // Another list begins at its first row.
            key={shown.key}
            boards={boards}
            listKey={shown.key}
            rows={shown.rows}
            view={view}
            isEarlier={isEarlier}
            question={shown.question}
            openId={openId}
            onSort={(sorted) => onSort({ ...question, sortBy: sorted.sortBy, sortOrder: sorted.sortOrder })}
            onOpen={onOpen}
          />
        </section>
      )}
    </>
  )
}
