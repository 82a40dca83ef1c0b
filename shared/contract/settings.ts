import { z } from 'zod'
import { limits } from '../limits.ts'
import type { LifetimeName } from '../resources/lifetimes.ts'
import { lifetimeSeconds } from '../resources/lifetimes.ts'

const ttl = z.int().min(limits.lifetimeSecondsMin).max(limits.lifetimeSecondsMax)

const featuresSchema = z.strictObject({
  contactCounts: z.boolean(),
  contactLists: z.boolean(),
  search: z.boolean(),
  messageHistory: z.boolean(),
  /** Loading what nobody has asked for yet: the next page, and what readers look at once it moved. */
  prefetch: z.boolean(),
})

const cacheConfigSchema = z.strictObject({
  contactCountsTTL: ttl,
  contactsTTL: ttl,
  searchTTL: ttl,
  messageHistoryTTL: ttl,
})

/** A workspace's cache settings as the API shows them (SPEC 5). Lifetimes in seconds. */
export const cacheSettingsSchema = z.strictObject({
  cacheEnabled: z.boolean(),
  features: featuresSchema,
  cacheConfig: cacheConfigSchema,
})
export type CacheSettings = z.output<typeof cacheSettingsSchema>
/** A kind of answer whose caching can be switched off. */
export type Feature = Exclude<keyof CacheSettings['features'], 'prefetch'>

/** A change of settings: what is left out stays as it is. */
export const cacheSettingsChangeSchema = z
  .strictObject({
    cacheEnabled: z.boolean().optional(),
    features: featuresSchema.partial().optional(),
    cacheConfig: cacheConfigSchema.partial().optional(),
  })
  .refine((change) => Object.keys(change).length > 0, 'must change something')
export type CacheSettingsChange = z.output<typeof cacheSettingsChangeSchema>

/** The answer to a change (SPEC 5). */
export const savedSettingsSchema = z.object({
  workspace_id: z.string(),
  settings: z.object({
    cache: z.object({ enabled: z.boolean(), features: featuresSchema, config: cacheConfigSchema }),
  }),
  updated_at: z.iso.datetime({ offset: true }),
})
export type SavedSettings = z.output<typeof savedSettingsSchema>

/** What a workspace has that never set anything. */
export const defaultCacheSettings: CacheSettings = {
  cacheEnabled: true,
  features: { contactCounts: true, contactLists: true, search: false, messageHistory: false, prefetch: true },
  cacheConfig: {
    contactCountsTTL: lifetimeSeconds.contactCounts,
    contactsTTL: lifetimeSeconds.contactList,
    searchTTL: lifetimeSeconds.search,
    messageHistoryTTL: lifetimeSeconds.messageHistory,
  },
}

const settableLifetimes = {
  contactCounts: 'contactCountsTTL',
  contactList: 'contactsTTL',
  search: 'searchTTL',
  messageHistory: 'messageHistoryTTL',
} as const satisfies Partial<Record<LifetimeName, keyof CacheSettings['cacheConfig']>>

/** The lifetime in seconds that a workspace gives to a kind of entry. */
export function lifetimeOf(name: LifetimeName, settings: CacheSettings): number {
  return name in settableLifetimes
    ? settings.cacheConfig[settableLifetimes[name as keyof typeof settableLifetimes]]
    : lifetimeSeconds[name]
}
