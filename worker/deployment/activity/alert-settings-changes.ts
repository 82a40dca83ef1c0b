import type { SettingChange } from '../../../shared/contract/activity.ts'
import type { AlertSettings } from '../../../shared/contract/alerts.ts'
import { alertRuleNames } from '../../../shared/contract/alerts.ts'
import { limits } from '../../../shared/limits.ts'

/** The settings of alerts that differ, by rule and name (`error_rate.fire_at`), as far as an item of activity lists them. */
export function alertSettingsChanges(
  before: AlertSettings,
  after: AlertSettings,
): { changes: SettingChange[]; changesMore: number } {
  const all = alertRuleNames.flatMap((rule) => {
    const known = new Map(Object.entries(before.rules[rule]))
    return Object.entries(after.rules[rule])
      .filter(([name, to]) => known.get(name) !== to)
      .map(([name, to]) => ({ name: `${rule}.${name}`, from: known.get(name) ?? null, to }))
  })
  const changes = all.slice(0, limits.activityChangesMax)
  return { changes, changesMore: all.length - changes.length }
}
