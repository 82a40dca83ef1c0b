import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AlertReason, AlertRuleSettings, AlertState } from '../../../../shared/contract/alerts.ts'
import {
  type AlertStatus,
  afterGap,
  neverFired,
  quietMs,
  stepAlert,
} from '../../../../worker/deployment/alerts/alert-status.ts'
import { alertRules, isCalm, isExceeded } from '../../../../worker/deployment/alerts/rules.ts'

const settingsOf = (changes: Partial<AlertRuleSettings> = {}): AlertRuleSettings => ({
  enabled: true,
  fire_at: 0.5,
  resolve_at: 0.6,
  for_seconds: 10,
  resolve_for_seconds: 5,
  window_seconds: 60,
  min_count: 0,
  ...changes,
})
const rule = alertRules.hit_rate_critical

interface Seen {
  readonly atMs: number
  readonly value: number | null
  readonly state: AlertState
  readonly reason: AlertReason | null
}

/** Evaluates one alert once a second. */
function run(values: readonly (number | null)[], settings = settingsOf()): Seen[] {
  let status: AlertStatus = neverFired
  return values.map((value, second) => {
    const atMs = 1_000_000 + second * 1_000
    const step = stepAlert(status, value, rule, settings, atMs)
    // The status survives storage.
    status = JSON.parse(JSON.stringify(step.status)) as AlertStatus
    return { atMs, value, state: status.state, reason: step.reason }
  })
}

const times = <Value>(count: number, value: Value): Value[] => Array.from({ length: count }, () => value)
const changesOf = (seen: readonly Seen[]) =>
  seen.filter(({ reason }) => reason !== null).map(({ state, reason }) => `${state} ${reason}`)

describe('an alert', () => {
  it('is pending while its threshold is passed, fires once that has held, and resolves once it is calm', () => {
    expect(changesOf(run([...times(3, 0.9), ...times(11, 0.4), ...times(7, 0.7)]))).toEqual([
      'pending exceeded',
      'firing held',
      'resolved recovered',
    ])
  })

  it('that comes back before it has held never fires', () => {
    expect(changesOf(run([...times(9, 0.4), 0.5, ...times(9, 0.4), 0.9]))).toEqual([
      'pending exceeded',
      'inactive recovered',
      'pending exceeded',
      'inactive recovered',
    ])
  })

  it('goes on firing between the two thresholds', () => {
    const seen = run([...times(11, 0.4), ...times(100, 0.55)])
    expect(seen.at(-1)?.state).toBe('firing')
  })

  it('is not resolved by a calm that does not last', () => {
    const unsteady = Array.from({ length: 100 }, (_, second) => (second % 5 === 4 ? 0.55 : 0.9))
    expect(run([...times(11, 0.4), ...unsteady]).at(-1)?.state).toBe('firing')
  })

  it('without a time to hold fires at once', () => {
    expect(changesOf(run([0.4], settingsOf({ for_seconds: 0 })))).toEqual(['firing exceeded'])
  })

  it('is held, while nothing is known, for ten minutes and no longer', () => {
    const seen = run([...times(11, 0.4), ...times(quietMs / 1_000, null)])
    expect(seen.at(-2)?.state).toBe('firing')
    expect(seen.at(-1)).toMatchObject({ state: 'resolved', reason: 'quiet' })
  })

  it('of a rule that is switched off is over', () => {
    const off = settingsOf({ enabled: false })
    const firing: AlertStatus = { state: 'firing', sinceMs: 0, calmSinceMs: null, heardAtMs: 0 }
    const pending: AlertStatus = { ...firing, state: 'pending' }
    expect(stepAlert(firing, 0.1, rule, off, 1)).toMatchObject({
      reason: 'disabled',
      status: { state: 'resolved' },
    })
    expect(stepAlert(pending, 0.1, rule, off, 1)).toMatchObject({
      reason: 'disabled',
      status: { state: 'inactive' },
    })
    expect(stepAlert(neverFired, 0.1, rule, off, 1)).toEqual({ status: neverFired, reason: null })
  })

  it('does not count time in which nobody looked as time that it held or was calm', () => {
    const pending: AlertStatus = { state: 'pending', sinceMs: 0, calmSinceMs: null, heardAtMs: null }
    const late = 1_000_000
    expect(stepAlert(afterGap(pending, late), 0.1, rule, settingsOf(), late).reason).toBeNull()
    const firing: AlertStatus = { state: 'firing', sinceMs: 0, calmSinceMs: 0, heardAtMs: 0 }
    expect(stepAlert(afterGap(firing, late), 0.9, rule, settingsOf(), late).reason).toBeNull()
  })
})

