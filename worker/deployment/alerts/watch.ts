import type { Alert, AlertChange, AlertSettings } from '../../../shared/contract/alerts.ts'
import type { AlertStatus } from './alert-status.ts'
import { afterGap, neverFired, stepAlert } from './alert-status.ts'
import type { Observation } from './observation.ts'
import type { AlertIdentity } from './rules.ts'
import { alertIdentities, alertRules } from './rules.ts'

/** The status and latest value of every alert, by name, and when they were last evaluated. */
export interface Watch {
  readonly statuses: ReadonlyMap<string, AlertStatus>
  readonly values: ReadonlyMap<string, number | null>
  readonly lookedAtMs: number | null
}

export const unwatched: Watch = { statuses: new Map(), values: new Map(), lookedAtMs: null }

/** If evaluations are further apart than this, nobody knows what happened in between. */
export const gapMs = 20_000

interface Look {
  readonly watch: Watch
  /** In the order of the rules, at most one for each alert. */
  readonly changes: readonly AlertChange[]
}

/** Evaluates every rule against an observation. Pure but for the ids of changes. */
export function look(
  watch: Watch,
  observation: Observation,
  settings: AlertSettings,
  newId: () => string,
): Look {
  const nowMs = observation.atMs
  const isAfterGap = watch.lookedAtMs === null || nowMs - watch.lookedAtMs > gapMs
  const statuses = new Map<string, AlertStatus>()
  const values = new Map<string, number | null>()
  const changes: AlertChange[] = []
  for (const identity of alertIdentities) {
    const rule = alertRules[identity.rule]
    const ruleSettings = settings.rules[identity.rule]
    const known = watch.statuses.get(identity.name) ?? neverFired
    const before = isAfterGap ? afterGap(known, nowMs) : known
    const value = rule.measure(observation, ruleSettings, identity.subject)
    const { status, reason } = stepAlert(before, value, rule, ruleSettings, nowMs)
    statuses.set(identity.name, status)
    values.set(identity.name, value)
    if (reason === null) continue
    changes.push({
      id: newId(),
      ...identity,
      severity: rule.severity,
      from: before.state,
      to: status.state,
      reason,
      at: new Date(nowMs).toISOString(),
      value,
      threshold: status.state === 'resolved' ? ruleSettings.resolve_at : ruleSettings.fire_at,
      unit: rule.unit,
    })
  }
  return { watch: { statuses, values, lookedAtMs: nowMs }, changes }
}

/** All alerts as the API shows them. */
export function alertsOf({ statuses, values }: Watch): Alert[] {
  return alertIdentities.map((identity: AlertIdentity) => {
    const { state, sinceMs } = statuses.get(identity.name) ?? neverFired
    return {
      ...identity,
      severity: alertRules[identity.rule].severity,
      state,
      since: sinceMs === null ? null : new Date(sinceMs).toISOString(),
      value: values.get(identity.name) ?? null,
    }
  })
}
