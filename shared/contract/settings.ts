import { z } from 'zod'
import { limits } from '../limits.ts'

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
/**
 * How long an entry is fresh: seconds, which a workspace may set as `cacheConfig.lifetimes.<resource>`; or the name of one of
 * the lifetimes that its settings have always had.
 */
export type Lifetime = number | Exclude<keyof CacheSettings['cacheConfig'], 'lifetimes'>
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
    contactCountsTTL: 300,
    contactsTTL: 180,
    searchTTL: 120,
    messageHistoryTTL: 300,
  },
}

/** The lifetime in seconds that a workspace gives to what is declared with `lifetime`. */
export function lifetimeOf(lifetime: Lifetime, settings: CacheSettings): number {
  return typeof lifetime === 'number' ? lifetime : settings.cacheConfig[lifetime]
}
