import { limits } from '../limits.ts'
import type { Result } from '../result.ts'
import { err, ok } from '../result.ts'
import { foldCase } from '../tags/bucket.ts'
import type { Move } from '../tags/moves.ts'
import { bucketMove, familyMove } from '../tags/moves.ts'
import type { Tag } from '../tags/tags.ts'
import { bucketTag, familyTag } from '../tags/tags.ts'
import { asciiDomain } from './domain.ts'

/** An address with A to Z folded and its domain in ASCII: `ann.lee+news@example.com`. */
export type EmailAddress = string & { readonly brand: 'EmailAddress' }

/** Words of printable characters with single dots between them, or a quoted text (RFC 5321, RFC 6531). */
const localPart =
  /^(?:[\w!#$%&'*+/=?^`{|}~\u0080-\u{10ffff}-]+(?:\.[\w!#$%&'*+/=?^`{|}~\u0080-\u{10ffff}-]+)*|"(?:[^"\\\p{Cc}]|\\[^\p{Cc}])*")$/u
/** RFC 5321 section 4.5.3.1.1. */
const localPartBytesMax = 64
const encoder = new TextEncoder()

/** Parses an address as people have it, also behind `mailto:`. The message says what is wrong and repeats nothing of the address. */
export function parseEmail(text: string): Result<EmailAddress, string> {
  const address = text.trim().replace(/^mailto:/i, '')
  const at = address.lastIndexOf('@')
  if (at <= 0) return err('must be an e-mail address such as ann@example.com')
  const local = address.slice(0, at).normalize('NFC')
  if (/^[^"\s]+ [^"\s]+$/.test(local))
    return err('must not contain a space; a plus sign is written %2B in a URL')
  if (!localPart.test(local) || encoder.encode(local).length > localPartBytesMax)
    return err('must be an e-mail address whose part before the @ is valid')
  const domain = asciiDomain(address.slice(at + 1).replace(/\.$/, ''))
  if (domain === null) return err('must be an e-mail address whose domain is valid')
  const parsed = `${foldCase(local)}@${domain}`
  if (parsed.length > limits.emailCharactersMax)
    return err('must be an e-mail address, and is too long for one')
  return ok(parsed as EmailAddress)
}

/** The addresses that an address finds: itself and, if it has a tag behind a plus sign, its plain form. */
export function addressesFoundBy(address: EmailAddress): readonly EmailAddress[] {
  const plain = address.replace(/^([^"+][^+]*)\+[^@]*(?=@[^@]*$)/, '$1')
  return plain === address ? [address] : [address, plain as EmailAddress]
}

/** The tags of everything that is found by an address: that of all addresses, and those of the address and its plain form. */
export function emailTags(address: EmailAddress): readonly Tag[] {
  return [familyTag('email'), ...addressesFoundBy(address).map((each) => bucketTag('email', each))]
}

/** The move of everything that is found by a stored address. One that no request could name may have any bucket in the database. */
export function movedByStoredEmail(stored: string): Move {
  const parsed = parseEmail(stored)
  return parsed.ok ? bucketMove('email', parsed.value) : familyMove('email')
}
