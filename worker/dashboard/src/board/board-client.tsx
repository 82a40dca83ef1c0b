import { type ReactNode, useEffect } from 'react'
import { type Boardcache, createBoardcache } from '../../../client/index.ts'
import { BoardcacheProvider, useBoardcache } from '../../../client/react/index.ts'
import type { Auth } from '../auth/session.ts'
import { usePlace } from '../place.ts'

/** How long the client outlives the view, so that a user who comes back finds the board as it was. */
const restMs = 60_000

interface Kept {
  readonly key: string
  readonly client: Boardcache
  /** Ends the client, and everything that it keeps in memory. */
  close(): void
}

let kept: Kept | null = null
let rest: ReturnType<typeof setTimeout> | undefined

/**
 * Gives the browser client to everything below it: one for the session and its workspace, which is what `useBoardClient` answers.
 *
 * Its tokens are the session's, and a token that the API refuses is renewed with all other requests of the page. It keeps contacts in memory alone,
 * because a session ends with its last tab, when nobody could remove them from the disk. It ends with the session.
 */
export function BoardClientProvider({ children }: { readonly children?: ReactNode }) {
  const { auth, user, workspace } = usePlace()
  const key = `${user.id} ${workspace.id}`
  const client = clientOf(key, { auth, userId: user.id, workspaceId: workspace.id })
  useEffect(() => {
    clearTimeout(rest)
    return () => {
      rest = setTimeout(() => kept?.key === key && kept.close(), restMs)
    }
  }, [key])
  return <BoardcacheProvider client={client}>{children}</BoardcacheProvider>
}

/** The client of the workspace that is shown. */
export const useBoardClient: () => Boardcache = useBoardcache

interface Holder {
  readonly auth: Auth
  readonly userId: string
  readonly workspaceId: string
}

function clientOf(key: string, { auth, userId, workspaceId }: Holder): Boardcache {
  if (kept?.key === key) return kept.client
  kept?.close()
  const client = createBoardcache({
    url: window.location.origin,
    workspaceId,
    userId,
    storage: false,
    token: async ({ refused }) => {
      const token = refused === null ? await auth.current() : await auth.renewed(refused)
      if (token === null) throw new Error('nobody is signed in')
      return token
    },
  })
  const stops: (() => void)[] = []
  const mine: Kept = {
    key,
    client,
    close() {
      for (const stop of stops) stop()
      client.close()
      if (kept === mine) kept = null
    },
  }
  kept = mine
  stops.push(
    // The client has had the token renewed once. If the API refuses the new one too, the session is over.
    client.onAnswer((_key, { error }) => {
      if (error?.status === 401) auth.end(error.message)
    }),
    auth.onChange((signedIn) => {
      if (signedIn?.id !== userId) mine.close()
    }),
  )
  return client
}
