import './thresholds.css'
import { memo } from 'react'
import type { AlertReport, AlertSetters } from '../../../../shared/contract/alerts.ts'
import { formatSeconds } from '../parts/format.ts'
import { Notice } from '../parts/notice.tsx'
import { formatValue, ruleTitles } from './alert-words.ts'
import type { WatchedRule } from './threshold-draft.ts'
import { ThresholdForm } from './threshold-form.tsx'

const refusals: Readonly<Record<Exclude<AlertSetters, 'you'>, string>> = {
  operators: "Only an admin of the operators' workspace may change these.",
  internal_key:
    "Only who holds the internal key may change these, by the API: no operators' workspace is configured here.",
}

/** Every rule with its settings, and who may change them. Rendered again only when they change. */
export const Thresholds = memo(function Thresholds({
  rules,
  setters,
}: {
  rules: AlertReport['rules']
  setters: AlertSetters
}) {
  return (
    <>
      {setters !== 'you' && <Notice tone="info">{refusals[setters]}</Notice>}
      <ul className="thresholds">
        {rules.map((rule) => (
          <li key={rule.rule}>
            <details>
              <summary>
                <strong>{ruleTitles[rule.rule]}</strong> {inBrief(rule)}
              </summary>
              <ThresholdForm rule={rule} isLocked={setters !== 'you'} />
            </details>
          </li>
        ))}
      </ul>
    </>
  )
})

function inBrief({ enabled, fires, fire_at, unit, for_seconds }: WatchedRule): string {
  if (!enabled) return 'switched off'
  return `${fires} ${formatValue(fire_at, unit)}${for_seconds === 0 ? '' : ` for ${formatSeconds(for_seconds)}`}`
}
