import { useQuery } from '@tanstack/react-query'
import {
  boardReportSchema,
  hottestSchema,
  workspaceStatisticsSchema,
} from '../../../../shared/contract/figures.ts'
import { usePlace } from '../place.ts'

const everyMs = 15_000

export function useHottest(hours: number) {
  const { api, workspace } = usePlace()
  return useQuery({
    queryKey: ['hottest', workspace.id, hours],
    queryFn: async ({ signal }) => {
      const path = `/api/monitoring/hottest?hours=${hours}`
      return (await api.fetch(hottestSchema, { path, workspaceId: workspace.id, signal })).data
    },
    refetchInterval: everyMs,
  })
}

/** The figures of one board; nothing is asked while no board is chosen. */
export function useBoardReport(workspaceId: string, boardId: string, hours: number) {
  const { api, workspace } = usePlace()
  return useQuery({
    queryKey: ['board-report', workspace.id, workspaceId, boardId, hours],
    queryFn: async ({ signal }) => {
      const query = new URLSearchParams({
        workspace_id: workspaceId,
        board_id: boardId,
        hours: String(hours),
      })
      const path = `/api/monitoring/hottest/board?${query}`
      return (await api.fetch(boardReportSchema, { path, workspaceId: workspace.id, signal })).data
    },
    enabled: workspaceId !== '' && boardId !== '',
    refetchInterval: everyMs,
  })
}

export function useStatistics(hours: number) {
  const { api, workspace } = usePlace()
  return useQuery({
    queryKey: ['statistics', workspace.id, hours],
    queryFn: async ({ signal }) => {
      const path = `/api/workspace/statistics?hours=${hours}`
      return (await api.fetch(workspaceStatisticsSchema, { path, workspaceId: workspace.id, signal })).data
    },
    refetchInterval: everyMs,
  })
}

/** The user's workspaces, by id, as the shell has read them. */
export function useOwnWorkspaces(): ReadonlyMap<string, { readonly name: string; readonly role: string }> {
  const { directory, user } = usePlace()
  const { data } = useQuery({
    queryKey: ['workspaces', user.id],
    queryFn: ({ signal }) => directory.workspaces(signal),
    staleTime: 300_000,
  })
  return new Map((data ?? []).map(({ id, name, role }) => [id, { name, role }]))
}
