import type { CacheSettings, SavedSettings } from '../../shared/contract/settings.ts'
import { storedSettingsSchema } from '../../shared/contract/settings.ts'
import type { WorkspaceId } from '../../shared/ids.ts'

/** The settings in force, from whatever is stored: never fails. */
export function settingsFrom(stored: unknown): CacheSettings {
  return storedSettingsSchema.parse(stored)
}

/** The answer to a change (SPEC 5). `updatedAt`: an ISO instant. */
export function savedSettings(workspaceId: WorkspaceId, stored: unknown, updatedAt: string): SavedSettings {
  const settings = settingsFrom(stored)
  return {
    workspace_id: workspaceId,
    settings: {
      cache: {
        enabled: settings.cacheEnabled,
        features: settings.features,
        config: settings.cacheConfig,
      },
    },
    updated_at: updatedAt,
  }
}
