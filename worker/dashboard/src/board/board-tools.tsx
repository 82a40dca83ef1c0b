import './board-tools.css'
import type { Board } from '../api/directory.ts'
import { useChoices } from '../routing.ts'
import { FilterChips } from './chips/filter-chips.tsx'
import { BoardViewSwitch } from './columns/board-view-switch.tsx'
import { type ListQuestion, parametersOf } from './list-question.ts'
import { SavedFiltersMenu } from './saved/saved-filters-menu.tsx'
import { BoardMenu } from './taking/board-menu.tsx'

interface BoardToolsProps {
  /** Those that are shown. */
  readonly boards: readonly Board[]
  readonly hasAllBoards: boolean
  readonly question: ListQuestion
}

/** Which contacts are shown and how, and what can be taken away of them. */
export function BoardTools({ boards, hasAllBoards, question }: BoardToolsProps) {
  const { choose } = useChoices()
  return (
    <div className="board-tools">
      <FilterChips
        {...{ boards, hasAllBoards, question }}
        onChoose={(filter) => choose(parametersOf({ ...question, filter }))}
      />
      <div className="board-tools-row">
        <BoardViewSwitch />
        <SavedFiltersMenu />
        <BoardMenu boards={boards} question={question} />
      </div>
    </div>
  )
}
