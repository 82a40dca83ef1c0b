import type { Board } from '../../api/directory.ts'
import { later } from '../../parts/later.tsx'
import { Notice } from '../../parts/notice.tsx'
import { useChoices } from '../../routing.ts'
import type { ListQuestion } from '../list-question.ts'
import { useRestedSearch } from '../use-rested-search.ts'

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
  const settled = useRestedSearch(question)
  const [only] = boards
  if (only !== undefined && boards.length === 1)
    return (
      <BoardColumns
        key={only.id}
        board={only}
        question={settled}
        isEarlier={settled.search !== question.search}
      />
    )
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
