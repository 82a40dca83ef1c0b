import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { historyReportSchema, marksSchema } from '../../../../shared/contract/figures.ts'
import { usePlace } from '../place.ts'

/** The API keeps 30 days. */
export const hoursMax = 720
const everyMs = 60_000

/** The last hours, read again each minute; with `hours` null, nothing is asked for. */
export function useHistory(hours: number | null) {
  const { api, workspace } = usePlace()
  return useQuery({
    queryKey: ['history', workspace.id, hours],
    queryFn: async ({ signal }) => {
      const path = `/api/monitoring/history?hours=${hours ?? 1}`
      return (await api.fetch(historyReportSchema, { path, workspaceId: workspace.id, signal })).data
    },
    enabled: hours !== null,
    refetchInterval: everyMs,
    // A zoom asks for fewer hours, which are already there.
    placeholderData: keepPreviousData,
  })
}

/** The deploys and the changes of alerts. */
export function useMarks() {
  const { api, workspace } = usePlace()
  return useQuery({
    queryKey: ['marks', workspace.id],
    queryFn: async ({ signal }) => {
      const request = { path: '/api/monitoring/marks', workspaceId: workspace.id, signal }
      return (await api.fetch(marksSchema, request)).data
    },
    refetchInterval: everyMs / 2,
  })
}
