import { useEffect, useMemo, useState, useSyncExternalStore } from 'react'
import type { Contact, PageOptions } from '../index.ts'
import type { RowsByIndex, RowsView } from '../pages/rows-by-index.ts'
import { useBoardcache } from './provider.ts'

/** The rows of a board by their index, and a function that says which of them are on the screen. */
export type VirtualBoard = RowsView<Contact> & {
  /** Takes the indexes of the first and the last row on the screen. Call it whenever they change. */
  look(first: number, last: number): void
}

const loading: RowsView<Contact> = {
  ...{ state: 'loading', version: null, total: 0, isEstimate: true, shift: 0, error: null },
  row: () => undefined,
}

/**
 * A whole board, of up to millions of rows, for a virtual list. Rows of different pages are shown together only as the list of one version
 * (RowsView has the rule). What holds them together is loaded when this hook is first used, at the same time as the first page.
 */
export function useVirtualBoard(boardId: string, { perPage = 50, ...given }: PageOptions = {}): VirtualBoard {
  const client = useBoardcache()
  const options = { ...given, perPage }
  const first = client.board(boardId).page(1, options)
  const [rows, setRows] = useState<RowsByIndex<Contact> | null>(null)
  const [error, setError] = useState<Error | null>(null)
  const range = useMemo(() => ({ first: 0, last: 0, path: first.path }), [first.path])
  // biome-ignore lint/correctness/useExhaustiveDependencies: the path of the first page says which board it is, with which options
  useEffect(() => {
    let isGone = false
    let made: RowsByIndex<Contact> | undefined
    client.preload(first)
    void import('../pages/rows-by-index.ts').then(({ RowsByIndex }) => {
      if (isGone) return
      made = new RowsByIndex({
        perPage,
        page: (number) => client.board(boardId).page(number, options),
        schedule(act, delayMs) {
          const timer = setTimeout(act, delayMs)
          return () => clearTimeout(timer)
        },
      })
      made.look(range.first, range.last)
      setRows(made)
    }, setError)
    return () => {
      isGone = true
      made?.close()
      setRows(null)
    }
  }, [client, first.path])
  const view = useSyncExternalStore(
    rows?.subscribe ?? noSubscription,
    rows?.view ?? (() => loading),
    () => loading,
  )
  return useMemo(
    () => ({
      ...view,
      error: view.error ?? error,
      look(from, to) {
        range.first = from
        range.last = to
        rows?.look(from, to)
      },
    }),
    [view, rows, range, error],
  )
}

const noSubscription = () => () => {}
