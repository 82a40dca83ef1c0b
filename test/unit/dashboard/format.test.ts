import { expect, it } from 'vitest'
import { formatThings } from '../../../worker/dashboard/src/parts/format.ts'

it('says one thing in the singular, and none or many in the plural', () => {
  expect([0, 1, 60_001].map((count) => formatThings(count, 'contact'))).toEqual([
    '0 contacts',
    '1 contact',
    '60,001 contacts',
  ])
  expect(formatThings(1, 'entry is', 'entries are')).toBe('1 entry is')
})
