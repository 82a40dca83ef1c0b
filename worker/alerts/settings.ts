import type {
  AlertRuleName,
  AlertRuleSettings,
  AlertSettings,
  AlertSettingsChange,
} from '../../shared/contract/alerts.ts'
import { alertRuleNames } from '../../shared/contract/alerts.ts'
import type { Fault } from '../../shared/contract/errors.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
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

function faultsOfRule(name: AlertRuleName, { fire_at, resolve_at }: AlertRuleSettings): Fault[] {
  const { unit, fires } = alertRules[name]
  const at = (setting: string) => `rules.${name}.${setting}`
  const faults: Fault[] = []
  if (unit === 'ratio' && Math.max(fire_at, resolve_at) > 1) {
    faults.push({ parameter: at('fire_at'), message: 'a ratio: fire_at and resolve_at are from 0 to 1' })
  }
  if (fires === 'below' && resolve_at < fire_at) {
    faults.push({ parameter: at('resolve_at'), message: 'must not be below fire_at: it fires below that' })
  }
  if (fires === 'above' && resolve_at > fire_at) {
    faults.push({ parameter: at('resolve_at'), message: 'must not be above fire_at: it fires above that' })
  }
  return faults
}

function withoutAbsent(
  change: {
    readonly [Name in keyof AlertRuleSettings]?: AlertRuleSettings[Name] | undefined
  },
): Partial<AlertRuleSettings> {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
}
