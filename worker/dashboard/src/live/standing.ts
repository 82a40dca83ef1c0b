import type { AlertReport, AlertRuleName } from '../../../../shared/contract/alerts.ts'
import type { Standing } from '../parts/trend.ts'
import { formatValue } from './alert-words.ts'

type Rule = Pick<AlertReport['rules'][number], 'rule' | 'enabled' | 'fire_at' | 'severity' | 'fires' | 'unit'>

/**
 * The standing of a figure by the rules that watch it, the severest first; null if none does, or nothing was measured. `of` names the figure
 * if the rules watch another one than the figure that it stands below.
 */
export function standingOf(
  value: number | null,
  rules: readonly Rule[],
  names: readonly AlertRuleName[],
  of?: string,
): Standing | null {
  const watching = names.flatMap((name) => rules.find(({ rule, enabled }) => rule === name && enabled) ?? [])
  const first = watching.at(-1)
  if (value === null || first === undefined) return null
  const subject = of === undefined ? '' : `${of} `
  const isOfAnother = of !== undefined
  const passed = watching.find(({ fires, fire_at }) =>
    fires === 'below' ? value < fire_at : value > fire_at,
  )
  if (passed === undefined) {
    const words = `${subject}ok, alerts ${first.fires} ${formatValue(first.fire_at, first.unit)}`
    return { tone: 'good', words, isOfAnother }
  }
  return {
    tone: passed.severity === 'critical' ? 'bad' : 'warn',
    words: `${passed.severity}: ${subject}${passed.fires} ${formatValue(passed.fire_at, passed.unit)}`,
    isOfAnother,
  }
}
