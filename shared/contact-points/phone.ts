import type { CountryCode, PhoneNumber as ParsedNumber } from 'libphonenumber-js/min'
import {
  getCountryCallingCode,
  isSupportedCountry,
  parsePhoneNumberFromString,
  validatePhoneNumberLength,
} from 'libphonenumber-js/min'
import { z } from 'zod'
import { limits } from '../limits.ts'
import type { Result } from '../result.ts'
import { err, ok } from '../result.ts'
import type { Move } from '../tags/moves.ts'
import { bucketMove } from '../tags/moves.ts'
import type { Tag } from '../tags/tags.ts'
import { thingTags } from '../tags/tags.ts'

/**
 * Phone numbers as people type and store them. A number is known by its E.164 form. Stored numbers keep the notation in which they were
 * written, and the database finds them by a key (`phoneKey`), which `private.phone_key` computes in the same way.
 */

/** A number in E.164: `+4930123456`. */
export type PhoneNumber = string & { readonly brand: 'PhoneNumber' }

/** A stored or parsed number in E.164, with as many digits as the database takes. */
export const phoneNumberSchema = z.string().regex(/^\+[1-9]\d{6,14}$/, 'must be a phone number in E.164')

/** A country of ISO 3166 that has a numbering plan. */
export const regionSchema = z
  .string()
  .regex(/^[A-Za-z]{2}$/, 'must be a country code of ISO 3166, such as DE')
  .meta({ examples: ['US'] })
  .transform((code) => code.toUpperCase())
  .refine(isRegion, 'must be the code of a country that has phone numbers')
export type Region = CountryCode

/** Whether a text is a country code that has a numbering plan. */
function isRegion(code: string): code is Region {
  return isSupportedCountry(code)
}

/** A stored country code as a region; null if it has no numbering plan, and then local numbers name no country. */
export function regionOf(code: string): Region | null {
  return isRegion(code) ? code : null
}

/** `local`: the number names no country, and no region is given. */
type PhoneFault = { readonly kind: 'local' | 'invalid'; readonly message: string }

const localNumber: PhoneFault = {
  kind: 'local',
  message: 'must begin with a country code, such as +49 30 123456, or be given together with region',
}

/**
 * Parses a number in any notation: with punctuation, behind `tel:`, `sip:` or `whatsapp:`, with `+`, `00` or the prefix that `region`
 * dials for calls abroad, or in the national form of `region`. An extension is dropped. A number without a plus sign is read as a national
 * one first, and as one with a country code only if that is not valid; behind `whatsapp:` a country code always comes first.
 */
export function parsePhone(text: string, region: Region | null): Result<PhoneNumber, PhoneFault> {
  const key = phoneKey(text)
  if (key === null) return invalid('must be a phone number')
  if (key.startsWith('+')) return parsedOrFault(key, null)
  if (region === null) return err(localNumber)
  const national = parsedOrFault(key, region)
  if (national.ok) return national
  const international = parsedOrFault(`+${key}`, null)
  return international.ok ? international : national
}

function parsedOrFault(key: string, region: Region | null): Result<PhoneNumber, PhoneFault> {
  const parsed = parsePhoneNumberFromString(key, region ?? undefined)
  if (parsed !== undefined && isTakenAsValid(parsed)) return ok(parsed.number as string as PhoneNumber)
  const length = validatePhoneNumberLength(key, region ?? undefined)
  if (length === 'TOO_SHORT') return invalid(tooShort)
  if (length === 'TOO_LONG') return invalid(tooLong)
  if (length === 'INVALID_COUNTRY') return invalid('must begin with the code of a country, such as +49')
  return invalid('must be a phone number that the numbering plan of its country allows')
}

/**
 * The parameter of a lookup: a number in E.164, or the digits of a local one if no region is given, which only the origin can complete.
 * Accepts its own result.
 */
export function parseAskedPhone(text: string, region: Region | null): Result<string, string> {
  const parsed = parsePhone(text, region)
  if (parsed.ok) return parsed
  if (parsed.error.kind === 'invalid') return err(parsed.error.message)
  const digits = phoneKey(text) ?? ''
  if (digits.length < limits.localDigitsMin) return err(tooShort)
  return digits.length > limits.localDigitsMax ? err(tooLong) : ok(digits)
}

