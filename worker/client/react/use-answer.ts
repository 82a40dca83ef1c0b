import { useQuery } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useSyncExternalStore } from 'react'
import type { Answer, AnswerOf, Boardcache, ContactPage, Counts, PageOptions, Query } from '../index.ts'
import { useBoardcache } from './provider.ts'

/** An answer that stays up to date while the component is there, and a function that asks again. */
export type ShownAnswer<Data> = Answer<Data> & { readonly refetch: () => void }

export interface BoardOptions extends PageOptions {
  /** From 1, which is the default. */
  readonly page?: number
}

/** A page of a board. */
export function useBoard(
  boardId: string,
  { page = 1, ...options }: BoardOptions = {},
): ShownAnswer<ContactPage> {
  return useAnswer((client) => client.board(boardId).page(page, options))
}

/** The counts of the workspace's contacts. */
export function useCounts(): ShownAnswer<Counts> {
  return useAnswer((client) => client.counts())
}

/** A contact with all its fields. */
export function useContact(id: string): ShownAnswer<AnswerOf<'/api/contacts/{id}'>> {
  return useAnswer((client) => client.contact(id))
}

/** Any other query: `useAnswer((client) => client.get('/api/dashboard', {}))`. */
export function useAnswer<Data>(queryOf: (client: Boardcache) => Query<Data>): ShownAnswer<Data> {
  const client = useBoardcache()
  const asked = queryOf(client)
  // Queries of one path are the same, so that a component may name its query again each time it renders.
  // biome-ignore lint/correctness/useExhaustiveDependencies: as said above
  const query = useMemo(() => asked, [client, asked.path])
  const { data, refetch } = useQuery({ ...query.options(), ...alwaysFresh })
  const answer = useSyncExternalStore(
    useCallback((listener) => query.subscribe(listener), [query]),
    () => query.peek(),
    () => query.peek(),
  )
  return useMemo(
    () => ({ ...answer, data: answer.data ?? data, refetch: () => void refetch() }),
    [answer, data, refetch],
  )
}

/** The client itself knows when to ask again, and what to do without a network. */
const alwaysFresh = {
  staleTime: Number.POSITIVE_INFINITY,
  networkMode: 'always',
  retry: false,
  structuralSharing: false,
} as const

/** Reads queries in the background that will probably be shown next: `usePreload((client) => [client.contact(id)])`. */
export function usePreload(queriesOf: (client: Boardcache) => readonly Query<unknown>[]): void {
  const client = useBoardcache()
  const queries = queriesOf(client)
  const paths = queries.map(({ path }) => path).join('\n')
  // biome-ignore lint/correctness/useExhaustiveDependencies: the paths say which queries they are
  useEffect(() => client.preload(...queries), [client, paths])
}
