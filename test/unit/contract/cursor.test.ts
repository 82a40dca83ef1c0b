import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { type Cursor, encodeCursor, isPlace, parseCursor } from '../../../shared/contract/cursor.ts'
import { limits } from '../../../shared/limits.ts'
import { unstorableText } from '../../support/storable-text.ts'

const byName: Cursor = { sortBy: 'name', sortOrder: 'asc', after: 'Ada', id: 'contact_1', page: 2 }
const base64url = (text: string) => Buffer.from(text).toString('base64url')
const malformed = { ok: false, error: 'malformed' }

/** As the database counts them: characters that may be two units of UTF-16. */
const storedText = (charactersMin: number, charactersMax: number) =>
  fc
    .array(fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }), {
      minLength: charactersMin,
      maxLength: charactersMax,
      size: 'max',
    })
    .map((characters) => characters.join(''))
    .filter((text) => !text.includes('\0'))

test('a cursor of any storable contact is parsed back to the same place', () => {
  fc.assert(
    fc.property(storedText(1, 200), storedText(1, 128), (after, id) => {
      const cursor = { ...byName, after, id }
      expect(parseCursor(encodeCursor(cursor))).toEqual({ ok: true, value: cursor })
    }),
  )
})

test('a cursor of the longest names and ids is no longer than one may be', () => {
  const widest = { ...byName, after: '\u{10ffff}'.repeat(200), id: '\u{10ffff}'.repeat(128) }
  expect(encodeCursor(widest).length).toBeLessThanOrEqual(limits.cursorCharactersMax)
  expect(parseCursor(encodeCursor(widest)).ok).toBe(true)
})

test('a cursor with unstorable text is invalid, in any member and in any spelling', () => {
  const members = fc.constantFrom<keyof Cursor>('after', 'id', 'sortBy', 'sortOrder')
  fc.assert(
    fc.property(members, unstorableText, (member, text) => {
      const units = [...Array(text.length).keys()].map((index) => text.charCodeAt(index))
      const escaped = units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
      const json = JSON.stringify({ ...byName, [member]: '-' }).replace('"-"', () => `"${escaped}"`)
      expect(parseCursor(base64url(json))).toEqual(malformed)
      expect(parseCursor(encodeCursor({ ...byName, [member]: text }))).toEqual(malformed)
    }),
  )
})

test.each([
  ['a member too many', JSON.stringify({ ...byName, surplus: 'a\0' })],
  ['a prototype', JSON.stringify(byName).replace('{', '{"__proto__":{"page":3},')],
  ['a hundred thousand levels', '['.repeat(100_000) + ']'.repeat(100_000)],
  ['a list', '[]'],
  ['null', 'null'],
  ['nothing', ''],
])('a cursor that is %s is none', (_name, json) => {
  expect(parseCursor(base64url(json))).toEqual(malformed)
})

describe('the instant of a cursor', () => {
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
