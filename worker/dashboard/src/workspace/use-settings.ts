import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import {
  type CacheSettings,
  type CacheSettingsChange,
  cacheSettingsSchema,
  savedSettingsSchema,
} from '../../../../shared/contract/settings.ts'
import type { ApiClient } from '../api/api-client.ts'
import { usePlace } from '../place.ts'
import { type Conflict, conflictsIn } from './settings-conflict.ts'

/** The settings of the workspace. A page that comes back into sight reads them again, since another one may have changed them. */
export function useSettings() {
  const { api, workspace } = usePlace()
  return useQuery({
    queryKey: keyOf(workspace.id),
    queryFn: ({ signal }) => readSettings(api, workspace.id, signal),
    refetchOnWindowFocus: 'always',
  })
}

/** A change, and the settings that the user saw when they made it. */
interface Saving {
  readonly change: CacheSettingsChange
  readonly shown: CacheSettings
}

type Outcome =
  | { readonly kind: 'saved'; readonly settings: CacheSettings; readonly at: string }
  | { readonly kind: 'conflict'; readonly settings: CacheSettings; readonly conflicts: readonly Conflict[] }

/**
 * Saves a change, unless it would take back what somebody else has saved since the settings were shown. The settings are read again right
 * before: the API has no precondition, so a change within that moment is not noticed.
 */
export function useSaveSettings() {
  const { api, workspace } = usePlace()
  const queries = useQueryClient()
  return useMutation({
    async mutationFn({ change, shown }: Saving): Promise<Outcome> {
      if (change.cacheConfig !== undefined) {
        const settings = await readSettings(api, workspace.id)
        const conflicts = conflictsIn(change.cacheConfig, shown.cacheConfig, settings.cacheConfig)
        if (conflicts.length > 0) return { kind: 'conflict', settings, conflicts }
      }
      const { data } = await api.fetch(savedSettingsSchema, { path: pathOf(workspace.id), body: change })
      const { enabled, features, config } = data.settings.cache
      const settings = { cacheEnabled: enabled, features, cacheConfig: config }
      return { kind: 'saved', settings, at: data.updated_at }
    },
    onSuccess: ({ settings }) => queries.setQueryData(keyOf(workspace.id), settings),
  })
}

const keyOf = (workspaceId: string) => ['settings', workspaceId]

async function readSettings(
  api: ApiClient,
  workspaceId: string,
  signal?: AbortSignal,
): Promise<CacheSettings> {
  return (await api.fetch(cacheSettingsSchema, { path: pathOf(workspaceId), signal })).data
}

function pathOf(workspaceId: string): string {
  return `/api/cache-settings/workspace/${encodeURIComponent(workspaceId)}/settings`
}
