import { useEffect, useMemo, useState } from 'react'
import type { Board } from '../../api/directory.ts'
import { later } from '../../parts/later.tsx'
import { Notice } from '../../parts/notice.tsx'
import { useChoices } from '../../routing.ts'
import type { ListQuestion } from '../list-question.ts'

const BoardColumns = later(async () => (await import('./board-columns.tsx')).BoardColumns, {
  what: 'the columns',
})

interface ColumnsPlaceProps {
  /** Those that are shown. Columns belong to one board. */
  readonly boards: readonly Board[]
  readonly question: ListQuestion
}

/** The columns of the board that is shown, or the choice of one. */
export function ColumnsPlace({ boards, question }: ColumnsPlaceProps) {
  const { choose } = useChoices()
  const settled = useSettled(question)
  const [only] = boards
  if (only !== undefined && boards.length === 1)
    return <BoardColumns key={only.id} board={only} question={settled} />
  return (
    <Notice tone="info">
      <p>Columns belong to one board. Choose one:</p>
      <span className="row">
        {boards.map(({ id, name }) => (
          <button key={id} type="button" onClick={() => choose({}, { rest: id })}>
            {name}
          </button>
        ))}
      </span>
    </Notice>
  )
}

const restMs = 350

/** The question once its search is typed, since each column asks for itself. */
function useSettled(question: ListQuestion): ListQuestion {
  const [search, setSearch] = useState(question.search)
  useEffect(() => {
    const timer = setTimeout(() => setSearch(question.search), restMs)
    return () => clearTimeout(timer)
  }, [question.search])
  const { filter, columnId, sortBy, sortOrder } = question
  return useMemo(
    () => ({ filter, search, columnId, sortBy, sortOrder }),
    [filter, search, columnId, sortBy, sortOrder],
  )
}
