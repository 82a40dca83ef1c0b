import type { CacheConfig, CacheSettingsChange } from '../../../../shared/contract/settings.ts'
import { type LifetimeDraft, lifetimesIn } from './lifetime-draft.ts'

/** A lifetime that somebody else has changed since it was shown. */
export interface Conflict {
  readonly name: string
  readonly theirSeconds: number
  readonly ownSeconds: number
}

/**
 * The lifetimes of a change that differ by now from what the user saw, and from what they want. The change would take back what somebody
 * else has saved meanwhile.
 */
export function conflictsIn(
  change: CacheSettingsChange['cacheConfig'],
  shown: CacheConfig,
  now: CacheConfig,
): Conflict[] {
  const { lifetimes: own, ...named } = change ?? {}
  const shownFields = lifetimesIn(shown)
  return lifetimesIn(now).flatMap(({ key, name, seconds, isOwn }) => {
    const wanted = Object.entries((isOwn ? own : named) ?? {}).find(([changed]) => changed === name)?.[1]
    const before = shownFields.find((field) => field.key === key)?.seconds
    if (typeof wanted !== 'number' || seconds === before || seconds === wanted) return []
    return [{ name, theirSeconds: seconds, ownSeconds: wanted }]
  })
}

/** The draft without the values that are saved by now. */
export function draftAfter(draft: LifetimeDraft, saved: CacheConfig): LifetimeDraft {
  const fields = lifetimesIn(saved)
  return Object.fromEntries(
    Object.entries(draft).filter(
      ([key, seconds]) => fields.find((field) => field.key === key)?.seconds !== seconds,
    ),
  )
}
