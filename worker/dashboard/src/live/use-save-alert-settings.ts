import { useMutation, useQueryClient } from '@tanstack/react-query'
import {
  type AlertReportAnswer,
  type AlertSettings,
  type AlertSettingsChange,
  alertSettingsSchema,
} from '../../../../shared/contract/alerts.ts'
import { usePlace } from '../place.ts'

/** Saves a change of the thresholds. Every component that shows them is updated with the API's answer. */
export function useSaveAlertSettings() {
  const { api, workspace } = usePlace()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async (change: AlertSettingsChange) => {
      const request = { path: '/api/monitoring/alerts/settings', workspaceId: workspace.id, body: change }
      return (await api.fetch(alertSettingsSchema, request)).data
    },
    onSuccess: (settings) => {
      queries.setQueryData<AlertReportAnswer>(['alerts', workspace.id], (report) =>
        withSettings(report, settings),
      )
      void queries.invalidateQueries({ queryKey: ['alerts'] })
    },
  })
}

function withSettings(report: AlertReportAnswer | undefined, { rules }: AlertSettings) {
  return report && { ...report, rules: report.rules.map((each) => ({ ...each, ...rules[each.rule] })) }
}
