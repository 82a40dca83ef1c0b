import { z } from 'zod'

/**
 * Alerts: what is watched, how it stands, and the settings of each rule. A rule watches one thing, or the same thing of
 * several subjects (each tier, each queue); each of these is an alert of its own, named `rule` or `rule:subject`.
 */
export const alertRuleNames = [
  'hit_rate_critical',
  'hit_rate_warning',
  'response_time',
  'error_rate',
  'tier_away',
  'outbox_age',
  'queue_length',
  'consistency_violation',
] as const
export const alertRuleNameSchema = z.enum(alertRuleNames)
export type AlertRuleName = z.output<typeof alertRuleNameSchema>

const alertSeveritySchema = z.enum(['critical', 'warning'])
export type AlertSeverity = z.output<typeof alertSeveritySchema>

/**
 * `inactive`: nothing the matter; `pending`: the threshold is passed, but not for long enough; `firing`; `resolved`: was
 * firing, and is over.
 */
export const alertStateSchema = z.enum(['inactive', 'pending', 'firing', 'resolved'])
export type AlertState = z.output<typeof alertStateSchema>

/** Of what a rule's value and thresholds are: a share from 0 to 1, milliseconds, seconds, or a number of things. */
const alertUnitSchema = z.enum(['ratio', 'milliseconds', 'seconds', 'count'])
export type AlertUnit = z.output<typeof alertUnitSchema>

/** One alert as it stands. */
export const alertSchema = z.object({
  /** `rule`, or `rule:subject`. */
  name: z.string(),
  rule: alertRuleNameSchema,
  subject: z.string().nullable(),
  severity: alertSeveritySchema,
  state: alertStateSchema,
  /** Since when it is in this state; null where it never left `inactive`. */
  since: z.iso.datetime().nullable(),
  /** Of the rule's window, in the rule's unit; null where too little happened to say. */
  value: z.number().nullable(),
})
export type Alert = z.output<typeof alertSchema>

/** Alerts in brief: how many, and which are firing (`tier_away:redis`). */
export const alertSummarySchema = z.object({
  firing: z.int().nonnegative(),
  pending: z.int().nonnegative(),
  names: z.array(z.string()),
})
export type AlertSummary = z.output<typeof alertSummarySchema>

/**
 * Why an alert changed: the value passed the threshold (`exceeded`), stayed there (`held`), came back (`recovered`); too
 * little happened for too long to go on claiming it (`quiet`); the rule was switched off (`disabled`).
 */
const alertReasonSchema = z.enum(['exceeded', 'held', 'recovered', 'quiet', 'disabled'])
export type AlertReason = z.output<typeof alertReasonSchema>

/** An alert changed over from one state to another. */
export const alertChangeSchema = z.object({
  /** Unique; the `webhook-id` under which it is sent. */
  id: z.string(),
  name: z.string(),
  rule: alertRuleNameSchema,
  subject: z.string().nullable(),
  severity: alertSeveritySchema,
  from: alertStateSchema,
  to: alertStateSchema,
  reason: alertReasonSchema,
  at: z.iso.datetime(),
  value: z.number().nullable(),
  /** The threshold it was held against. */
  threshold: z.number(),
  unit: alertUnitSchema,
})
export type AlertChange = z.output<typeof alertChangeSchema>

/**
 * What became of telling a change to ALERT_WEBHOOK_URL: `none` (changes to pending and inactive are not sent, nor is anything
 * without a URL), `waiting`, `delivered`, `failed` (given up after the last try, or pushed out of a full queue).
 */
export const deliverySchema = z.object({
  status: z.enum(['none', 'waiting', 'delivered', 'failed']),
  tries: z.int().nonnegative(),
  /** HTTP status of the last answer; null before one came. */
  last_status: z.int().nullable(),
})

/** A rule's settings. Ratios from 0 to 1; else in the rule's unit. */
export const alertRuleSettingsSchema = z.strictObject({
  enabled: z.boolean(),
  /** Passed for `for_seconds`, it fires … */
  fire_at: z.number().nonnegative(),
  /** … and it resolves once back at this, on the safe side of `fire_at`, for `resolve_for_seconds`. */
  resolve_at: z.number().nonnegative(),
  for_seconds: z.int().min(0).max(3_600),
  resolve_for_seconds: z.int().min(0).max(3_600),
  /** Over how long it is looked at. Rules that look at what is now take no notice of it. */
  window_seconds: z.int().min(5).max(3_600),
  /** With fewer events in the window a ratio or an average says nothing. */
  min_count: z.int().min(0).max(1_000_000),
})
export type AlertRuleSettings = z.output<typeof alertRuleSettingsSchema>

