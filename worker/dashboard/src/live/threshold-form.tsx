import { type FormEvent, useId, useState } from 'react'
import type { AlertRuleSettings } from '../../../../shared/contract/alerts.ts'
import { formatClock } from '../parts/format.ts'
import { FailureNotice } from '../parts/notice.tsx'
import { ruleTitles } from './alert-words.ts'
import {
  type Draft,
  draftOfDefaults,
  fieldsOf,
  isChanged,
  readDraft,
  shownText,
  type ThresholdField,
  type TypedSetting,
  textOf,
  untouched,
  type WatchedRule,
} from './threshold-draft.ts'
import { useSaveAlertSettings } from './use-save-alert-settings.ts'

interface Outcome {
  readonly tone: 'good' | 'bad' | 'info'
  readonly text: string
}

/**
 * The settings of a rule. Nothing is sent until all of it is valid, and typed values stay until they are saved or
 * discarded. A user who may not change them sees the same fields, locked.
 */
export function ThresholdForm({ rule, isLocked }: { rule: WatchedRule; isLocked: boolean }) {
  const { draft, save, outcome, faults, edit, submit, fillIn } = useDraft(rule)
  const what = ruleTitles[rule.rule]
  return (
    <form className="threshold" noValidate onSubmit={submit} aria-label={what}>
      <p className="quiet small">{rule.description}</p>
      <label className="threshold-enabled">
        <input
          type="checkbox"
          checked={draft.enabled ?? rule.enabled}
          disabled={isLocked}
          onChange={({ target }) => edit({ ...draft, enabled: target.checked })}
        />
        Watched
      </label>
      <div className="threshold-fields">
        {fieldsOf(rule).map((field) => (
          <ThresholdInput
            key={field.setting}
            field={field}
            text={shownText(rule, draft, field.setting)}
            fault={faults[field.setting]}
            isLocked={isLocked}
            onChange={(text) => edit({ ...draft, texts: { ...draft.texts, [field.setting]: text } })}
          />
        ))}
      </div>
      {!isLocked && (
        <p className="row">
          <button type="submit" className="primary" disabled={save.isPending}>
            {save.isPending ? 'Saving …' : 'Save'}
          </button>
          <button
            type="button"
            onClick={() => fillIn(draftOfDefaults(rule), 'The defaults are filled in. Save to apply them.')}
          >
            Defaults
          </button>
          <button
            type="button"
            className="plain"
            onClick={() => fillIn(untouched, 'Your changes were discarded.')}
          >
            Discard changes
          </button>
        </p>
      )}
      {/* There from the beginning, so that a screen reader tells what comes to stand in it. */}
      <div role="status" className={outcome === null ? 'hidden' : `notice notice-${outcome.tone}`}>
        {outcome?.text}
      </div>
      {save.isError && <FailureNotice error={save.error} />}
    </form>
  )
}

function useDraft(rule: WatchedRule) {
  const save = useSaveAlertSettings()
  const [draft, setDraft] = useState<Draft>(untouched)
  const [isTried, setIsTried] = useState(false)
  const [outcome, setOutcome] = useState<Outcome | null>(null)
  const read = readDraft(rule, draft)

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    save.reset()
    setIsTried(true)
    if (!read.ok) {
      const wrong = fieldsOf(rule).filter(({ setting }) => read.error[setting] !== undefined)
      setOutcome({
        tone: 'bad',
        text: `Not saved, to be corrected: ${wrong.map(({ label }) => label).join(', ')}.`,
      })
      const first = event.currentTarget.elements.namedItem(wrong[0]?.setting ?? '')
      if (first instanceof HTMLElement) first.focus()
      return
    }
    if (!isChanged(rule, draft)) {
      setOutcome({ tone: 'info', text: 'There is nothing to save.' })
      return
    }
    setOutcome(null)
    const change = read.value
    save.mutate(
      { rules: { [rule.rule]: change } },
      {
        onSuccess: () => {
          // Values that were typed during the save are kept.
          setDraft((now) => (now === draft ? untouched : now))
          setIsTried(false)
          setOutcome({
            tone: 'good',
            text: `Saved at ${formatClock(Date.now())}: ${describe(rule, change)}.`,
          })
        },
      },
    )
  }

  function fillIn(filled: Draft, text: string) {
    save.reset()
    setDraft(filled)
    setIsTried(false)
    setOutcome({ tone: 'info', text: isChanged(rule, filled) ? text : 'These values are saved already.' })
  }

  const faults = isTried && !read.ok ? read.error : {}
  return { draft, save, outcome, faults, edit: setDraft, submit, fillIn }
}

interface ThresholdInputProps {
  readonly field: ThresholdField
  readonly text: string
  readonly fault: string | undefined
  readonly isLocked: boolean
  onChange(text: string): void
}

/** A text field: a number field would hide a text that is no number from the page, and the user would lose it. */
function ThresholdInput({ field, text, fault, isLocked, onChange }: ThresholdInputProps) {
  const id = useId()
  return (
    <div className="field">
      <label htmlFor={id}>
        {field.label} <span className="hidden">({field.unit})</span>
      </label>
      <span className="with-unit">
        <input
          id={id}
          name={field.setting}
          type="text"
          inputMode="decimal"
          autoComplete="off"
          value={text}
          readOnly={isLocked}
          aria-invalid={fault !== undefined}
          aria-describedby={fault === undefined ? undefined : `${id}-fault`}
          onChange={({ target }) => onChange(target.value)}
        />
        <span className="quiet small" aria-hidden="true">
          {field.unit}
        </span>
      </span>
      {fault !== undefined && (
        <span className="bad small" id={`${id}-fault`}>
          {fault}
        </span>
      )}
    </div>
  )
}

/** Says what was changed, and what it was before. */
function describe(rule: WatchedRule, change: Partial<AlertRuleSettings>): string {
  const toldOf = (setting: TypedSetting, value: number, unit: string) =>
    `${textOf(rule, setting, value)} ${unit}`
  const numbers = fieldsOf(rule).flatMap(({ setting, label, unit }) => {
    const value = change[setting]
    if (value === undefined) return []
    return [
      `${label.toLowerCase()} ${toldOf(setting, value, unit)} (was ${toldOf(setting, rule[setting], unit)})`,
    ]
  })
  const watched = change.enabled === undefined ? [] : [change.enabled ? 'watched' : 'no longer watched']
  return [...watched, ...numbers].join(', ')
}
