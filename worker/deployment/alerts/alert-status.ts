import type { AlertReason, AlertRuleSettings, AlertState } from '../../../shared/contract/alerts.ts'
import type { AlertRule } from './rules.ts'
import { isCalm, isExceeded } from './rules.ts'

/**
 * How one alert stands. Plain data, which survives storage:
 *
 *   inactive ──▶ pending ──▶ firing ──▶ resolved ──▶ pending …
 *       ◀───────────┘
 *
 * With no time to hold, the threshold passed is enough and `pending` is left out.
 */
export interface AlertStatus {
  readonly state: AlertState
  /** When the alert entered this state; null if it has always been in it. */
  readonly sinceMs: number | null
  /** While firing: since when the value has been on the safe side without a break. */
  readonly calmSinceMs: number | null
  /** While firing: when a value was last measured. */
  readonly heardAtMs: number | null
}

export const neverFired: AlertStatus = {
  state: 'inactive',
  sinceMs: null,
  calmSinceMs: null,
  heardAtMs: null,
}

/** The outcome of one evaluation. There is a reason if, and only if, the state changed. */
interface Step {
  readonly status: AlertStatus
  readonly reason: AlertReason | null
}

/** A firing alert without a value for this long is resolved: where nothing happens, nobody is affected. */
export const quietMs = 600_000

/** Evaluates one alert. Pure. A clock that goes backwards counts as no time passed. */
export function stepAlert(
  status: AlertStatus,
  value: number | null,
  rule: AlertRule,
  settings: AlertRuleSettings,
  nowMs: number,
): Step {
  const exceeds = settings.enabled && value !== null && isExceeded(rule, settings, value)
  const enter = (state: AlertState, reason: AlertReason): Step => ({
    status: {
      state,
      sinceMs: nowMs,
      calmSinceMs: null,
      heardAtMs: state === 'firing' ? nowMs : null,
    },
    reason,
  })
  const stay: Step = { status, reason: null }

  switch (status.state) {
    case 'inactive':
    case 'resolved':
      if (!exceeds) return stay
      return settings.for_seconds === 0 ? enter('firing', 'exceeded') : enter('pending', 'exceeded')
    case 'pending':
      if (!settings.enabled) return enter('inactive', 'disabled')
      if (!exceeds) return enter('inactive', value === null ? 'quiet' : 'recovered')
      return hasPassed(status.sinceMs, settings.for_seconds, nowMs) ? enter('firing', 'held') : stay
    case 'firing':
      if (!settings.enabled) return enter('resolved', 'disabled')
      return stepFiring(
        status,
        value !== null && isCalm(rule, settings, value),
        value,
        settings,
        nowMs,
        enter,
      )
  }
}

function stepFiring(
  status: AlertStatus,
  calm: boolean,
  value: number | null,
  settings: AlertRuleSettings,
  nowMs: number,
  enter: (state: AlertState, reason: AlertReason) => Step,
): Step {
  if (value === null) {
    const heardAtMs = status.heardAtMs ?? nowMs
    if (nowMs - heardAtMs >= quietMs) return enter('resolved', 'quiet')
    return { status: { ...status, heardAtMs, calmSinceMs: null }, reason: null }
  }
  const calmSinceMs = calm ? (status.calmSinceMs ?? nowMs) : null
  if (calm && hasPassed(calmSinceMs, settings.resolve_for_seconds, nowMs))
    return enter('resolved', 'recovered')
  return { status: { ...status, calmSinceMs, heardAtMs: nowMs }, reason: null }
}

/**
 * The status of an alert after a period in which nothing was evaluated. Nobody knows whether the value held meanwhile,
 * so a pending alert starts over. A firing alert goes on firing.
 */
export function afterGap(status: AlertStatus, nowMs: number): AlertStatus {
  if (status.state === 'pending') return { ...status, sinceMs: nowMs }
  if (status.state === 'firing') return { ...status, calmSinceMs: null, heardAtMs: nowMs }
  return status
}

function hasPassed(sinceMs: number | null, seconds: number, nowMs: number): boolean {
  return nowMs - (sinceMs ?? nowMs) >= seconds * 1_000
}
