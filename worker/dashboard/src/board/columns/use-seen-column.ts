import { useEffect } from 'react'
import type { VirtualBoard } from '../../../../client/react/index.ts'
import { useBoardClient } from '../board-client.tsx'
import { type ListQuestion, pageOptionsOf } from '../list-question.ts'
import type { ColumnsOnScreen } from './columns-on-screen.ts'

/** The contacts of a page of a column. */
export const columnPerPage = 50

interface SeenGiven {
  readonly boardId: string
  readonly column: { readonly id: string }
  readonly question: ListQuestion
  readonly onScreen: ColumnsOnScreen
}

/** Tells the head of the board how this column is, with the pages of its cards in view. */
export function useSeenColumn(
  { boardId, column, question, onScreen }: SeenGiven,
  { state, version }: Pick<VirtualBoard, 'state' | 'version'>,
  inView: readonly { readonly row: number }[],
): void {
  const client = useBoardClient()
  const pageOf = (row: number) => Math.floor(row / columnPerPage) + 1
  const first = pageOf(inView[0]?.row ?? 0)
  const last = pageOf(inView.at(-1)?.row ?? 0)
  const columnId = column.id
  useEffect(() => {
    const options = { ...pageOptionsOf({ ...question, columnId }), perPage: columnPerPage }
    const numbers = Array.from({ length: last - first + 1 }, (_, at) => first + at)
    const answers = () => numbers.map((number) => client.board(boardId).page(number, options).peek())
    onScreen.see(columnId, { state, version, answers })
  }, [client, boardId, columnId, question, onScreen, state, version, first, last])
  useEffect(() => () => onScreen.leave(columnId), [onScreen, columnId])
}
