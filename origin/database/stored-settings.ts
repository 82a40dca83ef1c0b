import type { CacheSettings, SavedSettings } from '../../shared/contract/settings.ts'
import { storedSettingsSchema } from '../../shared/contract/settings.ts'
import type { WorkspaceId } from '../../shared/ids.ts'

/** The settings in force. Defaults take the place of everything that is missing or not valid, so this never fails. */
export function settingsFrom(stored: unknown): CacheSettings {
  return storedSettingsSchema.parse(stored)
}

/** The answer to a change of settings (SPEC 5). `updatedAt` is an ISO instant. */
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
