import './board.css'
import { useDeferredValue, useMemo, useState } from 'react'
import type { Board } from '../api/directory.ts'
import { Choice } from '../parts/choice.tsx'
import { formatCount } from '../parts/format.ts'
import { FailureNotice, Notice } from '../parts/notice.tsx'
import { Waiting } from '../parts/panel.tsx'
import { useBoards } from '../place.ts'
import { useChoices, useRestOfAddress } from '../routing.ts'
import { BoardClientProvider } from './board-client.tsx'
import { BoardTools } from './board-tools.tsx'
import { shapeIn } from './columns/board-shape.ts'
import { ColumnsPlace } from './columns/columns-place.tsx'
import { ContactGrid } from './contact-grid.tsx'
import type { Found } from './found-rows.ts'
import {
  type ListQuestion,
  orderOptions,
  parametersOf,
  questionIn,
  searchCharactersMax,
  sortOptions,
} from './list-question.ts'
import { useSegments } from './use-pages.ts'

const allBoards = ''
/** No board has this id: ids have no spaces. */
const unknownBoard = ' '

/** The contacts of a board, or of all boards one below the other. The address has the board and the question. */
export function BoardView() {
  const boards = useBoards()
  const boardId = useRestOfAddress()
  const { query, choose } = useChoices()
  const question = useMemo(() => questionIn(query), [query])
  if (boards.isPending) return <Waiting what="the boards" />
  if (boards.isError) return <FailureNotice error={boards.error} retry={() => void boards.refetch()} />
  if (boards.data.length === 0) return <Notice tone="info">This workspace has no boards.</Notice>
  const shown = boardId === allBoards ? boards.data : boards.data.filter(({ id }) => id === boardId)
  return (
    <BoardClientProvider>
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
      ) : shapeIn(query) === 'columns' ? (
        <ColumnsPlace boards={shown} question={question} />
      ) : (
        <Contacts boards={shown} question={question} onSort={(sorted) => choose(parametersOf(sorted))} />
      )}
    </BoardClientProvider>
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
  readonly question: ListQuestion
  onSort(question: ListQuestion): void
}

function Contacts({ boards, question, onSort }: ContactsProps) {
  // Typing stays responsive: the list follows once React has time for it.
  const settled = useDeferredValue(question)
  const key = JSON.stringify([boards.map(({ id }) => id), settled])
  return <FoundContacts key={key} boards={boards} question={settled} onSort={onSort} />
}

/** The contacts that answer one question, and the row counts found out about them. */
function FoundContacts({ boards, question, onSort }: ContactsProps) {
  const [found, setFound] = useState<ReadonlyMap<string, Found>>(new Map())
  const segments = useSegments(
    boards.map(({ id }) => id),
    question,
    found,
  )
  const { rows, isPending, isEstimate, error, retry } = segments
  if (error !== null) return <FailureNotice error={error} retry={retry} />
  if (isPending) return <Waiting what="the contacts" />
  return (
    <>
      <p className="count" role="status">
        {`${isEstimate ? 'About ' : ''}${formatCount(rows)} contacts`}
      </p>
      {boards.length > 1 && (
        <p className="quiet small board-order">
          One board after the other, each in the order that is chosen. Choose a board to see one order.
        </p>
      )}
      {rows === 0 ? (
        <p className="panel empty">No contact matches.</p>
      ) : (
        <ContactGrid
          boards={boards}
          segments={segments.segments}
          rows={rows}
          question={question}
          onSort={onSort}
          onFound={(more) => setFound((before) => new Map([...before, ...more]))}
        />
      )}
    </>
  )
}
