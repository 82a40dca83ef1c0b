import { useEffect, useMemo, useState } from 'react'
import { useCounts } from '../../../../client/react/index.ts'
import type { Board } from '../../api/directory.ts'
import { useBoardClient } from '../board-client.tsx'
import { filterOptions, pageOptionsOf, plainQuestion } from '../list-question.ts'
import { type FilterName, filtersToCount, workspaceCountOf } from './filter-counts.ts'

/** A number of contacts. Of a filter with very many matches the API may only estimate it. */
export interface FilterCount {
  readonly contacts: number
  readonly isEstimate: boolean
}

const names: readonly FilterName[] = filterOptions.map(({ value }) => value)

/**
 * How many contacts each filter finds on the boards, without a search, as the database changes. Those of all boards are one answer of the
 * API. A single board is asked for each filter that finds anything in the workspace, since only lists are counted by board.
 */
export function useFilterCounts(
  boards: readonly Board[],
  hasAllBoards: boolean,
  columnId: string,
): ReadonlyMap<FilterName, FilterCount> {
  const { data } = useCounts()
  const only = boards.length === 1 ? boards[0] : undefined
  const isWhole = hasAllBoards && columnId === ''
  const counted = data === undefined || isWhole ? noFilters : filtersToCount(data, names)
  const onBoard = useTotals(only?.id ?? null, columnId, counted)
  return useMemo(() => {
    if (data === undefined) return new Map()
    return new Map(
      names.flatMap((name) => {
        const contacts = workspaceCountOf(data, name)
        if (isWhole || contacts === 0) return [[name, { contacts, isEstimate: false }] as const]
        const found = onBoard.get(name)
        return found === undefined ? [] : [[name, found] as const]
      }),
    )
  }, [data, isWhole, onBoard])
}

const noFilters: readonly FilterName[] = []

/** The totals of the lists of a board, each by a page of one row. */
function useTotals(
  boardId: string | null,
  columnId: string,
  filters: readonly FilterName[],
): ReadonlyMap<FilterName, FilterCount> {
  const client = useBoardClient()
  const [totals, setTotals] = useState<ReadonlyMap<FilterName, FilterCount>>(new Map())
  const key = filters.join(' ')
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key says which filters they are
  useEffect(() => {
    if (boardId === null) return
    const stops = filters.map((filter) => {
      const options = { ...pageOptionsOf({ ...plainQuestion, filter, columnId }), perPage: 1 }
      const query = client.board(boardId).page(1, options)
      const take = () => {
        const pagination = query.peek().data?.pagination
        if (pagination === undefined) return
        const count = { contacts: pagination.total, isEstimate: pagination.total_is_estimate === true }
        setTotals((before) => {
          const known = before.get(filter)
          const isSame = known?.contacts === count.contacts && known.isEstimate === count.isEstimate
          return isSame ? before : new Map(before).set(filter, count)
        })
      }
      take()
      return query.subscribe(take)
    })
    return () => {
      for (const stop of stops) stop()
      setTotals(new Map())
    }
  }, [client, boardId, columnId, key])
  return totals
}
