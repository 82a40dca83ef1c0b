import type {
  AlertRuleName,
  AlertRuleSettings,
  AlertSettings,
  AlertSettingsChange,
} from '../../../shared/contract/alerts.ts'
import { alertRuleNames, faultsOfAlertRule } from '../../../shared/contract/alerts.ts'
import type { Fault } from '../../../shared/contract/error-shown.ts'
import type { Result } from '../../../shared/result.ts'
import { err, ok } from '../../../shared/result.ts'
import { alertRules } from './rules.ts'

/**
 * Applies a change to the settings; a setting that the change leaves out stays as it is. Each rule is checked as a
 * whole, so a change of one number can be refused because of another one; the faults name both.
 */
export function applyAlertSettings(
  settings: AlertSettings,
  { rules }: AlertSettingsChange,
): Result<AlertSettings, Fault[]> {
  const changed = { ...settings.rules }
  for (const name of alertRuleNames) {
    const change = withoutAbsent(rules[name] ?? {})
    changed[name] = { ...changed[name], ...change }
  }
  const faults = alertRuleNames.flatMap((name) => faultsOfRule(name, changed[name]))
  return faults.length > 0 ? err(faults) : ok({ rules: changed })
}

function faultsOfRule(name: AlertRuleName, settings: AlertRuleSettings): Fault[] {
  const rule = alertRules[name]
  return faultsOfAlertRule(rule, settings).map(({ setting, kind }) => ({
    parameter: `rules.${name}.${setting}`,
    message:
      kind === 'ratio-above-one'
        ? 'must be from 0 to 1: this rule measures a ratio'
        : `must not be ${rule.fires} fire_at, where the rule fires`,
  }))
}

function withoutAbsent(
  change: {
    readonly [Name in keyof AlertRuleSettings]?: AlertRuleSettings[Name] | undefined
  },
): Partial<AlertRuleSettings> {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
}
