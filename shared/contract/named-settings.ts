/**
 * The settings to which the specification (SPEC 5) gives names. Every other resource has its toggle and its lifetime under its own
 * name (contract/settings.ts), so this list does not grow with the resources.
 */

/** The named toggles of resources, with their defaults. */
export const namedToggles = { contactCounts: true, contactLists: true, search: false, messageHistory: false }
export type NamedToggle = keyof typeof namedToggles

/**
 * Toggles that do not belong to a resource. `prefetch` allows loads ahead, before a reader needs the entry. `warmBeforeWork` also asks for
 * them before the workspace's working hours begin (contract/workspace-configuration.ts).
 */
export const otherToggles = { prefetch: true, warmBeforeWork: false }
export type OtherToggle = keyof typeof otherToggles

/** The named lifetimes with their defaults, in seconds. */
export const namedLifetimes = {
  contactCountsTTL: 300,
  contactsTTL: 180,
  searchTTL: 120,
  messageHistoryTTL: 300,
}
export type NamedLifetime = keyof typeof namedLifetimes

/** The toggle that switches caching of a question: a named one, or the default of the resource's own toggle. */
export type Toggle = NamedToggle | boolean

/**
 * The lifetime of a question's answers: a named one, or the default of the resource's own lifetime in seconds, which a workspace may
 * change as `cacheConfig.lifetimes.<resource>`.
 */
export type Lifetime = NamedLifetime | number
