import type { z } from 'zod'
import {
  type AlertReport,
  type AlertRuleFault,
  type AlertRuleSettings,
  alertRuleSettingsSchema,
  faultsOfAlertRule,
} from '../../../../shared/contract/alerts.ts'
import { err, ok, type Result } from '../../../../shared/result.ts'
import { alertSettingTitles } from './alert-words.ts'

/** A rule as the report shows it, with its saved settings. */
export type WatchedRule = AlertReport['rules'][number]

/** A setting that is typed. `enabled` is a checkbox. */
export type TypedSetting = Exclude<keyof AlertRuleSettings, 'enabled'>

/** Values that were entered and not saved, as the texts in the fields. A setting that is absent has its saved value. */
export interface Draft {
  readonly enabled?: boolean
  readonly texts: Readonly<Partial<Record<TypedSetting, string>>>
}

/** One sentence for each field whose text is not valid. */
type DraftFaults = Readonly<Partial<Record<TypedSetting, string>>>

export interface ThresholdField {
  readonly setting: TypedSetting
  readonly label: string
  /** The unit in which the value is typed; ratios are typed in percent. */
  readonly unit: string
}

export const untouched: Draft = { texts: {} }

const settingNames = alertRuleSettingsSchema.keyof().options
const units = { ratio: '%', milliseconds: 'ms', seconds: 's', count: 'in number' } as const

/** The fields of a rule, without settings that have no effect on it. */
export function fieldsOf({ unit, fires, ignores }: WatchedRule): ThresholdField[] {
  const fields: ThresholdField[] = [
    { setting: 'fire_at', label: `Fires ${fires}`, unit: units[unit] },
    { setting: 'for_seconds', label: alertSettingTitles.for_seconds, unit: 's' },
    { setting: 'resolve_at', label: alertSettingTitles.resolve_at, unit: units[unit] },
    { setting: 'resolve_for_seconds', label: alertSettingTitles.resolve_for_seconds, unit: 's' },
    { setting: 'window_seconds', label: alertSettingTitles.window_seconds, unit: 's' },
    { setting: 'min_count', label: alertSettingTitles.min_count, unit: 'events' },
  ]
  return fields.filter(({ setting }) => !ignores.some((ignored) => ignored === setting))
}

/** A value as it is typed: ratios in percent, without a unit. */
export function textOf(rule: WatchedRule, setting: TypedSetting, value: number): string {
  return String(isRatio(rule, setting) ? exact(value * 100) : value)
}

/** The text in a field. */
export function shownText(rule: WatchedRule, draft: Draft, setting: TypedSetting): string {
  return draft.texts[setting] ?? textOf(rule, setting, rule[setting])
}

/** A draft of the defaults, which is saved like anything typed. */
export function draftOfDefaults(rule: WatchedRule): Draft {
  const texts = fieldsOf(rule).map(({ setting }) => [setting, textOf(rule, setting, rule.defaults[setting])])
  return { enabled: rule.defaults.enabled, texts: Object.fromEntries(texts) }
}

/** Checks a draft as the API does, and returns the settings that differ from the saved ones, or the faults by field. */
export function readDraft(rule: WatchedRule, draft: Draft): Result<Partial<AlertRuleSettings>, DraftFaults> {
  const typed = Object.fromEntries(
    fieldsOf(rule).flatMap(({ setting }) => {
      const text = draft.texts[setting]
      return text === undefined ? [] : [[setting, numberOf(rule, setting, text)]]
    }),
  )
  const saved = Object.fromEntries(settingNames.map((name) => [name, rule[name]]))
  const enabled = draft.enabled ?? rule.enabled
  const parsed = alertRuleSettingsSchema.safeParse({ ...saved, ...typed, enabled })
  if (!parsed.success) return err(faultsOfFields(rule, parsed.error))
  const settings = parsed.data
  const faults = faultsOfAlertRule(rule, settings)
  if (faults.length > 0) {
    const sentences = faults.map((fault) => [fault.setting, sentenceOfFault(rule, settings, fault)])
    return err(Object.fromEntries(sentences))
  }
  const changed = settingNames.filter((name) => settings[name] !== rule[name])
  return ok(Object.fromEntries(changed.map((name) => [name, settings[name]])))
}

/** Whether the draft has changes to save, or faults. */
export function isChanged(rule: WatchedRule, draft: Draft): boolean {
  const read = readDraft(rule, draft)
  return !read.ok || Object.keys(read.value).length > 0
}

/** Text that is no plain decimal number becomes NaN, which the schema refuses. `Number()` alone would take '' for 0. */
function numberOf(rule: WatchedRule, setting: TypedSetting, text: string): number {
  const trimmed = text.trim()
  const value = /^-?\d+(\.\d+)?$/.test(trimmed) ? Number(trimmed) : Number.NaN
  return isRatio(rule, setting) ? exact(value / 100) : value
}

function isRatio({ unit }: WatchedRule, setting: TypedSetting): boolean {
  return unit === 'ratio' && (setting === 'fire_at' || setting === 'resolve_at')
}

/** Removes what binary fractions add: 7 % is 0.07, and 0.07 is 7 % again. */
function exact(value: number): number {
  return Number(value.toPrecision(12))
}

function faultsOfFields(rule: WatchedRule, error: z.core.$ZodError): DraftFaults {
  const sentences = fieldsOf(rule).flatMap((field) => {
    const issue = error.issues.findLast(({ path }) => path[0] === field.setting)
    return issue === undefined ? [] : [[field.setting, sentenceOfIssue(rule, field, issue)]]
  })
  return Object.fromEntries(sentences)
}

function sentenceOfIssue(rule: WatchedRule, field: ThresholdField, issue: z.core.$ZodIssue): string {
  const told = (bound: number | bigint) => `${textOf(rule, field.setting, Number(bound))} ${field.unit}`
  if (issue.code === 'too_small') return `At least ${told(Number(issue.minimum))}.`
  if (issue.code === 'too_big') return `At most ${told(Number(issue.maximum))}.`
  const isWhole = issue.code === 'invalid_type' && issue.expected === 'int'
  return isWhole ? 'Enter a whole number.' : 'Enter a number such as 30 or 0.5.'
}

function sentenceOfFault(
  rule: WatchedRule,
  { fire_at }: AlertRuleSettings,
  { kind }: AlertRuleFault,
): string {
  if (kind === 'ratio-above-one') return 'At most 100 %.'
  const bound = `${textOf(rule, 'fire_at', fire_at)} ${units[rule.unit]}`
  return `It fires ${rule.fires} ${bound}: resolve at that, or ${rule.fires === 'below' ? 'above' : 'below'} it.`
}
