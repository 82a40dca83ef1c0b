import { useQuery } from '@tanstack/react-query'
import { createContext, useContext } from 'react'
import type { ApiClient } from './api/api-client.ts'
import type { Board, Directory, Workspace } from './api/directory.ts'
import type { Auth, User } from './auth/session.ts'

/** The user and the workspace, which every view needs. */
interface Place {
  readonly auth: Auth
  readonly user: User
  readonly api: ApiClient
  readonly directory: Directory
  readonly workspace: Workspace
  /** Whether the user is an admin of any workspace, as operators are of one. */
  readonly mayOperate: boolean
}

export const PlaceContext = createContext<Place | null>(null)

export function usePlace(): Place {
  const place = useContext(PlaceContext)
  if (place === null) throw new Error('usePlace outside the shell')
  return place
}

/** The boards of the workspace, with their columns in order. */
export function useBoards() {
  const { directory, workspace } = usePlace()
  return useQuery({
    queryKey: ['boards', workspace.id],
    queryFn: async ({ signal }): Promise<Board[]> => {
      const boards = await directory.boards(workspace.id, signal)
      return boards.map((board) => ({
        ...board,
        board_columns: board.board_columns.toSorted((a, b) => a.position - b.position),
      }))
    },
    staleTime: 300_000,
  })
}