/** `data` of `GET /api/monitoring/alerts/settings`. */
export const alertSettingsSchema = z.strictObject({
  rules: z.strictObject({
    hit_rate_critical: alertRuleSettingsSchema,
    hit_rate_warning: alertRuleSettingsSchema,
    response_time: alertRuleSettingsSchema,
    error_rate: alertRuleSettingsSchema,
    tier_away: alertRuleSettingsSchema,
    outbox_age: alertRuleSettingsSchema,
    queue_length: alertRuleSettingsSchema,
    consistency_violation: alertRuleSettingsSchema,
  }),
})
export type AlertSettings = z.output<typeof alertSettingsSchema>

/**
 * What is wrong with a rule whose settings are each in bounds: a ratio above 1, or a `resolve_at` on the bad side of
 * `fire_at`. The Worker refuses by it, and the dashboard before it asks.
 */
export interface AlertRuleFault {
  readonly setting: 'fire_at' | 'resolve_at'
  readonly kind: 'ratio-above-one' | 'resolves-past-fire'
}

export function faultsOfAlertRule(
  { unit, fires }: { readonly unit: AlertUnit; readonly fires: 'below' | 'above' },
  settings: Pick<AlertRuleSettings, 'fire_at' | 'resolve_at'>,
): AlertRuleFault[] {
  const { fire_at, resolve_at } = settings
  const aboveOne = (['fire_at', 'resolve_at'] as const)
    .filter((setting) => unit === 'ratio' && settings[setting] > 1)
    .map((setting) => ({ setting, kind: 'ratio-above-one' }) as const)
  const isPast = fires === 'below' ? resolve_at < fire_at : resolve_at > fire_at
  return isPast ? [...aboveOne, { setting: 'resolve_at', kind: 'resolves-past-fire' }] : aboveOne
}

const changeOfRule = alertRuleSettingsSchema.partial().optional()

/** A change of settings, the body of `POST /api/monitoring/alerts/settings`: what is left out stays as it is. */
export const alertSettingsChangeSchema = z.strictObject({
  rules: z.strictObject({
    hit_rate_critical: changeOfRule,
    hit_rate_warning: changeOfRule,
    response_time: changeOfRule,
    error_rate: changeOfRule,
    tier_away: changeOfRule,
    outbox_age: changeOfRule,
    queue_length: changeOfRule,
    consistency_violation: changeOfRule,
  }),
})
export type AlertSettingsChange = z.output<typeof alertSettingsChangeSchema>

/** Alerts, rules and changes as they are kept. */
export const alertReportSchema = z.object({
  alerts: z.array(alertSchema),
  rules: z.array(
    alertRuleSettingsSchema.extend({
      rule: alertRuleNameSchema,
      severity: alertSeveritySchema,
      unit: alertUnitSchema,
      /** Which side of `fire_at` is the bad one. */
      fires: z.enum(['below', 'above']),
      description: z.string(),
      /** Settings that the rule takes no notice of: it looks at what is now. */
      ignores: z.array(z.enum(['window_seconds', 'min_count'])),
      /** What holds where nobody changed anything. */
      defaults: alertRuleSettingsSchema,
    }),
  ),
  /** Newest first, the last 200 at most. */
  changes: z.array(alertChangeSchema.extend({ delivery: deliverySchema })),
  /** Whether ALERT_WEBHOOK_URL is set, and how many changes wait to be taken there. */
  webhook: z.object({ enabled: z.boolean(), waiting: z.int().nonnegative() }),
  timestamp: z.iso.datetime(),
})
export type AlertReport = z.output<typeof alertReportSchema>

/**
 * Who may change the settings, as the one who asks is told: they themselves, the admins of the operators' workspace, or, where
 * no such workspace is configured, only who holds the internal key.
 */
const alertSettersSchema = z.enum(['you', 'operators', 'internal_key'])
export type AlertSetters = z.output<typeof alertSettersSchema>

/** `data` of `GET /api/monitoring/alerts`. */
export const alertReportAnswerSchema = alertReportSchema.extend({ changeable_by: alertSettersSchema })
export type AlertReportAnswer = z.output<typeof alertReportAnswerSchema>
