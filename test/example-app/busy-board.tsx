import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { createRoot } from 'react-dom/client'
import { createBoardcacheOn } from '../../worker/client/boardcache.ts'
import { browserPlatform } from '../../worker/client/browser-platform.ts'
import { lazyParts } from '../../worker/client/lazy-parts.ts'
import { BoardcacheProvider } from '../../worker/client/react/index.ts'
import { BoardScreen } from './board-screen.tsx'
import { BusyWorld } from './busy-world.ts'

/** The example with a busy board within the page, whose half an hour takes some seconds. */
const world = new BusyWorld()
const client = createBoardcacheOn(world.on(browserPlatform()), lazyParts, {
  url: 'http://busy.example',
  workspaceId: '15213',
  token: 'a token that the world does not read',
  userId: 'user_1',
})
Object.assign(window, { world, client })

const root = document.getElementById('app')
if (root !== null)
  createRoot(root).render(
    <QueryClientProvider client={new QueryClient()}>
      <BoardcacheProvider client={client}>
        <BoardScreen boardId="board_123" onSignOut={() => {}} />
      </BoardcacheProvider>
    </QueryClientProvider>,
  )
