import fc from 'fast-check'
import { getCountries, getExampleNumber, parsePhoneNumberWithError } from 'libphonenumber-js/min'
import examples from 'libphonenumber-js/mobile/examples'
import { describe, expect, test } from 'vitest'
import {
  parsePhone,
  phoneKey,
  phoneKeysOf,
  phoneTags,
  type Region,
  regionOf,
  regionSchema,
} from '../../../shared/contact-points/phone.ts'

const parsed = (text: string, region: Region | null = null) => {
  const result = parsePhone(text, region)
  return result.ok ? result.value : result.error.kind
}

describe('a number is read in the notations that people have', () => {
  test.each<[string, Region | null, string]>([
    ['+1 (555) 010-0123', null, '+15550100123'],
    ['001 555 010 0123', null, '+15550100123'],
    ['0049 30 123456', 'US', '+4930123456'],
    ['011 49 30 123456', 'US', '+4930123456'],
    ['tel:+1-555-010-0123;ext=7', null, '+15550100123'],
    ['whatsapp:+4915112345678', null, '+4915112345678'],
    ['WhatsApp:4915112345678', 'DE', '+4915112345678'],
    ['sip:+4930123456@pbx.example', null, '+4930123456'],
    ['(555) 010-0123', 'US', '+15550100123'],
    ['030 / 12 34 56', 'DE', '+4930123456'],
    ['+49 (0)30 123456', null, '+4930123456'],
    ['+49 30 123456 ext. 12', null, '+4930123456'],
    ['٠٣٠١٢٣٤٥٦', 'DE', '+4930123456'],
    ['＋４９ ３０ １２３４５６', null, '+4930123456'],
    [' 442079460018', 'US', '+442079460018'],
  ])('%s in %s', (text, region, number) => {
    expect(parsed(text, region)).toBe(number)
  })
})

test.each<[string, Region | null, string]>([
  ['', 'US', 'invalid'],
  ['ann@example.com', 'US', 'invalid'],
  ['+', 'US', 'invalid'],
  ['+49', null, 'invalid'],
  ['+999 1234567', null, 'invalid'],
  ['+1 000 000 0000', null, 'invalid'],
  ['555 01', 'US', 'invalid'],
  ['+49 30 12345678901234567', null, 'invalid'],
  ['(555) 010-0123', null, 'local'],
])('%s in %s is refused as %s, with a sentence that does not repeat it', (text, region, kind) => {
  const result = parsePhone(text, region)
  expect(result).toMatchObject({ ok: false, error: { kind } })
  if (result.ok || text === '' || text === '+') return
  expect(result.error.message).not.toContain(text)
})

const countries = getCountries().flatMap((country) => {
  const example = getExampleNumber(country, examples)
  return example === undefined ? [] : [{ country, example }]
})

/** An example number of any country with its last digits changed, where it is still a valid one. */
const anyNumber = fc
  .record({ of: fc.constantFrom(...countries), last: fc.integer({ min: 0, max: 999 }) })
  .map(({ of: { country, example }, last }) => ({
    country,
    result: parsePhone(`${example.number.slice(0, -3)}${String(last).padStart(3, '0')}`, null),
  }))

/** The texts that people write between the groups of a number, and behind it. */
const spacing = fc.constantFrom(' ', '-', '.', '\u00a0', ' - ', '')
const behind = fc.constantFrom('', ' ext. 12', ' x3', ';ext=4', ' (office)', ', Ann')

test('whatever notation a number of a country is stored in, it is among the keys under which it is looked for', () => {
  fc.assert(
    fc.property(anyNumber, spacing, behind, ({ country, result }, space, suffix) => {
      if (!result.ok) return
      const number = result.value
      const found = parsePhoneNumberWithError(number)
      const forms = [
        number,
        found.formatInternational(),
        found.formatNational(),
        found.getURI(),
        found.format('IDD', { fromCountry: country }),
        `00${number.slice(1)}`,
        `whatsapp:${number.slice(1)}`,
      ]
      const keys = phoneKeysOf(number, country)
      for (const form of forms) {
        const stored = `${form.replaceAll(' ', space)}${suffix}`
        const key = phoneKey(stored)
        expect(keys, stored).toContain(key)
        expect(phoneTags(key ?? ''), stored).toEqual(phoneTags(number))
        expect(parsed(form, country), form).toBe(number)
      }
      for (const key of keys) expect(phoneTags(key), key).toEqual(phoneTags(number))
    }),
    { numRuns: 300, seed: 13 },
  )
})

test('a number without a plus sign is not taken for another one that people of the region write so', () => {
  const number = '+6591234567'
  const singapore = parsePhone(number, null)
  if (!singapore.ok) throw new Error('the number is valid')
  expect(phoneKeysOf(singapore.value, 'SG')).toEqual(
    expect.arrayContaining([number, '6591234567', '91234567']),
  )
  expect(phoneKeysOf(singapore.value, 'DE')).toContain('6591234567')
  expect(phoneKeysOf(singapore.value, 'US')).not.toContain('6591234567')
  expect(phoneKeysOf(singapore.value, 'US')).not.toContain('91234567')
})

test('every number has keys in every region', () => {
  fc.assert(
    fc.property(anyNumber, fc.constantFrom(...getCountries(), null), ({ result }, region) => {
      if (!result.ok) return
      const keys = phoneKeysOf(result.value, region)
      expect(keys).toContain(result.value)
      expect(keys.length).toBeLessThanOrEqual(10)
      for (const key of keys) expect(phoneTags(key), key).toEqual(phoneTags(result.value))
    }),
    { numRuns: 1_000, seed: 14 },
  )
})

test('a region is a country with a numbering plan, in letters of any case', () => {
  expect(regionSchema.parse('de')).toBe('DE')
  for (const code of ['XX', 'DEU', '4', '']) expect(regionSchema.safeParse(code).success).toBe(false)
  expect([regionOf('US'), regionOf('XX')]).toEqual(['US', null])
})
