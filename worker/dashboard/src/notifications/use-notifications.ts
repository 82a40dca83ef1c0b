import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import {
  notificationPageSchema,
  notificationsMarkedSchema,
} from '../../../../shared/contract/notifications.ts'
import { usePlace } from '../place.ts'

/** How often a page that is shown looks for new notifications. */
const lookEveryMs = 60_000

/** The newest notifications of the user in the workspace, and the number of unread ones. */
export function useNotifications() {
  const { api, user, workspace } = usePlace()
  return useQuery({
    queryKey: ['notifications', workspace.id, user.id],
    queryFn: async ({ signal }) => {
      const path = '/api/v1/notifications'
      const { data } = await api.fetch(notificationPageSchema, { path, workspaceId: workspace.id, signal })
      return data
    },
    refetchInterval: lookEveryMs,
  })
}

/** Marks notifications as read: those that the user has seen, and none that came meanwhile. */
export function useMarkNotifications() {
  const { api, user, workspace } = usePlace()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async (ids: readonly string[]) => {
      const path = '/api/v1/notifications/read'
      await api.fetch(notificationsMarkedSchema, { path, workspaceId: workspace.id, body: { ids } })
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['notifications', workspace.id, user.id] }),
  })
}
