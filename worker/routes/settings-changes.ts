import type { SettingChange } from '../../shared/contract/activity.ts'
import { limits } from '../../shared/limits.ts'

/** Settings as a tree of their names. */
type Tree = Readonly<Record<string, unknown>>

/** The changed settings that an item of activity lists, and the number of the others. */
interface ListedChanges {
  readonly changes: SettingChange[]
  readonly changesMore: number
}

/**
 * The settings that a change sets to another value than before, by their paths (`features.search`). `before` is null if it could not be
 * read; then every setting of the change counts, from an unknown value.
 */
export function settingChanges(change: Tree, before: Tree | null): ListedChanges {
  const all = [...leavesOf(change, before, '')]
  const changes = all.slice(0, limits.activityChangesMax)
  return { changes, changesMore: all.length - changes.length }
}

function* leavesOf(change: Tree, before: Tree | null, path: string): Iterable<SettingChange> {
  for (const [member, to] of Object.entries(change)) {
    const name = path === '' ? member : `${path}.${member}`
    const from = before?.[member]
    if (isTree(to)) yield* leavesOf(to, isTree(from) ? from : null, name)
    else if (isValue(to) && to !== from) yield { name, from: isValue(from) ? from : null, to }
  }
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isValue(value: unknown): value is boolean | number {
  return typeof value === 'boolean' || typeof value === 'number'
}
