import { z } from 'zod'
import type { CacheSettings, SavedSettings } from '../../shared/contract/settings.ts'
import { cacheSettingsSchema, defaultCacheSettings } from '../../shared/contract/settings.ts'
import type { WorkspaceId } from '../../shared/ids.ts'

const { cacheEnabled, features, cacheConfig } = cacheSettingsSchema.shape
const presets = defaultCacheSettings

/** Stored settings over the default ones. A stored value that is missing or out of range gives way to its default. */
const storedSettingsSchema = z
  .object({
    cacheEnabled: cacheEnabled.catch(presets.cacheEnabled),
    features: z
      .object({
        contactCounts: features.shape.contactCounts.catch(presets.features.contactCounts),
        contactLists: features.shape.contactLists.catch(presets.features.contactLists),
        search: features.shape.search.catch(presets.features.search),
        messageHistory: features.shape.messageHistory.catch(presets.features.messageHistory),
        prefetch: features.shape.prefetch.catch(presets.features.prefetch),
      })
      .catch(presets.features),
    cacheConfig: z
      .object({
        contactCountsTTL: cacheConfig.shape.contactCountsTTL.catch(presets.cacheConfig.contactCountsTTL),
        contactsTTL: cacheConfig.shape.contactsTTL.catch(presets.cacheConfig.contactsTTL),
        searchTTL: cacheConfig.shape.searchTTL.catch(presets.cacheConfig.searchTTL),
        messageHistoryTTL: cacheConfig.shape.messageHistoryTTL.catch(presets.cacheConfig.messageHistoryTTL),
      })
      .catch(presets.cacheConfig),
  })
  .catch(presets)

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
