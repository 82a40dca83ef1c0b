import {
  type Alert,
  type AlertRuleName,
  type AlertUnit,
  alertRuleNameSchema,
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
