import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { ApiFailure } from './api/failure.ts'
import { type Auth, loadAuth, type User } from './auth/session.ts'
import { SignIn } from './auth/sign-in.tsx'
import { FailureNotice } from './parts/notice.tsx'
import { ShellPlace } from './parts/shell-place.tsx'
import { Shell } from './shell.tsx'

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // While the network is away, a request fails and says so, rather than waiting in silence. It is made again when the network is back.
      networkMode: 'always',
      refetchOnReconnect: true,
      // A request without an answer is tried once more. A refusal is not repeated.
      retry: (failures, error) => failures < 1 && error instanceof ApiFailure && error.status === 0,
      refetchOnWindowFocus: false,
      staleTime: 30_000,
      gcTime: 60_000,
    },
    mutations: { networkMode: 'always' },
  },
})

type Door =
  | { readonly state: 'loading' }
  | { readonly state: 'broken'; readonly error: unknown }
  | { readonly state: 'out'; readonly auth: Auth; readonly message: string | null }
  | { readonly state: 'in'; readonly auth: Auth; readonly user: User }

/** The whole page, signed out or signed in. */
export function App() {
  const door = useDoor()
  const isOut = door.state !== 'in'
  useEffect(() => {
    if (isOut) document.title = 'Sign in · Boardcache'
  }, [isOut])
  if (door.state === 'broken') {
    return (
      <main className="door">
        <FailureNotice error={door.error} retry={() => window.location.reload()} />
      </main>
    )
  }
  if (door.state === 'loading') return <ShellPlace />
  if (door.state === 'out') return <SignIn auth={door.auth} message={door.message} />
  return (
    <QueryClientProvider client={queries}>
      <Shell key={door.user.id} auth={door.auth} user={door.user} />
    </QueryClientProvider>
  )
}

function useDoor(): Door {
  const [door, setDoor] = useState<Door>({ state: 'loading' })
  useEffect(() => {
    let isOver = false
    let stop: (() => void) | null = null
    loadAuth().then(
      (auth) => {
        if (!isOver) stop = auth.onChange((user) => setDoor((before) => after(before, auth, user)))
      },
      (error: unknown) => {
        if (!isOver) setDoor({ state: 'broken', error })
      },
    )
    return () => {
      isOver = true
      stop?.()
    }
  }, [])
  return door
}

function after(before: Door, auth: Auth, user: User | null): Door {
  if (user !== null) {
    // A renewed token is of the same user, who keeps everything that is open.
    const isSame = before.state === 'in' && before.user.id === user.id
    return isSame ? before : { state: 'in', auth, user }
  }
  // The next user must not see any data of the previous one.
  queries.clear()
  return { state: 'out', auth, message: messageAfter(before, auth) }
}

/** Why the user is at the door; null if nothing needs to be said. */
function messageAfter(before: Door, auth: Auth): string | null {
  // The message stays while the user has not signed in again.
  if (before.state === 'out') return before.message
  const reason = auth.endReason()
  if (auth.wasEndedByUser()) return null
  if (before.state !== 'in' && reason === null) return null
  return ['Your session has ended.', reason, 'Sign in again.'].filter((part) => part !== null).join(' ')
}
