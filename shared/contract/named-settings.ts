/**
 * The settings that SPEC 5 gives names of their own. Every other resource has its toggle and its lifetime under its own name
 * (contract/settings.ts), so this list does not grow with the resources.
 */

/** Toggles of resources, and whether each is on by default. */
export const namedToggles = { contactCounts: true, contactLists: true, search: false, messageHistory: false }
export type NamedToggle = keyof typeof namedToggles

/** Toggles of what is no resource. `prefetch` is loading what nobody has asked for yet. */
export const otherToggles = { prefetch: true }
export type OtherToggle = keyof typeof otherToggles

/** Lifetimes, in seconds. */
export const namedLifetimes = {
  contactCountsTTL: 300,
  contactsTTL: 180,
  searchTTL: 120,
  messageHistoryTTL: 300,
}
export type NamedLifetime = keyof typeof namedLifetimes

/** What switches the caching of a question: a toggle with a name, or the default of the resource's own. */
export type Toggle = NamedToggle | boolean

/**
 * How long an answer is fresh: by a lifetime with a name; or by the resource's own, which a workspace may set as
 * `cacheConfig.lifetimes.<resource>` and which is by default so many seconds.
 */
export type Lifetime = NamedLifetime | number
