import emailAddresses from 'email-addresses'
import type { EmailAddress } from '../contact-points/email.ts'
import { parseEmail } from '../contact-points/email.ts'
import { decodedLine } from './plain-line.ts'

/** A name, which may be empty, and an address in the form in which addresses are compared. */
export interface Mailbox {
  readonly name: string
  readonly email: EmailAddress
}

/** A member of a list has room for the longest address, a long name in encoded words, and comments. */
const memberCharactersMax = 2_000
const nameCharactersMax = 200
/** The library calls itself once for each parenthesis that it opens. */
const parenthesesMax = 50
/** The library takes up to 70 µs for a character. Beyond these, the members of a list are read without it. */
const strictCharactersMax = 2_000

/**
 * The mailboxes of a header field: a list of mailboxes and groups (RFC 5322 section 3.4, in UTF-8 after RFC 6532). The list is cut into
 * members here, so that a broken member spoils only itself and the time a field takes grows with its length alone. Members without a valid
 * address are left out, and so is everything behind the first `mailboxesMax` mailboxes.
 */
export function readMailboxes(field: string, mailboxesMax: number): readonly Mailbox[] {
  const read = mailboxReader()
  const mailboxes: Mailbox[] = []
  for (const member of membersOf(field)) {
    if (mailboxes.length >= mailboxesMax) break
    const mailbox = read(member)
    if (mailbox !== null) mailboxes.push(mailbox)
  }
  return mailboxes
}

/**
 * Reads the members of one list, such as `Ann Lee <ann@example.com>`; null for one without a valid address. The usual forms need no
 * parser, the others are parsed by `email-addresses`, and what no grammar allows is read for the one meaning that it has.
 */
export function mailboxReader(): (member: string) => Mailbox | null {
  let strictCharacters = 0
  return (member) => {
    const text = member.trim()
    if (text === '' || text.length > memberCharactersMax) return null
    const [, quoted, phrase, inBrackets] = named.exec(text) ?? []
    if (inBrackets !== undefined)
      return mailboxOf(quoted === undefined ? (phrase ?? '') : unescaped(quoted), inBrackets)
    if (bare.test(text)) return mailboxOf('', text)
    strictCharacters += text.length
    return (strictCharacters <= strictCharactersMax ? strictMailbox(text) : null) ?? looseMailbox(text)
  }
}

const bare = /^[^\s"(),:;<>@[\]\\]+@[^\s"(),:;<>@[\]\\]+$/
const named = /^(?:"((?:[^"\\]|\\.)*)"|([^"(),:;<>@[\]\\]*))\s*<([^\s"(),:;<>@[\]\\]+@[^\s"(),:;<>@[\]\\]+)>$/

/** A mailbox of a name and an address that came apart from each other. */
export function mailboxOf(name: string, address: string): Mailbox | null {
  const email = parseEmail(address)
  // Half of a surrogate pair is a character of an address by the grammar's words, and cannot be stored.
  return email.ok && address.isWellFormed()
    ? { name: decodedLine(name, nameCharactersMax), email: email.value }
    : null
}

function strictMailbox(text: string): Mailbox | null {
  if (text.split('(').length > parenthesesMax) return null
  const parsed = emailAddresses.parseOneAddress({ input: text, startAt: 'mailbox', rfc6532: true })
  if (parsed === null || parsed.type !== 'mailbox') return null
  const comment = parsed.parts.comments.map(({ tokens }) => tokens.trim()).find((each) => each !== '')
  return mailboxOf(parsed.name ?? textOfComment(comment), `${quotedIfNeeded(parsed.local)}@${parsed.domain}`)
}

/** `ann@example.com (Ann Lee)` is how names were written before RFC 822. */
function textOfComment(comment = ''): string {
  return unescaped(comment.replace(/^\(/, '').replace(/\)$/, ''))
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, '$1')
}

/** The library answers with the content of a quoted local part. */
function quotedIfNeeded(local: string): string {
  return /[\s"(),:;<>@[\\\]]|^\.|\.\.|\.$/.test(local) ? `"${local.replace(/["\\]/g, '\\$&')}"` : local
}

/** A mailbox that no grammar allows but that has one meaning: a name with unquoted commas or brackets, or a missing bracket. */
function looseMailbox(text: string): Mailbox | null {
  const open = text.lastIndexOf('<')
  if (open < 0) {
    const words = text.split(/\s+/).filter((word) => word.includes('@'))
    return words.length === 1 ? mailboxOf('', bareAddress(words[0] ?? '')) : null
  }
  const close = text.indexOf('>', open)
  const address = text.slice(open + 1, close < 0 ? undefined : close)
  return mailboxOf(text.slice(0, open).replace(/["\\]/g, ''), address.replace(/\s+/g, ''))
}

function bareAddress(word: string): string {
  return word.replace(/^["'(]+/, '').replace(/["'),;.]+$/, '')
}

/**
 * The members of a list, with those of its groups. A comma in front of an address is part of its name if nothing before it is one,
 * as in `Lee, Ann <ann@example.com>`.
 */
function* membersOf(field: string): Generator<string> {
  let member = ''
  for (const piece of piecesOf(field)) {
    const isEnd = piece === ';' || (piece === ',' && (member.includes('@') || member.trim() === ''))
    if (isEnd) yield member
    // In front of a colon stands the name of a group.
    member = isEnd || piece === ':' ? '' : `${member}${piece}`.slice(-memberCharactersMax - 1)
  }
  yield member
}

/** A separator, or something in which separators mean nothing: an escaped character, quoted text, an encoded word, an address in brackets. */
const piece =
  /[,;:]|\\[\s\S]?|"(?:[^"\\]|\\[\s\S])*"|=\?[\w*.:-]{1,60}\?[bq]\?[^?\s]*\?=|<[^<>]*>|[^,;:\\"=<(]+|["=<]/iy

function* piecesOf(field: string): Generator<string> {
  for (let at = 0; at < field.length; ) {
    piece.lastIndex = at
    const end = piece.test(field) ? piece.lastIndex : commentEnd(field, at)
    yield field.slice(at, end)
    at = end
  }
}

/** The index behind a comment, which may contain comments (RFC 5322 section 3.2.2). One that is never closed goes on to the end. */
function commentEnd(field: string, open: number): number {
  let depth = 0
  for (let at = open; at < field.length; at += 1) {
    const character = field[at]
    if (character === '\\') at += 1
    else if (character === '(') depth += 1
    else if (character === ')') depth -= 1
    if (depth === 0) return at + 1
  }
  return field.length
}
