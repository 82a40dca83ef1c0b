import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type MailMetrics, mailMetricsSchema } from '../../../../shared/contract/inbound-email-answers.ts'
import {
  type MailSettings,
  mailDomainsSchema,
  mailListSchema,
  mailQueueSchema,
  mailSettingsSchema,
} from '../../../../shared/contract/inbound-email-figures.ts'
import { ApiFailure } from '../api/failure.ts'
import { usePlace } from '../place.ts'

const path = '/api/email-webhook'
const everyMs = 5_000

/** The mail that is looked at: of the chosen workspace, or of all of them, for operators only. */
export type Scope = 'workspace' | 'all'

function useScoped(scope: Scope) {
  const { api, workspace } = usePlace()
  return { api, scopeId: scope === 'all' ? null : workspace.id }
}

const named = (scopeId: string | null) => (scopeId === null ? {} : { workspaceId: scopeId })

/** Whether the API refuses the question for good. Nobody but an operator may ask without a workspace. */
function isRefused(error: unknown, scopeId: string | null): boolean {
  if (!(error instanceof ApiFailure)) return false
  return error.status === 403 || (scopeId === null && error.code === 'workspace_missing')
}

/**
 * The counts by day and by hour, read again while the view is shown, as everything here is but the settings; null for a user who may not
 * see them. That is an answer and no failure: a query that failed and is repeated counts as not yet answered.
 */
export function useMailMetrics(scope: Scope) {
  const { api, scopeId } = useScoped(scope)
  return useQuery({
    queryKey: ['mail', 'metrics', scopeId],
    queryFn: async ({ signal }): Promise<MailMetrics | null> => {
      const request = { path: `${path}/metrics?days=1`, isBare: true, ...named(scopeId), signal }
      try {
        return (await api.fetch(mailMetricsSchema, request)).data
      } catch (error) {
        if (isRefused(error, scopeId)) return null
        throw error
      }
    },
    refetchInterval: ({ state }) => (state.data === null ? false : everyMs),
  })
}

export function useMailQueue(scope: Scope) {
  const { api, scopeId } = useScoped(scope)
  return useQuery({
    queryKey: ['mail', 'queue', scopeId],
    queryFn: async ({ signal }) =>
      (await api.fetch(mailQueueSchema, { path: `${path}/queue`, isBare: true, ...named(scopeId), signal }))
        .data,
    refetchInterval: everyMs,
  })
}

/** The busiest domains of senders today. */
export function useMailDomains(scope: Scope) {
  const { api, scopeId } = useScoped(scope)
  return useQuery({
    queryKey: ['mail', 'domains', scopeId],
    queryFn: async ({ signal }) => {
      const request = { path: `${path}/metrics?by=domain`, isBare: true, ...named(scopeId), signal }
      return (await api.fetch(mailDomainsSchema, request)).data
    },
    refetchInterval: 6 * everyMs,
  })
}

/** The newest messages, or those in one state. */
export function useMailList(scope: Scope, state: string) {
  const { api, scopeId } = useScoped(scope)
  return useQuery({
    queryKey: ['mail', 'messages', scopeId, state],
    queryFn: async ({ signal }) => {
      const query = state === 'all' ? '' : `?state=${state}`
      const request = { path: `${path}/messages${query}`, ...named(scopeId), signal }
      return (await api.fetch(mailListSchema, request)).data.messages
    },
    refetchInterval: everyMs,
  })
}

/** The limits of the chosen workspace. */
export function useMailSettings() {
  const { api, workspace } = usePlace()
  return useQuery({
    queryKey: ['mail', 'settings', workspace.id],
    queryFn: async ({ signal }) =>
      (await api.fetch(mailSettingsSchema, { path: `${path}/settings`, workspaceId: workspace.id, signal }))
        .data,
  })
}

export function useChangeMailSettings() {
  const { api, workspace } = usePlace()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async (body: MailSettings) =>
      (await api.fetch(mailSettingsSchema, { path: `${path}/settings`, workspaceId: workspace.id, body }))
        .data,
    onSuccess: (saved) => queries.setQueryData(['mail', 'settings', workspace.id], saved),
  })
}
