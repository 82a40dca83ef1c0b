import { describe, expect, it } from 'vitest'
import type { HistoryReport } from '../../../shared/contract/figures.ts'
import { bySource } from '../../../shared/contract/tier-names.ts'
import { hourMs, hoursBackTo, spansOfHours, spansWithin } from '../../../worker/dashboard/src/live/hourly.ts'
import { groupMarks, marksIn, wordsOfGroup } from '../../../worker/dashboard/src/live/marks.ts'
import { hourlyWindowOf, isHourly } from '../../../worker/dashboard/src/live/plot-range.ts'
import { standingOf } from '../../../worker/dashboard/src/live/standing.ts'
import {
  endOfMinute,
  rangeTyped,
  typedInstant,
  typedMinute,
} from '../../../worker/dashboard/src/live/typed-range.ts'
import { pointsOf, trendOf } from '../../../worker/dashboard/src/parts/trend.ts'

const startMs = 10_000 * hourMs

function hoursOf(requests: readonly number[]): HistoryReport['hours'] {
  const same = <Value>(value: Value) => requests.map(() => value)
  return {
    at_ms: requests.map((_, index) => startMs + index * hourMs),
    requests: [...requests],
    ...{ hits: requests.map((each) => each / 2), errors: same(0), client_errors: same(0) },
    ...{ avg_ms: same(5), p50_ms: same(4), p95_ms: same(9), p99_ms: same(12) },
    sources: bySource(() => same(1)),
  }
}

describe('hours in a plot', () => {
  it('are spans of an hour; the running one is as long as it is old', () => {
    const spans = spansOfHours({ hours: hoursOf([3_600, 60]), to_ms: startMs + hourMs + 60_000 })
    expect(spans.map(({ seconds, requests }) => requests / seconds)).toEqual([1, 1])
    expect(spans[0]).toMatchObject({ hitRate: 0.5, p95Ms: 9 })
    expect(spansWithin(spans, { fromMs: startMs + hourMs, toMs: startMs + 2 * hourMs })).toHaveLength(1)
  })

  it('are asked for back to the beginning of the window, and never further than they are kept', () => {
    expect(hoursBackTo(startMs, startMs + 1, 720)).toBe(1)
    expect(hoursBackTo(startMs - 1, startMs + 1, 720)).toBe(2)
    expect(hoursBackTo(0, startMs, 720)).toBe(720)
    expect(hoursBackTo(startMs + hourMs, startMs, 720)).toBe(1)
  })

  it('are shown where the last hour does not reach', () => {
    expect(isHourly({ kind: 'preset', preset: '1h' }, startMs)).toBe(false)
    expect(isHourly({ kind: 'preset', preset: '24h' }, startMs)).toBe(true)
    expect(isHourly({ kind: 'fixed', fromMs: startMs - 60_000, toMs: startMs }, startMs)).toBe(false)
    expect(isHourly({ kind: 'fixed', fromMs: startMs - 2 * hourMs, toMs: startMs - hourMs }, startMs)).toBe(
      true,
    )
    expect(hourlyWindowOf({ kind: 'preset', preset: '6h' }, startMs)).toEqual({
      fromMs: startMs - 6 * hourMs,
      toMs: startMs,
    })
    // A mark of a few minutes would have no point in it.
    expect(hourlyWindowOf({ kind: 'fixed', fromMs: 0, toMs: 60_000 }, startMs)).toEqual({
      fromMs: 0,
      toMs: 2 * hourMs,
    })
  })
})

describe('a typed range', () => {
  it('is read as it is written, and refused with its reason', () => {
    const typed = (atMs: number) => typedInstant(atMs)
    expect(rangeTyped(typed(startMs - hourMs), typed(startMs), startMs)).toEqual({
      ok: true,
      value: { fromMs: startMs - hourMs, toMs: startMs },
    })
    expect(rangeTyped(typed(startMs), typed(startMs - 1_000), startMs)).toMatchObject({ error: 'too-short' })
    expect(rangeTyped(typed(startMs - 800 * hourMs), typed(startMs), startMs)).toMatchObject({
      error: 'too-early',
    })
    expect(rangeTyped('', typed(startMs), startMs)).toMatchObject({ error: 'no-time' })
  })

  it('reaches to the end of a minute if only that is typed', () => {
    expect(endOfMinute(typedMinute(startMs + 12_345))).toBe(startMs + 59_999)
    expect(endOfMinute('')).toBeNull()
  })
})

