import {
  type Alert,
  type AlertRuleName,
  type AlertRuleSettings,
  type AlertUnit,
  alertRuleNameSchema,
  alertRuleSettingsSchema,
} from '../../../../shared/contract/alerts.ts'
import { formatCount, formatMs, formatPercent, formatSeconds, unknown } from '../parts/format.ts'

/** The titles of rules for people. */
export const ruleTitles: Readonly<Record<AlertRuleName, string>> = {
  hit_rate_critical: 'Hit rate far too low',
  hit_rate_warning: 'Hit rate low',
  response_time: 'Response time',
  error_rate: 'Error rate',
  tier_away: 'Tier away',
  outbox_age: 'Outbox behind',
  queue_length: 'Queue length',
  jobs_waiting: 'Jobs that wait',
  jobs_age: 'Job overdue',
  jobs_failing: 'Jobs that fail',
  mail_processing: 'Mail processing slow',
  mail_waiting: 'Mail that waits',
  mail_failing: 'Mail that fails',
  redis_memory: 'Memory of Redis',
  consistency_violation: 'Consistency violation',
}

/** The titles of a rule's settings for people. */
export const alertSettingTitles: Readonly<Record<keyof AlertRuleSettings, string>> = {
  enabled: 'Watched',
  fire_at: 'Fires at',
  for_seconds: 'Fires after',
  resolve_at: 'Resolves at',
  resolve_for_seconds: 'Resolves after',
  window_seconds: 'Looks back',
  min_count: 'Silent below',
}

const settingNameSchema = alertRuleSettingsSchema.keyof()

/** The title of a setting by its name, which stands for itself if this page does not know the setting. */
export function alertSettingTitle(name: string): string {
  const setting = settingNameSchema.safeParse(name).data
  return setting === undefined ? name : alertSettingTitles[setting]
}

/** The title of an alert: its rule, and its subject if the rule has several. */
export function titleOf({ rule, subject }: Pick<Alert, 'rule' | 'subject'>): string {
  return subject === null ? ruleTitles[rule] : `${ruleTitles[rule]}: ${subject.replaceAll('_', ' ')}`
}

/** The rule of an alert's name (`tier_away:redis`); null if this page does not know it. */
export function ruleOfName(name: string): AlertRuleName | null {
  return alertRuleNameSchema.safeParse(name.split(':')[0]).data ?? null
}

/** The title of an alert by its name, which stands for itself if this page does not know the rule. */
export function titleOfName(name: string): string {
  const [, subject = null] = name.split(':')
  const rule = ruleOfName(name)
  return rule === null ? name : titleOf({ rule, subject })
}

export function formatValue(value: number | null, unit: AlertUnit): string {
  if (value === null) return unknown
  if (unit === 'ratio') return formatPercent(value)
  if (unit === 'milliseconds') return formatMs(value)
  return unit === 'seconds' ? formatSeconds(value) : formatCount(value)
}
