import { expect, it } from 'vitest'
import { firstDifference, lastingPart } from '../../support/lasting-part.ts'
import { type CheckReport, figureOf, type Report, verdictOf, withoutSecrets } from '../../validate/report.ts'
import { reportText } from '../../validate/report-text.ts'

const check = (
  name: string,
  outcome: CheckReport['outcome'],
  more: Partial<CheckReport> = {},
): CheckReport => ({
  ...{ name, title: `${name} holds`, outcome, reason: null, findings: [], findingsMore: 0 },
  ...{ notes: [], figures: [], requests: 1, durationMs: 2, ...more },
})

it('a run passes only if a check ran, none failed or was cut short, and nothing is left behind', () => {
  const passed = check('one', 'passed')
  const skipped = check('two', 'skipped')
  expect(verdictOf([passed, skipped], [], false)).toBe('passed')
  expect(verdictOf([skipped], [], false)).toBe('failed')
  expect(verdictOf([passed, check('three', 'failed')], [], false)).toBe('failed')
  expect(verdictOf([passed, check('three', 'unfinished')], [], false)).toBe('failed')
  expect(verdictOf([passed], ['rows'], false)).toBe('failed')
  expect(verdictOf([passed], [], true)).toBe('interrupted')
})

it('the text says what is wrong before anything else, with every figure and what is left behind', () => {
  const report: Report = {
    ...{
      tool: 'boardcache-validate',
      formatVersion: 1,
      url: 'https://cache.example.com',
      workspace: 'canary',
    },
    ...{ startedAt: '2026-11-27T12:00:00.000Z', durationMs: 4_200, isQuick: true, verdict: 'failed' },
    plan: { requestsMax: 100, deadlineSeconds: 120, writes: [] },
    requests: 3,
    counts: { passed: 1, failed: 1, skipped: 1, unfinished: 0 },
    checks: [
      check('cors', 'failed', { findings: [{ expected: 'no origin', saw: '*' }], findingsMore: 2 }),
      check('rows', 'passed', { figures: [figureOf('a row', [1, 2, 30.04], '2000 ms')] }),
      check('redis-off', 'skipped', { reason: 'not given' }),
    ],
    left: ['rows remain'],
  }
  const text = reportText(report)
  for (const part of [
    'failed',
    '**cors**: no origin. Seen: *.',
    '2 more',
    '| a row | 3 | 2 | 30 | 30 | 30 | 2000 ms |',
    'not given',
    'rows remain',
  ])
    expect(text).toContain(part)
  expect(text.indexOf('## Wrong')).toBeLessThan(text.indexOf('## Checks'))
})

it('a secret is replaced wherever it stands', () => {
  expect(withoutSecrets('a key-1 b key-1', ['key-1'])).toBe('a [secret] b [secret]')
})

it('answers are compared without what differs from one to the next, and a difference is named by its place', () => {
  const one = { requestId: 'a', data: { contacts: [{ name: 'A', updated_at: 1 }], _cache: { age: 1 } } }
  const other = { requestId: 'b', data: { contacts: [{ name: 'B', updated_at: 2 }], _cache: { age: 2 } } }
  expect(firstDifference(lastingPart(one), lastingPart(other))).toBe('data.contacts[0].name')
  expect(firstDifference(lastingPart(one), lastingPart({ ...other, data: one.data }))).toBeNull()
  expect(firstDifference({ a: [1] }, { a: [1, 2] })).toBe('a[1]')
  expect(firstDifference({ a: null }, { a: {} })).toBe('a')
  expect(firstDifference(1, 2)).toBe('the whole')
})
