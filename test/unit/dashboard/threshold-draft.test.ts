import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AlertRuleName } from '../../../shared/contract/alerts.ts'
import { alertRuleNames, alertSettingsChangeSchema } from '../../../shared/contract/alerts.ts'
import {
  type Draft,
  draftOfDefaults,
  fieldsOf,
  isChanged,
  readDraft,
  shownText,
  textOf,
  untouched,
  type WatchedRule,
} from '../../../worker/dashboard/src/live/threshold-draft.ts'
import { applyAlertSettings } from '../../../worker/deployment/alerts/alert-settings.ts'
import { alertRules, defaultAlertSettings } from '../../../worker/deployment/alerts/rules.ts'

function ruleOf(name: AlertRuleName, changes: Partial<WatchedRule> = {}): WatchedRule {
  const { severity, unit, fires, description, ignores } = alertRules[name]
  const defaults = defaultAlertSettings.rules[name]
  return {
    ...defaults,
    rule: name,
    severity,
    unit,
    fires,
    description,
    ignores: [...ignores],
    defaults,
    ...changes,
  }
}

const typed = (texts: Draft['texts']): Draft => ({ texts })

describe('what is typed of a threshold', () => {
  it('is sent where it differs from what is saved, ratios typed in percent', () => {
    const draft = typed({ fire_at: '7', resolve_at: '3', for_seconds: '45' })
    expect(readDraft(ruleOf('error_rate'), draft)).toEqual({
      ok: true,
      value: { fire_at: 0.07, for_seconds: 45 },
    })
    expect(readDraft(ruleOf('error_rate'), { enabled: false, texts: {} })).toEqual({
      ok: true,
      value: { enabled: false },
    })
  })

  it.each([
    ['fire_at', '', 'Enter a number such as 30 or 0.5.'],
    ['fire_at', 'soon', 'Enter a number such as 30 or 0.5.'],
    ['fire_at', '0x10', 'Enter a number such as 30 or 0.5.'],
    ['fire_at', '-1', 'At least 0 ms.'],
    ['for_seconds', '1.5', 'Enter a whole number.'],
    ['for_seconds', '3601', 'At most 3600 s.'],
    ['window_seconds', '4', 'At least 5 s.'],
    ['min_count', '9'.repeat(30), 'At most 1000000 events.'],
    ['resolve_at', '101', 'It fires above 100 ms: resolve at that, or below it.'],
  ] as const)('is refused at its field: %s %j', (setting, text, sentence) => {
    expect(readDraft(ruleOf('response_time'), typed({ [setting]: text }))).toEqual({
      ok: false,
      error: { [setting]: sentence },
    })
  })

  it('is held to the bounds of its unit', () => {
    const hitRate = ruleOf('hit_rate_warning')
    expect(readDraft(hitRate, typed({ resolve_at: '101' }))).toEqual({
      ok: false,
      error: { resolve_at: 'At most 100 %.' },
    })
    expect(readDraft(hitRate, typed({ fire_at: '90' }))).toEqual({
      ok: false,
      error: { resolve_at: 'It fires below 90 %: resolve at that, or above it.' },
    })
  })

  it.each(alertRuleNames)('is taken exactly where the API takes it: %s', (name) => {
    const rule = ruleOf(name)
    const text = fc.integer({ min: -10, max: 40_000 }).map((tenths) => String(tenths / 10))
    const texts = fc.record({ fire_at: text, resolve_at: text, for_seconds: text }, { requiredKeys: [] })
    fc.assert(
      fc.property(texts, (each) => {
        const sent = Object.entries(each).map(([setting, value]) => {
          const isPercent = rule.unit === 'ratio' && setting !== 'for_seconds'
          return [setting, Number(value) / (isPercent ? 100 : 1)]
        })
        const change = alertSettingsChangeSchema.safeParse({ rules: { [name]: Object.fromEntries(sent) } })
        const isTaken = change.success && applyAlertSettings(defaultAlertSettings, change.data).ok
        expect(readDraft(rule, typed(each)).ok).toBe(isTaken)
      }),
    )
  })
})

describe('a draft', () => {
  it.each(alertRuleNames)('shows what is saved, and is no change as it is shown: %s', (name) => {
    const rule = ruleOf(name)
    const shown = fieldsOf(rule).map(({ setting }) => [setting, shownText(rule, untouched, setting)])
    expect(isChanged(rule, untouched)).toBe(false)
    expect(isChanged(rule, typed(Object.fromEntries(shown)))).toBe(false)
  })

  it.each(alertRuleNames)(
    'of the defaults brings back what holds where nobody changed anything: %s',
    (name) => {
      const changed = ruleOf(name, { enabled: false, fire_at: 0.31, resolve_at: 0.31, for_seconds: 7 })
      const { enabled, fire_at, resolve_at, for_seconds } = defaultAlertSettings.rules[name]
      expect(readDraft(changed, draftOfDefaults(changed))).toEqual({
        ok: true,
        value: { enabled, fire_at, resolve_at, ...(for_seconds === 7 ? {} : { for_seconds }) },
      })
      expect(isChanged(ruleOf(name), draftOfDefaults(ruleOf(name)))).toBe(false)
    },
  )

  it('shows a percentage without what binary fractions add', () => {
    for (let percent = 0; percent <= 100; percent += 1) {
      expect(textOf(ruleOf('error_rate'), 'fire_at', percent / 100)).toBe(String(percent))
    }
  })

  it('leaves out what makes no difference to the rule', () => {
    expect(fieldsOf(ruleOf('outbox_age')).map(({ setting }) => setting)).toEqual([
      ...['fire_at', 'for_seconds', 'resolve_at', 'resolve_for_seconds'],
    ])
  })
})
