import type { CacheConfig, CacheSettingsChange } from '../../../../shared/contract/settings.ts'

/** A lifetime as the form shows it. */
interface LifetimeField {
  /** Its name in the draft, which is unique. Two lifetimes may have the same `name`. */
  readonly key: string
  /** Its name in the settings. */
  readonly name: string
  readonly seconds: number
  /** Whether it is a member of `cacheConfig.lifetimes`. */
  readonly isOwn: boolean
}

/** The typed values by the keys of the fields. NaN means that the text is no number. */
export type LifetimeDraft = Readonly<Record<string, number>>

/** All lifetimes of the settings, with typed values in place of saved ones. Those with names of their own come first. */
export function lifetimesIn(
  { lifetimes, ...named }: CacheConfig,
  draft: LifetimeDraft = {},
): LifetimeField[] {
  const field = (key: string, name: string, seconds: number, isOwn: boolean) => ({
    key,
    name,
    seconds: draft[key] ?? seconds,
    isOwn,
  })
  return [
    ...Object.entries(named).map(([name, seconds]) => field(name, name, seconds, false)),
    ...Object.entries(lifetimes).map(([name, seconds]) => field(`lifetimes.${name}`, name, seconds, true)),
  ]
}

/** The change from the saved settings to a draft, without members that stay as they are; null if nothing changes. */
export function changeOf(
  config: CacheConfig,
  draft: LifetimeDraft,
): NonNullable<CacheSettingsChange['cacheConfig']> | null {
  const saved = lifetimesIn(config)
  const changed = lifetimesIn(config, draft).filter(({ seconds }, index) => seconds !== saved[index]?.seconds)
  if (changed.length === 0) return null
  const secondsOf = (fields: readonly LifetimeField[]) =>
    Object.fromEntries(fields.map(({ name, seconds }) => [name, seconds]))
  const own = changed.filter(({ isOwn }) => isOwn)
  return {
    ...secondsOf(changed.filter(({ isOwn }) => !isOwn)),
    ...(own.length === 0 ? {} : { lifetimes: secondsOf(own) }),
  }
}
