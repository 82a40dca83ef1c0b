import { expect, it } from 'vitest'
import { formatDayIfPast, formatThings } from '../../../worker/dashboard/src/parts/format.ts'

it('says one thing in the singular, and none or many in the plural', () => {
  expect([0, 1, 60_001].map((count) => formatThings(count, 'contact'))).toEqual([
    '0 contacts',
    '1 contact',
    '60,001 contacts',
  ])
  expect(formatThings(1, 'entry is', 'entries are')).toBe('1 entry is')
})

it('says the day of a time of another day, and none of a time of today', () => {
  const nowMs = new Date(2026, 10, 27, 10, 2).getTime()
  expect(formatDayIfPast(nowMs, '10:02', nowMs)).toBe('10:02')
  expect(formatDayIfPast(new Date(2025, 5, 30, 23, 59).getTime(), '23:59', nowMs)).toBe('30 Jun 2025, 23:59')
})