const tooShort = 'must be a whole phone number, and is too short for one'
const tooLong = 'must be a phone number, and is too long for one'

/** The shape of all numbers of the country code 1. */
const northAmerican = /^\+1[2-9]\d{9}$/

/**
 * The library knows the area codes of the country code 1 one by one. Those that are opened after its release are valid too, and so is 555,
 * which examples and test calls use.
 */
function isTakenAsValid(parsed: ParsedNumber): boolean {
  return parsed.isValid() || northAmerican.test(parsed.number)
}

function invalid(message: string): Result<never, PhoneFault> {
  return err({ kind: 'invalid', message })
}

/** Other digits than ASCII's, and the wide plus sign, in the order in which the database replaces them. */
const otherDigits = '＋０１２３４５６７８９٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹'
const asciiDigits = '+012345678901234567890123456789'
/** A number with the punctuation that may stand in it. It ends before a letter, so before an extension. */
const written = /[+0-9][0-9 \u00a0\u2007\u2009\u202f\u3000()\u2010-\u2015\u2212./-]*/u

/**
 * The key of a number as it is written: a plus sign and digits if it names its country (`+` or `00`, or any number behind
 * `whatsapp:`), else its digits alone. An extension is not part of it. Null if the text has no digit. The database computes the same with
 * `private.phone_key`.
 */
export function phoneKey(text: string): string | null {
  const ascii = text.replace(/[＋０-９٠-٩۰-۹]/gu, (digit) => asciiDigits.charAt(otherDigits.indexOf(digit)))
  const [number = ''] = written.exec(ascii) ?? []
  const digits = number.replace(/[^0-9]/g, '')
  if (digits === '') return null
  if (digits.startsWith('00')) return `+${digits.slice(2)}`
  return number.startsWith('+') || /^ *whatsapp:/i.test(ascii) ? `+${digits}` : digits
}

const tailDigits = 4

/**
 * The tags of everything that is found by a number, given in E.164 or as a key: that of all numbers, and that of the numbers with the
 * same last four digits. All notations of a number have these in common, in every region, and there are about ten times as many
 * of them as buckets.
 */
export function phoneTags(key: string): readonly Tag[] {
  return thingTags('phone', key.slice(-tailDigits))
}

/** The move of everything that is found by a stored number, in any notation. */
export function movedByStoredPhone(stored: string): Move {
  return bucketMove('phone', (phoneKey(stored) ?? '').slice(-tailDigits))
}

/**
 * The keys under which a number may be stored in a workspace: with its country code in the usual notations, and in its national forms
 * if the workspace's `region` has the same country code. A number without a plus sign that people of the region would read as
 * another number is left out. `region` is null if the workspace's is not known.
 */
export function phoneKeysOf(number: PhoneNumber, region: Region | null): readonly string[] {
  const parsed = parsePhoneNumberFromString(number)
  if (parsed === undefined) return [number]
  const { countryCallingCode: code, nationalNumber: significant } = parsed
  const national = digitsOf(parsed.formatNational())
  const prefix = national.endsWith(significant) ? national.slice(0, -significant.length) : ''
  const keys = new Set<string>([number, `+${code}${prefix}${significant}`])
  if (region === null || !isReadOtherwise(`${code}${significant}`, number, region))
    keys.add(`${code}${significant}`)
  if (region !== null && getCountryCallingCode(region) === code) {
    keys.add(significant).add(national)
    if (code === '1') keys.add(`1${significant}`)
  } else if (region !== null) {
    // Undefined, unlike the library's type, where calls abroad begin with the code of a carrier, as in Singapore.
    const abroad: string | undefined = parsed.format('IDD', { fromCountry: region })
    keys.add(digitsOf(abroad ?? ''))
  }
  return [...keys].filter((key) => key !== '' && !key.startsWith('00'))
}

/** Whether `key`, written in `region`, is the usual form of another number. */
function isReadOtherwise(key: string, number: PhoneNumber, region: Region): boolean {
  const read = parsePhoneNumberFromString(key, region)
  if (read === undefined || read.number === number || !isTakenAsValid(read)) return false
  return digitsOf(read.formatNational()) === key
}

function digitsOf(text: string): string {
  return text.replace(/[^0-9]/g, '')
}
