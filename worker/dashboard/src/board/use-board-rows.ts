import { useEffect, useState, useSyncExternalStore } from 'react'
import { limits } from '../../../../shared/limits.ts'
import { useBoardClient } from './board-client.tsx'
import { BoardRows, type ListView } from './board-rows.ts'
import { type ListQuestion, pageOptionsOf } from './list-question.ts'

const perPage = limits.perPageMax
/** The rows that a screen has before it is known how high it is. */
const firstRows = 30

interface ShownRows {
  /** Says which list it is: another one begins at its first row. */
  readonly key: string
  readonly question: ListQuestion
  readonly rows: BoardRows
}

interface UsedBoardRows {
  readonly shown: ShownRows | null
  readonly view: ListView
  /** The rows answer an earlier question. Those of the present one are on their way. */
  readonly isEarlier: boolean
}

/** The contacts of boards that answer a question. The rows before stay until the new ones are there. */
export function useBoardRows(boardIds: readonly string[], question: ListQuestion): UsedBoardRows {
  const client = useBoardClient()
  const [shown, setShown] = useState<ShownRows | null>(null)
  const [next, setNext] = useState<ShownRows | null>(null)
  const key = JSON.stringify([boardIds, question])
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key says which boards and which question they are
  useEffect(() => {
    const options = { ...pageOptionsOf(question), perPage }
    const rows = new BoardRows({
      boardIds,
      perPage,
      contactsMax: limits.pageMax * perPage,
      page: (boardId, number) => client.board(boardId).page(number, options),
      schedule(act, delayMs) {
        const timer = setTimeout(act, delayMs)
        return () => clearTimeout(timer)
      },
    })
    rows.look(0, firstRows)
    setNext({ key, question, rows })
    return () => rows.close()
  }, [client, key])
  const nextView = useSyncExternalStore(next?.rows.subscribe ?? noSubscription, next?.rows.view ?? noView)
  const isNextReady = next !== null && nextView?.isReady === true
  // While the next list is on its way, the one before stays as it was last.
  if (isNextReady && shown !== next) setShown(next)
  const current = isNextReady ? next : shown
  const view = isNextReady ? nextView : (shown?.rows.view() ?? nextView)
  return { shown: current, view: view ?? nothing, isEarlier: current !== null && current.key !== key }
}

const noSubscription = () => () => {}
const noView = () => null

const nothing: ListView = {
  ...{ state: 'loading', isReady: false, segments: [], rows: 0, contacts: 0, isEstimate: false },
  ...{ version: null, shift: 0, error: null },
  at: () => null,
}
