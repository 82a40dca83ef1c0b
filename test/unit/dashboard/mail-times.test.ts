import { expect, it } from 'vitest'
import { oldestMsOf, slowestMsOf } from '../../../worker/dashboard/src/mail/mail-times.ts'

const hour = (processed: number, maxMs: number) => ({
  ...{ processed, processing: { meanMs: maxMs, maxMs, slow: 0 } },
})

it('has no duration where no message was processed, and none waits', () => {
  expect(slowestMsOf([hour(0, 0)])).toBeNull()
  expect(slowestMsOf([hour(0, 0), hour(2, 40), hour(1, 90)])).toBe(90)
  expect(oldestMsOf({ high: 0, normal: 0, low: 0, oldestMs: 0 })).toBeNull()
  expect(oldestMsOf({ high: 0, normal: 1, low: 0, oldestMs: 0 })).toBe(0)
})