describe('whatever the values', () => {
  const value = fc.option(fc.double({ min: 0, max: 1, noNaN: true }))
  /** Runs of the same value, so that a value sometimes holds. */
  const values = fc
    .array(fc.tuple(value, fc.integer({ min: 1, max: 20 })), { minLength: 1, maxLength: 25 })
    .map((stretches) => stretches.flatMap(([each, seconds]) => times(seconds, each)))
  const settings = fc
    .record({
      thresholds: fc.tuple(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
      ),
      for_seconds: fc.integer({ min: 0, max: 15 }),
      resolve_for_seconds: fc.integer({ min: 0, max: 15 }),
    })
    .map(({ thresholds: [one, other], ...durations }) =>
      settingsOf({ ...durations, fire_at: Math.min(one, other), resolve_at: Math.max(one, other) }),
    )

  it('an alert fires only when each value since it was pending passed the threshold, for as long as it must', () => {
    fc.assert(
      fc.property(values, settings, (given, set) => {
        const seen = run(given, set)
        for (const [index, { state, reason }] of seen.entries()) {
          if (state !== 'firing' || reason === null) continue
          const held = seen.slice(Math.max(0, index - set.for_seconds), index + 1)
          expect(held).toHaveLength(set.for_seconds + 1)
          for (const each of held) expect(each.value !== null && isExceeded(rule, set, each.value)).toBe(true)
        }
      }),
    )
  })

  it('an alert always fires when its threshold is passed for long enough, and says so at that second', () => {
    fc.assert(
      fc.property(values, settings, (given, set) => {
        const seen = run(given, set)
        let exceededSeconds = 0
        for (const { value: each, state } of seen) {
          exceededSeconds = each !== null && isExceeded(rule, set, each) ? exceededSeconds + 1 : 0
          if (exceededSeconds > set.for_seconds) expect(state).toBe('firing')
        }
      }),
    )
  })

  it('an alert resolves only when each value was calm for as long as it must', () => {
    fc.assert(
      fc.property(values, settings, (given, set) => {
        const seen = run(given, set)
        for (const [index, { reason, state }] of seen.entries()) {
          if (state !== 'resolved' || reason === null) continue
          const calm = seen.slice(Math.max(0, index - set.resolve_for_seconds), index + 1)
          for (const each of calm) expect(each.value !== null && isCalm(rule, set, each.value)).toBe(true)
        }
      }),
    )
  })

  it('firing and resolved take turns, and every change leads to another state', () => {
    fc.assert(
      fc.property(values, settings, (given, set) => {
        let before: AlertState = 'inactive'
        let isFiring = false
        for (const { state, reason } of run(given, set)) {
          expect(state !== before).toBe(reason !== null)
          if (reason !== null && state === 'firing') {
            expect(isFiring).toBe(false)
            isFiring = true
          }
          if (reason !== null && state === 'resolved') {
            expect(isFiring).toBe(true)
            isFiring = false
          }
          before = state
        }
      }),
    )
  })

  it('where nothing is known nothing begins', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), settings, (seconds, set) => {
        expect(changesOf(run(times(seconds, null), set))).toEqual([])
      }),
    )
  })
})
