import { useQueries } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import type { z } from 'zod'
import { limits } from '../../../../shared/limits.ts'
import { contactListAnswerSchema } from '../../../../shared/resources/contacts/contact-list.ts'
import { usePlace } from '../place.ts'
import type { Found, Segment } from './found-rows.ts'
import { type ListQuestion, listPath } from './list-question.ts'

export type Page = z.output<typeof contactListAnswerSchema> & { readonly durationMs: number }

const perPage = limits.perPageMax
/** The number of rows of one board that page numbers can reach. */
const rowsMax = limits.pageMax * perPage

/** A page of a board, by its number from 1. */
export interface PageRef {
  readonly boardId: string
  readonly page: number
}

/**
 * The segments of the list. The first page of each board says how many contacts it has; if that is an estimate, `found`
 * corrects it.
 */
export function useSegments(
  boardIds: readonly string[],
  question: ListQuestion,
  found: ReadonlyMap<string, Found>,
) {
  const optionsOf = usePageOptions(question)
  return useQueries({
    queries: boardIds.map((boardId) => optionsOf({ boardId, page: 1 })),
    combine(results) {
      let firstRow = 0
      const segments = results.map(({ data }, index): Segment => {
        const boardId = boardIds[index] ?? ''
        const beganAsEstimate = data?.pagination.total_is_estimate === true
        const first = { rows: data?.pagination.total ?? 0, isEstimate: beganAsEstimate }
        const { rows, isEstimate } = (beganAsEstimate ? found.get(boardId) : undefined) ?? first
        const segment = { boardId, firstRow, rows: Math.min(rows, rowsMax), isEstimate, beganAsEstimate }
        firstRow += segment.rows
        return segment
      })
      return {
        segments,
        rows: firstRow,
        isPending: results.some(({ isPending }) => isPending),
        isEstimate: segments.some(({ isEstimate }) => isEstimate),
        error: results.find(({ error }) => error !== null)?.error ?? null,
        retry: () => void Promise.all(results.map(({ refetch }) => refetch())),
      }
    },
  })
}

/**
 * The pages that contain the rows in view. A page is loaded once scrolling rests, and cancelled when it is scrolled
 * past.
 */
export function usePages(inView: readonly PageRef[], question: ListQuestion) {
  const wanted = useRested(inView)
  const optionsOf = usePageOptions(question)
  return useQueries({
    queries: wanted.map((ref) => optionsOf(ref)),
    combine: (results) => ({
      pages: new Map(
        results.flatMap(({ data }, index) => {
          const ref = wanted[index]
          return data === undefined || ref === undefined ? [] : [[pageKey(ref), data] as const]
        }),
      ),
      error: results.find(({ error }) => error !== null)?.error ?? null,
      retry: () => void Promise.all(results.map(({ refetch }) => refetch())),
    }),
  })
}

export function pageKey({ boardId, page }: PageRef): string {
  return `${boardId} ${page}`
}

/** The page that contains a row, and the row's position on it; null past the end. */
export function pageOf(
  segments: readonly Segment[],
  row: number,
): (PageRef & { readonly index: number }) | null {
  const segment = segments.find(({ firstRow, rows }) => row >= firstRow && row < firstRow + rows)
  if (segment === undefined) return null
  const within = row - segment.firstRow
  return { boardId: segment.boardId, page: Math.floor(within / perPage) + 1, index: within % perPage }
}

function usePageOptions(question: ListQuestion) {
  const { api, workspace } = usePlace()
  return ({ boardId, page }: PageRef) => ({
    queryKey: ['page', workspace.id, boardId, question, page],
    // TanStack Query aborts the signal when the page is out of view.
    queryFn: async ({ signal }: { signal: AbortSignal }): Promise<Page> => {
      const path = listPath(boardId, question, { page: String(page), per_page: String(perPage) })
      const { data, durationMs } = await api.fetch(contactListAnswerSchema, {
        path,
        workspaceId: workspace.id,
        signal,
      })
      return { ...data, durationMs }
    },
  })
}

const restMs = 70

/**
 * The pages in view after they have stayed in view for a moment: a drag across a thousand pages loads only the last
 * ones.
 */
function useRested(inView: readonly PageRef[]): readonly PageRef[] {
  const [rested, setRested] = useState(inView)
  const key = inView.map(pageKey).join(' ')
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key says whether the pages are others
  useEffect(() => {
    const timer = setTimeout(() => setRested(inView), restMs)
    return () => clearTimeout(timer)
  }, [key])
  // The first pages are loaded at once and then count as rested, since a drag may begin before the pause is over.
  const isFirst = rested.length === 0 && inView.length > 0
  if (isFirst) setRested(inView)
  return isFirst ? inView : rested
}
