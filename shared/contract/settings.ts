import { z } from 'zod'
import { limits } from '../limits.ts'
import { resources } from '../resources/index.ts'
import type { Question, Resource } from '../resources/question.ts'
import type { NamedLifetime, NamedToggle, OtherToggle } from './named-settings.ts'
import { namedLifetimes, namedToggles, otherToggles } from './named-settings.ts'

/**
 * A workspace's cache settings (SPEC 5). Lifetimes are in seconds. The toggle and the lifetime under a resource's own name follow from
 * its declaration, so a new resource needs no change here.
 */
export interface CacheSettings {
  readonly cacheEnabled: boolean
  readonly features: Features
  readonly cacheConfig: CacheConfig
}
type Features = Readonly<Record<NamedToggle | OtherToggle, boolean>> & Readonly<Record<string, boolean>>
export interface CacheConfig extends Readonly<Record<NamedLifetime, number>> {
  readonly lifetimes: Readonly<Record<string, number>>
}

type Changed<Values> = { readonly [Name in keyof Values]?: Values[Name] | undefined }

/** A change of settings. Omitted settings stay unchanged. */
export interface CacheSettingsChange {
  readonly cacheEnabled?: boolean | undefined
  readonly features?: Changed<Features> | undefined
  readonly cacheConfig?:
    | (Changed<Record<NamedLifetime, number>> & {
        readonly lifetimes?: Changed<Record<string, number>> | undefined
      })
    | undefined
}

const lifetimeSchema = z.int().min(limits.lifetimeSecondsMin).max(limits.lifetimeSecondsMax)

/** How a schema treats a member that is missing or invalid. */
type Lenience = <Value>(schema: z.ZodType<Value>, preset: Value) => z.ZodType<Value>

function shapeOf<Name extends string, Preset, Schema>(
  presets: Readonly<Record<Name, Preset>>,
  schemaFor: (preset: Preset) => Schema,
): Record<Name, Schema> {
  const members = Object.entries<Preset>(presets).map(([name, preset]) => [name, schemaFor(preset)])
  return Object.fromEntries(members) as Record<Name, Schema>
}

type Settable = Pick<Resource, 'name' | 'ownToggle' | 'ownLifetimeSeconds'>

/** Creates the defaults and the schemas of settings and of their changes from a list of declarations. */
export function settingsOf(declared: readonly Settable[]) {
  const ownToggles = ownOf(declared, ({ ownToggle }) => ownToggle)
  const features: Features = { ...namedToggles, ...otherToggles, ...ownToggles }
  const lifetimes = ownOf(declared, ({ ownLifetimeSeconds }) => ownLifetimeSeconds)
  const presets: CacheSettings = {
    cacheEnabled: true,
    features,
    cacheConfig: { ...namedLifetimes, lifetimes },
  }
  const taken = Object.keys({ ...namedToggles, ...otherToggles }).filter((name) =>
    Object.hasOwn(ownToggles, name),
  )
  if (taken.length > 0) throw new Error(`resources have the names of other toggles: ${taken}`)

  function togglesBy<Schema>(schemaFor: (preset: boolean) => Schema) {
    return {
      ...shapeOf(namedToggles, schemaFor),
      ...shapeOf(otherToggles, schemaFor),
      ...shapeOf(ownToggles, schemaFor),
    }
  }
  /** `whole` treats the members that every release has, `member` the toggles and lifetimes that a release may lack. */
  function schema(whole: Lenience, member: Lenience) {
    const toggle = (preset: boolean) => member(z.boolean(), preset)
    const lifetime = (preset: number) => member(lifetimeSchema, preset)
    const config = {
      ...shapeOf(namedLifetimes, lifetime),
      lifetimes: member(z.object(shapeOf(lifetimes, lifetime)), lifetimes),
    }
    return z.object({
      cacheEnabled: whole(z.boolean(), presets.cacheEnabled),
      features: whole<Features>(z.object(togglesBy(toggle)), features),
      cacheConfig: whole<CacheConfig>(z.object(config), presets.cacheConfig),
    })
  }
  const asItIs: Lenience = (each) => each
  const presetIfMissing: Lenience = (each, preset) =>
    each.default(preset as z.core.util.NoUndefined<typeof preset>)
  const presetIfInvalid: Lenience = (each, preset) => each.catch(() => preset)
  const toggleChange = () => z.boolean().optional()
  const lifetimeChange = () => lifetimeSchema.optional()
  const change = z
    .strictObject({
      cacheEnabled: toggleChange(),
      features: z.strictObject(togglesBy(toggleChange)).optional(),
      cacheConfig: z
        .strictObject({
          ...shapeOf(namedLifetimes, lifetimeChange),
          lifetimes: z.strictObject(shapeOf(lifetimes, lifetimeChange)).optional(),
        })
        .optional(),
    })
    .refine((changed) => Object.keys(changed).length > 0, 'must change something')
  return {
    presets,
    /** A missing toggle or lifetime gets its default. Every other value must be valid. */
    answered: schema(asItIs, presetIfMissing),
    /** Every input is accepted. A missing or invalid member gets its default. */
    stored: schema(presetIfInvalid, presetIfInvalid),
    change,
  }
}

function ownOf<Value>(
  declared: readonly Settable[],
  presetOf: (resource: Settable) => Value | null,
): Record<string, Value> {
  return Object.fromEntries(
    declared.flatMap((resource) => {
      const value = presetOf(resource)
      return value === null ? [] : [[resource.name, value]]
    }),
  )
}

const settings = settingsOf(resources)

/** The settings of a workspace that has changed none. */
export const defaultCacheSettings = settings.presets

/**
 * Settings in the origin's answer, in entries and in the API. Another release may have written them. A missing setting gets its
 * default, since the other release does not know it, and an unknown one is left out. An invalid value is an error and never replaced
 * by a default.
 */
export const cacheSettingsSchema = settings.answered

/** Settings in the database, which any release may have written. This schema never fails. */
export const storedSettingsSchema = settings.stored.catch(() => settings.presets)

export const cacheSettingsChangeSchema = settings.change satisfies z.ZodType<CacheSettingsChange>

/** The answer to a change (SPEC 5). */
export const savedSettingsSchema = z.object({
  workspace_id: z.string(),
  settings: z.object({
    cache: z.object({
      enabled: z.boolean(),
      features: settings.answered.shape.features,
      config: settings.answered.shape.cacheConfig,
    }),
  }),
  updated_at: z.iso.datetime({ offset: true }),
})
export type SavedSettings = z.output<typeof savedSettingsSchema>

/** The lifetime of a question's answers under a workspace's settings, in seconds. */
export function lifetimeOf(
  { resource, lifetime }: Pick<Question, 'resource' | 'lifetime'>,
  { cacheConfig }: CacheSettings,
): number {
  return typeof lifetime === 'number'
    ? (cacheConfig.lifetimes[resource.name] ?? lifetime)
    : cacheConfig[lifetime]
}

/** Whether the cache is on for a question under a workspace's settings. */
export function isCacheOn(
  { resource, toggle }: Pick<Question, 'resource' | 'toggle'>,
  { cacheEnabled, features }: CacheSettings,
): boolean {
  if (!cacheEnabled || toggle === null) return cacheEnabled
  return typeof toggle === 'boolean' ? (features[resource.name] ?? toggle) : features[toggle]
}