describe('the marks in a plot', () => {
  const marks = marksIn({
    deploys: [{ at_ms: startMs + 500_000, version: '0123456789abcdef' }],
    alerts: [
      {
        at_ms: startMs + 501_000,
        name: 'tier_away:redis',
        rule: 'tier_away',
        severity: 'critical',
        to: 'firing',
      },
      {
        at_ms: startMs + 900_000,
        name: 'jobs_failing:exports_daily',
        rule: 'jobs_failing',
        severity: 'critical',
        to: 'resolved',
      },
    ],
  })

  it('are grouped where they cannot be told apart, and an alert that fires gives the colour', () => {
    const groups = groupMarks(marks, { fromMs: startMs, toMs: startMs + 1_000_000 })
    expect(groups.map(({ share, kind }) => [share, kind])).toEqual([
      [0.5, 'firing'],
      [0.9, 'resolved'],
    ])
    const [first] = groups
    if (first === undefined) throw new Error('there is no group')
    expect(wordsOfGroup(first, () => '14:00')).toBe(
      '14:00: version 0123456789ab first seen; Tier away: redis firing',
    )
  })

  it('have the titles of the alerts elsewhere on the page', () => {
    expect(marks.at(-1)?.text).toBe('Jobs that fail: exports daily resolved')
  })

  it('say of a version that had run before that it was gone back to', () => {
    const deploys = [
      { at_ms: startMs + 3_000, version: 'v1' },
      { at_ms: startMs + 2_000, version: 'v2' },
      { at_ms: startMs + 1_000, version: 'v1' },
    ]
    expect(marksIn({ deploys, alerts: [] }).map(({ text }) => text)).toEqual([
      'version v1 first seen',
      'version v2 first seen',
      'back to version v1',
    ])
  })

  it('are those of the window, in a bounded number', () => {
    expect(groupMarks(marks, { fromMs: startMs, toMs: startMs + 1_000 })).toEqual([])
    const many = Array.from({ length: 5_000 }, (_, index) => ({
      ...{ atMs: startMs + index * 1_000, kind: 'deploy' as const, text: 'version' },
    }))
    expect(groupMarks(many, { fromMs: startMs, toMs: startMs + 5_000_000 }).length).toBeLessThan(70)
  })
})

describe('the standing of a figure', () => {
  const rule = { enabled: true, severity: 'warning', fires: 'below', unit: 'ratio', fire_at: 0.8 } as const
  const rules = [
    { ...rule, rule: 'hit_rate_warning' },
    { ...rule, rule: 'hit_rate_critical', severity: 'critical', fire_at: 0.5 },
  ] as const
  const names = ['hit_rate_critical', 'hit_rate_warning'] as const

  it.each([
    [0.9, { tone: 'good', words: 'ok, alerts below 80.0 %' }],
    [0.7, { tone: 'warn', words: 'warning: below 80.0 %' }],
    [0.4, { tone: 'bad', words: 'critical: below 50.0 %' }],
    [null, null],
  ])('is said in words, the severest first: %j', (value, standing) => {
    expect(standingOf(value, rules, names)).toEqual(standing && { ...standing, isOfAnother: false })
  })

  it('names the figure that the rules watch, if it is another one than the figure that is shown', () => {
    const [rule] = rules
    const words = (value: number) => standingOf(value, [rule], ['hit_rate_warning'], 'mean')?.words
    expect([words(0.7), words(0.9)]).toEqual(['warning: mean below 80.0 %', 'mean ok, alerts below 80.0 %'])
    expect(standingOf(0.7, [rule], ['hit_rate_warning'], 'mean')?.isOfAnother).toBe(true)
  })

  it('is not judged by a rule that is switched off', () => {
    expect(
      standingOf(
        0.4,
        rules.map((each) => ({ ...each, enabled: false })),
        names,
      ),
    ).toBeNull()
  })
})

describe('the course of a figure', () => {
  it('is drawn from its least to its greatest value, without what was not measured', () => {
    expect(pointsOf([0, null, 10], 100, 20)).toBe('0.0,20.0 100.0,0.0')
    expect(pointsOf([5], 100, 20)).toBe('')
  })

  it('is said in a word', () => {
    expect(trendOf([1, 1, 1, 1, 2, 2])).toBe('rising')
    expect(trendOf([2, 2, 2, 2, 1, 1])).toBe('falling')
    expect(trendOf([100, 101, 100, 99, 100, 101])).toBe('steady')
    expect(trendOf([1, null])).toBeNull()
  })
})
