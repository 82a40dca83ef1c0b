import { z } from 'zod'

/**
 * Alerts: what is watched, the state of each alert, and the settings of each rule. A rule watches the whole deployment,
 * or the same thing for several subjects (each tier, each queue). Each subject has an alert of its own, named `rule` or
 * `rule:subject`.
 */
export const alertRuleNames = [
  'hit_rate_critical',
  'hit_rate_warning',
  'response_time',
  'error_rate',
  'tier_away',
  'outbox_age',
  'queue_length',
  'jobs_waiting',
  'jobs_age',
  'jobs_failing',
  'mail_processing',
  'mail_waiting',
  'mail_failing',
  'redis_memory',
  'consistency_violation',
] as const
export const alertRuleNameSchema = z.enum(alertRuleNames)
export type AlertRuleName = z.output<typeof alertRuleNameSchema>

const alertSeveritySchema = z.enum(['critical', 'warning'])
export type AlertSeverity = z.output<typeof alertSeveritySchema>

/**
 * `inactive`: all is well. `pending`: the threshold is passed, but not yet for long enough. `firing`. `resolved`: the
 * alert was firing, and no longer is.
 */
export const alertStateSchema = z.enum(['inactive', 'pending', 'firing', 'resolved'])
export type AlertState = z.output<typeof alertStateSchema>

/** The unit of a rule's value and thresholds: a share from 0 to 1, milliseconds, seconds, or a number of things. */
const alertUnitSchema = z.enum(['ratio', 'milliseconds', 'seconds', 'count'])
export type AlertUnit = z.output<typeof alertUnitSchema>

/** The current state of one alert. */
export const alertSchema = z.object({
  /** `rule`, or `rule:subject`. */
  name: z.string(),
  rule: alertRuleNameSchema,
  subject: z.string().nullable(),
  severity: alertSeveritySchema,
  state: alertStateSchema,
  /** When it entered this state; null if it never left `inactive`. */
  since: z.iso.datetime().nullable(),
  /** Measured over the rule's window, in the rule's unit; null if there was too little to measure. */
  value: z.number().nullable(),
})
export type Alert = z.output<typeof alertSchema>

/** How many alerts are firing and pending, and the names of those that fire (`tier_away:redis`). */
export const alertSummarySchema = z.object({
  firing: z.int().nonnegative(),
  pending: z.int().nonnegative(),
  names: z.array(z.string()),
})
export type AlertSummary = z.output<typeof alertSummarySchema>

/**
 * Why an alert changed: the value passed the threshold (`exceeded`), stayed there (`held`) or came back (`recovered`);
 * there was too little to measure for too long (`quiet`); or the rule was switched off (`disabled`).
 */
const alertReasonSchema = z.enum(['exceeded', 'held', 'recovered', 'quiet', 'disabled'])
export type AlertReason = z.output<typeof alertReasonSchema>

/** The change of an alert from one state to another. */
export const alertChangeSchema = z.object({
  /** Unique. The webhook receives it as `webhook-id`. */
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
  /** The threshold that the value was compared with. */
  threshold: z.number(),
  unit: alertUnitSchema,
})
export type AlertChange = z.output<typeof alertChangeSchema>

/**
 * The delivery of a change to ALERT_WEBHOOK_URL. `none`: changes to pending and inactive are not sent, and nothing is
 * sent without a URL. `failed`: given up after the last try, or dropped from a full queue.
 */
export const deliverySchema = z.object({
  status: z.enum(['none', 'waiting', 'delivered', 'failed']),
  tries: z.int().nonnegative(),
  /** HTTP status of the last answer; null if there was none yet. */
  last_status: z.int().nullable(),
})

/** The settings of a rule. Thresholds are ratios from 0 to 1, or have the rule's unit. */
export const alertRuleSettingsSchema = z.object({
  enabled: z.boolean(),
  /** The alert fires once the value has been past this for `for_seconds`. */
  fire_at: z.number().nonnegative(),
  /** It resolves once the value has been back at this, on the safe side of `fire_at`, for `resolve_for_seconds`. */
  resolve_at: z.number().nonnegative(),
  for_seconds: z.int().min(0).max(3_600),
  resolve_for_seconds: z.int().min(0).max(3_600),
  /** The period that is measured. Rules that measure the current moment ignore it. */
  window_seconds: z.int().min(5).max(3_600),
  /** With fewer events in the window, a ratio or an average means nothing. */
  min_count: z.int().min(0).max(1_000_000),
})
export type AlertRuleSettings = z.output<typeof alertRuleSettingsSchema>

