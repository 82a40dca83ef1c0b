import type {
  AlertRuleName,
  AlertRuleSettings,
  AlertSettings,
  AlertSettingsChange,
} from '../../../shared/contract/alerts.ts'
import { alertRuleNames, faultsOfAlertRule } from '../../../shared/contract/alerts.ts'
import type { Fault } from '../../../shared/contract/errors.ts'
import type { Result } from '../../../shared/result.ts'
import { err, ok } from '../../../shared/result.ts'
import { alertRules } from './rules.ts'

/**
 * The settings after a change; what it leaves out stays. The whole of each rule is held to what makes sense together, so a
 * change of one number can be refused for another's sake: faults name both.
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
        ? 'a ratio: fire_at and resolve_at are from 0 to 1'
        : `must not be ${rule.fires === 'below' ? 'below fire_at: it fires below that' : 'above fire_at: it fires above that'}`,
  }))
}

function withoutAbsent(
  change: {
    readonly [Name in keyof AlertRuleSettings]?: AlertRuleSettings[Name] | undefined
  },
): Partial<AlertRuleSettings> {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
}
