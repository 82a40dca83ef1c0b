import { expect, it } from 'vitest'
import { sidesWithMore } from '../../../worker/dashboard/src/parts/scroll-edges.ts'

it.each([
  ['none', { scrollLeft: 0, clientWidth: 366, scrollWidth: 366 }],
  ['end', { scrollLeft: 0, clientWidth: 366, scrollWidth: 600 }],
  ['both', { scrollLeft: 100, clientWidth: 366, scrollWidth: 600 }],
  ['start', { scrollLeft: 234, clientWidth: 366, scrollWidth: 600 }],
  // A browser with a fine screen rounds.
  ['start', { scrollLeft: 233.4, clientWidth: 366, scrollWidth: 600 }],
  ['end', { scrollLeft: 0.6, clientWidth: 366, scrollWidth: 600 }],
] as const)('a row that scrolls says that there is more at: %s', (sides, measures) => {
  expect(sidesWithMore(measures)).toBe(sides)
})
