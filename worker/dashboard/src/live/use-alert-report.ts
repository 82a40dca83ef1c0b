import { useQuery } from '@tanstack/react-query'
import { alertReportAnswerSchema } from '../../../../shared/contract/alerts.ts'
import { usePlace } from '../place.ts'

/** The rules, the thresholds, and the changes from before the page was opened. Later changes come from the stream. */
export function useAlertReport() {
  const { api, workspace } = usePlace()
  return useQuery({
    queryKey: ['alerts', workspace.id],
    queryFn: async ({ signal }) => {
      const request = { path: '/api/monitoring/alerts', workspaceId: workspace.id, signal }
      return (await api.fetch(alertReportAnswerSchema, request)).data
    },
    staleTime: 60_000,
  })
}
