import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { createContext, createElement, type ReactNode, useContext, useEffect } from 'react'
import type { Boardcache } from '../index.ts'

const context = createContext<Boardcache | null>(null)

/** Gives a client to all hooks below it. It stands within TanStack Query's `QueryClientProvider`. */
export function BoardcacheProvider({
  client,
  children,
}: {
  readonly client: Boardcache
  readonly children?: ReactNode
}) {
  const queryClient = useQueryClient()
  useEffect(() => connectQueryClient(client, queryClient), [client, queryClient])
  return createElement(context, { value: client }, children)
}

/** The client of the provider above. */
export function useBoardcache(): Boardcache {
  const client = useContext(context)
  if (client === null) throw new Error('there is no BoardcacheProvider above this component')
  return client
}

/**
 * Puts every change that the client hears of into TanStack Query's cache, for the queries that are there. Answers a function that ends it.
 * `BoardcacheProvider` does this; an application without React, or one that renders on a server, does it itself.
 */
export function connectQueryClient(client: Boardcache, queryClient: QueryClient): () => void {
  return client.onAnswer((key, { data }) => {
    if (data !== undefined && queryClient.getQueryState(key) !== undefined)
      queryClient.setQueryData(key, data)
  })
}
