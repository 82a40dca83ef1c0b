import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isPlace } from '../../../shared/contract/cursor.ts'

describe('an instant as a place to begin after', () => {
  it.each([
    '0001-01-01T00:00:00+00:00',
    '2024-02-29T23:59:59.999999Z',
    '9999-12-31T23:59:59.999999+00:00',
    '10000-01-01T00:00:00+00:00',
    '294275-12-31T00:00:00+00:00',
    '0044-03-15T12:00:00+00:00 BC',
    '0005-02-29T00:00:00+00:00 BC',
    'infinity',
    '-infinity',
  ])('is %s, as Postgres writes it', (instant) => {
    expect(isPlace('created_at', instant)).toBe(true)
  })

  it.each([
    '',
    '0000-01-01T00:00:00Z',
    '0000-01-01T00:00:00Z BC',
    '2023-02-29T00:00:00Z',
    '10001-02-29T00:00:00Z',
    '0004-02-29T00:00:00Z BC',
    '294276-12-31T00:00:00Z',
    '4713-01-01T00:00:00Z BC',
    '010000-01-01T00:00:00Z',
    '2024-01-01T24:00:00Z',
    '2024-01-01T00:00:00Z AD',
    'Infinity',
    'now',
  ])('is not %s, which Postgres would refuse or never writes', (instant) => {
    expect(isPlace('created_at', instant)).toBe(false)
  })

  it('is any instant of the years 1 to 9999', () => {
    const instants = fc.date({
      min: new Date('0001-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    })
    fc.assert(fc.property(instants, (at) => isPlace('updated_at', at.toISOString())))
  })
})
