import type { Importance, InboundEmail, MailEnvelope } from '../contract/inbound-email.ts'
import { hexDigest } from '../hex-digest.ts'
import { limits } from '../limits.ts'
import { automationOf } from './automation.ts'
import type { HeaderField } from './header-fields.ts'
import { allValues, firstValue, headerFields } from './header-fields.ts'
import type { Mailbox } from './mail-addresses.ts'
import { mailboxOf, readMailboxes } from './mail-addresses.ts'
import { parseMailDate } from './mail-date.ts'
import { parseMessageId, parseReferences } from './message-ids.ts'
import { decodedLine, plainLine } from './plain-line.ts'

/** The part of the form that the header of a message gives, before its body is read. */
export type MailHead = Pick<
  InboundEmail,
  | 'digest'
  | 'from'
  | 'recipients'
  | 'to'
  | 'subject'
  | 'sentAt'
  | 'references'
  | 'isReply'
  | 'importance'
  | 'automated'
> & {
  /** Null if the message has none: then its id needs the whole message. */
  readonly messageId: string | null
}

/** A head as it is written, by the header of a message or by the members of JSON. */
interface WrittenHead {
  readonly fields: readonly HeaderField[]
  readonly from: Mailbox | null
  /** Those of To and Cc. */
  readonly to: readonly Mailbox[]
  /** Where else the message went, by what the last servers wrote down. */
  readonly delivered: readonly Mailbox[]
  readonly subject: string
  readonly date: string
  readonly messageId: string
  readonly inReplyTo: readonly string[]
  readonly references: readonly string[]
  readonly importance: Importance | null
}

/**
 * Reads the header of a message; `bytes` may go on behind it. The Worker and the origin both read it with this function, so they agree
 * on the message's id and digest. Nothing in a header makes it unreadable: what is not valid is as if it were absent.
 */
export async function readMailHead(bytes: Uint8Array, envelope: MailEnvelope | null): Promise<MailHead> {
  return mailHeadOf(headerFields(bytes), envelope)
}

/** The same of fields that are parsed already. */
export async function mailHeadOf(
  fields: readonly HeaderField[],
  envelope: MailEnvelope | null,
): Promise<MailHead> {
  return headOf(
    {
      fields,
      from: authorOf(fields, envelope),
      to: mailboxesIn(fields, ['to', 'cc']),
      delivered: mailboxesIn(fields, ['delivered-to', 'x-original-to', 'envelope-to', 'bcc']),
      subject: firstValue(fields, 'subject') ?? '',
      date: firstValue(fields, 'date') ?? '',
      messageId: firstValue(fields, 'message-id') ?? '',
      inReplyTo: [firstValue(fields, 'in-reply-to') ?? ''],
      references: [firstValue(fields, 'references') ?? ''],
      importance: null,
    },
    envelope,
  )
}

/** Each field is read for itself, so that a broken one takes nothing from the others. */
function mailboxesIn(fields: readonly HeaderField[], names: readonly string[]): Mailbox[] {
  const values = names.flatMap((name) => allValues(fields, name)).slice(0, recipientFieldsMax)
  return values.flatMap((value) => readMailboxes(value, limits.mailRecipientsMax))
}

/** A field may be repeated in mail of old programs, a few times. */
const recipientFieldsMax = 20

/** The first valid author. Mail programs show no other, and a broken `From` leaves the one who handed the message over. */
function authorOf(fields: readonly HeaderField[], envelope: MailEnvelope | null): Mailbox | null {
  const [author] = readMailboxes(firstValue(fields, 'from') ?? '', 1)
  const [sender] = readMailboxes(firstValue(fields, 'sender') ?? '', 1)
  return author ?? sender ?? mailboxOfPath(envelope?.from ?? '')
}

/** A path of SMTP, with or without its brackets. */
function mailboxOfPath(path: string): Mailbox | null {
  return mailboxOf('', path.trim().replace(/^<|>$/g, ''))
}

/** The head that is made of a written one, whichever way it came. */
export async function headOf(written: WrittenHead, envelope: MailEnvelope | null): Promise<MailHead> {
  const { fields, from } = written
  const subject = decodedLine(written.subject, subjectCharactersRead)
  const sentAt = parseMailDate(written.date)
  const messageId = parseMessageId(written.messageId)
  const references = parseReferences(written.inReplyTo, written.references, messageId)
  const shown = addressesOf(written.to)
  const envelopeTo = (envelope?.to ?? []).map(mailboxOfPath).filter((mailbox) => mailbox !== null)
  const recipients = addressesOf(envelopeTo.length > 0 ? envelopeTo : [...written.to, ...written.delivered])
  return {
    messageId,
    digest: await hexDigest(
      JSON.stringify([from?.email ?? '', sentAt ?? plainLine(written.date, 200), subject]),
    ),
    from: from === null ? null : { address: from.email, name: from.name === '' ? null : from.name },
    recipients: recipients.slice(0, limits.mailRecipientsMax),
    to: shown.slice(0, limits.recipientsMax),
    subject: plainLine(subject, limits.subjectCharactersMax),
    sentAt,
    references: [...references],
    isReply: references.length > 0 || replyPrefix.test(subject),
    importance: written.importance ?? importanceOf(fields),
    automated: automationOf({ fields, from: from?.email ?? null, envelopeFrom: envelope?.from ?? null }),
  }
}

/** The digest takes more of the subject than is stored of it. */
const subjectCharactersRead = 10_000

/** As mail programs write it in the languages that they speak, also with a number as in `Re[2]:`. */
const replyPrefix =
  /^(?:re|aw|antw|antwort|sv|vs|rif|r|res|resp|rép|odp|ynt|atb|vá|σχετ|απ|отв|回复|回覆|答复|返信|답장)(?:\[\d+\]|\(\d+\))? ?[:：]/iu

function addressesOf(mailboxes: readonly Mailbox[]): string[] {
  return [...new Set(mailboxes.map(({ email }) => email))]
}

/** `Importance` (RFC 2156), and what older programs write instead. */
function importanceOf(fields: readonly HeaderField[]): Importance {
  const named = [
    firstValue(fields, 'importance'),
    firstValue(fields, 'x-msmail-priority'),
    firstValue(fields, 'priority'),
  ]
  for (const value of named) {
    const importance = importances[value?.trim().toLowerCase() ?? '']
    if (importance !== undefined) return importance
  }
  const [, grade = '3'] = /^([1-5])\b/.exec(firstValue(fields, 'x-priority') ?? '') ?? []
  return Number(grade) < 3 ? 'high' : Number(grade) > 3 ? 'low' : 'normal'
}

const importances: Readonly<Record<string, Importance>> = {
  ...{ high: 'high', urgent: 'high', normal: 'normal', low: 'low', 'non-urgent': 'low' },
}
