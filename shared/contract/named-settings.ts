/**
 * The settings that SPEC 5 gives names of their own. Every other resource has its toggle and its lifetime under its own name
 * (contract/settings.ts), so this list does not grow with the resources.
 */

/** Toggles of resources, and whether each is on by default. */
export const namedToggles = {
  contactCounts: true,
  contactLists: true,
  search: false,
  messageHistory: false,
} as const satisfies Record<string, boolean>
export type NamedToggle = keyof typeof namedToggles

/** Toggles of what is no resource. `prefetch` is loading what nobody has asked for yet. */
export const otherToggles = { prefetch: true } as const satisfies Record<string, boolean>

/** Lifetimes, in seconds. */
export const namedLifetimes = {
  contactCountsTTL: 300,
  contactsTTL: 180,
  searchTTL: 120,
  messageHistoryTTL: 300,
} as const satisfies Record<string, number>
export type NamedLifetime = keyof typeof namedLifetimes

/** A declared toggle: one with a name, or the default of the resource's own. */
export type Toggle = NamedToggle | boolean

/** A declared lifetime: one with a name, or the default of the resource's own, in seconds. */
export type Lifetime = NamedLifetime | number