/** `data` of `GET /api/monitoring/alerts/settings`. */
export const alertSettingsSchema = z.object({
  rules: z.object({
    hit_rate_critical: alertRuleSettingsSchema,
    hit_rate_warning: alertRuleSettingsSchema,
    response_time: alertRuleSettingsSchema,
    error_rate: alertRuleSettingsSchema,
    tier_away: alertRuleSettingsSchema,
    outbox_age: alertRuleSettingsSchema,
    queue_length: alertRuleSettingsSchema,
    jobs_waiting: alertRuleSettingsSchema,
    jobs_age: alertRuleSettingsSchema,
    jobs_failing: alertRuleSettingsSchema,
    mail_processing: alertRuleSettingsSchema,
    mail_waiting: alertRuleSettingsSchema,
    mail_failing: alertRuleSettingsSchema,
    redis_memory: alertRuleSettingsSchema,
    consistency_violation: alertRuleSettingsSchema,
  }),
})
export type AlertSettings = z.output<typeof alertSettingsSchema>

/**
 * A fault between settings that are each within bounds: a ratio above 1, or a `resolve_at` on the wrong side of
 * `fire_at`. The Worker refuses such settings, and the dashboard checks them before it sends them.
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

const changeOfRule = z.strictObject(alertRuleSettingsSchema.shape).partial().optional()

/**
 * A change of settings, the body of `POST /api/monitoring/alerts/settings`. Settings that are left out stay as they
 * are.
 */
export const alertSettingsChangeSchema = z
  .strictObject({
    rules: z.strictObject({
      hit_rate_critical: changeOfRule,
      hit_rate_warning: changeOfRule,
      response_time: changeOfRule,
      error_rate: changeOfRule,
      tier_away: changeOfRule,
      outbox_age: changeOfRule,
      queue_length: changeOfRule,
      jobs_waiting: changeOfRule,
      jobs_age: changeOfRule,
      jobs_failing: changeOfRule,
      mail_processing: changeOfRule,
      mail_waiting: changeOfRule,
      mail_failing: changeOfRule,
      redis_memory: changeOfRule,
      consistency_violation: changeOfRule,
    }),
  })
  .meta({
    examples: [
      { rules: { outbox_age: { fire_at: 30 } } },
      { rules: { hit_rate_warning: { min_count: 50 } } },
    ],
  })
export type AlertSettingsChange = z.output<typeof alertSettingsChangeSchema>

/** All alerts, the rules and the recorded changes. */
export const alertReportSchema = z.object({
  alerts: z.array(alertSchema),
  rules: z.array(
    alertRuleSettingsSchema.extend({
      rule: alertRuleNameSchema,
      severity: alertSeveritySchema,
      unit: alertUnitSchema,
      /** The side of `fire_at` on which the rule fires. */
      fires: z.enum(['below', 'above']),
      description: z.string(),
      /** Settings without effect, because the rule measures the current moment. */
      ignores: z.array(z.enum(['window_seconds', 'min_count'])),
      /** The settings that apply until they are changed. */
      defaults: alertRuleSettingsSchema,
    }),
  ),
  /** The newest first, at most 200. */
  changes: z.array(alertChangeSchema.extend({ delivery: deliverySchema })),
  /** Whether ALERT_WEBHOOK_URL is set, and how many changes wait for delivery. */
  webhook: z.object({ enabled: z.boolean(), waiting: z.int().nonnegative() }),
  timestamp: z.iso.datetime(),
})
export type AlertReport = z.output<typeof alertReportSchema>

/**
 * The users who may change the settings, from the caller's point of view: the caller, the admins of the operators'
 * workspace, or, if no such workspace is configured, only holders of the internal key.
 */
const alertSettersSchema = z.enum(['you', 'operators', 'internal_key'])
export type AlertSetters = z.output<typeof alertSettersSchema>

/** `data` of `GET /api/monitoring/alerts`. */
export const alertReportAnswerSchema = alertReportSchema.extend({ changeable_by: alertSettersSchema })
export type AlertReportAnswer = z.output<typeof alertReportAnswerSchema>
