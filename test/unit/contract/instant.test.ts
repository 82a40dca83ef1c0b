import { expect, test } from 'vitest'
import { instant } from '../../../shared/instant.ts'

test.each([
  '2026-01-31T12:00:00Z',
  '2026-01-31T12:00:00.5Z',
  '2026-01-31T12:00:00.123456789Z',
  '2026-01-31T12:00:00+15:59',
  '2026-01-31T12:00:00-15:59',
  '2026-01-31T12:00:00-00:00',
  '2024-02-29T00:00:00Z',
  '0001-01-01T00:00:00Z',
  '0001-01-01T05:00:00+05:00',
  '9999-12-31T23:59:59.999999Z',
  '9999-12-31T23:59:59.9999994Z',
  '9999-12-31T22:59:59-01:00',
])('%s is an instant', (text) => {
  expect(instant.safeParse(text).success).toBe(true)
})

test.each([
  ['without an offset', '2026-01-31T12:00:00'],
  ['without a time', '2026-01-31'],
  ['without seconds', '2026-01-31T12:00Z'],
  ['an offset of sixteen hours', '2026-01-31T12:00:00+16:00'],
  ['an offset of minus twenty-three hours', '2026-01-31T12:00:00-23:59'],
  ['an offset of hours alone', '2026-01-31T12:00:00+02'],
  ['an offset with seconds', '2026-01-31T12:00:00+02:00:30'],
  ['ten digits of a second', `2026-01-31T12:00:00.${'1'.repeat(10)}Z`],
  ['130 digits of a second', `2026-01-31T12:00:00.${'1'.repeat(130)}Z`],
  ['a second that rounds into the year 10000', '9999-12-31T23:59:59.9999995Z'],
  ['of the year 10000 in UTC', '9999-12-31T23:59:59-00:01'],
  ['before the year 1 in UTC', '0001-01-01T00:00:00+00:01'],
  ['of the year 0', '0000-06-01T00:00:00Z'],
  ['of the year 0, though not in UTC', '0000-12-31T23:30:00-01:00'],
  ['of a year of five digits', '10000-01-01T00:00:00Z'],
  ['of a year with a sign', '+002026-01-31T12:00:00Z'],
  ['before Christ', '0044-03-15T12:00:00Z BC'],
  ['the 31st of February', '2026-02-31T12:00:00Z'],
  ['the 29th of February of a common year', '1900-02-29T12:00:00Z'],
  ['twenty-four o’clock', '2026-01-31T24:00:00Z'],
  ['a leap second', '2016-12-31T23:59:60Z'],
  ['in small letters', '2026-01-31t12:00:00z'],
  ['with a space', '2026-01-31 12:00:00Z'],
  ['a comma', '2026-01-31T12:00:00,5Z'],
  ['endless', 'infinity'],
  ['a word of Postgres’s', 'now'],
  ['nothing', ''],
])('an instant that is written %s is refused once: %s', (_name, text) => {
  expect(instant.safeParse(text).error?.issues.length).toBe(1)
})
