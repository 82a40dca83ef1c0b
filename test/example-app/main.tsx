import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { StrictMode, useEffect, useMemo, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { createBoardcache } from '../../worker/client/index.ts'
import { BoardcacheProvider } from '../../worker/client/react/index.ts'
import { BoardScreen } from './board-screen.tsx'
import { type SignIn, SignInForm, signInFromHash } from './sign-in.tsx'

const root = document.getElementById('app')
if (root !== null)
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  )

function App() {
  const [signIn, setSignIn] = useState(() => signInFromHash(location.hash))
  if (signIn === null) return <SignInForm onSignIn={setSignIn} />
  return <SignedIn signIn={signIn} onSignOut={() => setSignIn(null)} />
}

function SignedIn({ signIn, onSignOut }: { readonly signIn: SignIn; readonly onSignOut: () => void }) {
  const queryClient = useMemo(() => new QueryClient(), [])
  const client = useMemo(() => createBoardcache({ ...signIn, debug: true }), [signIn])
  useEffect(() => {
    // Tests count what a page sends, and look at its cache.
    Object.assign(window, { client, queryClient })
  }, [client, queryClient])
  const leave = async () => {
    await client.signOut()
    queryClient.clear()
    location.hash = ''
    onSignOut()
  }
  return (
    <QueryClientProvider client={queryClient}>
      <BoardcacheProvider client={client}>
        <BoardScreen boardId={signIn.boardId} onSignOut={() => void leave()} />
      </BoardcacheProvider>
    </QueryClientProvider>
  )
}
