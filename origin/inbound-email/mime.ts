import PostalMime, { type Attachment, type Email } from 'postal-mime'
import type { InboundEmail, MailEnvelope } from '../../shared/contract/inbound-email.ts'
import { hexDigest } from '../../shared/hex-digest.ts'
import { emailOf, type MailContent } from '../../shared/inbound-email/email-form.ts'
import { headerEnd, headerFields } from '../../shared/inbound-email/header-fields.ts'
import { mailHeadOf } from '../../shared/inbound-email/mail-head.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import { readMeeting } from './calendar.ts'

/** `unreadable`: no e-mail, or one with a larger header than is taken. `no_recipients`: it names no valid address that it went to. */
export type MimeFault = 'unreadable' | 'no_recipients'

/** Deeper than mail programs nest, and so shallow that no walk through the parts is deep. */
const partsDepthMax = 50
/** 25 MB of base64 have 345,000 lines. The parser does some work for each line, so lines of one byte would take seconds. */
const linesMax = 600_000
/** The largest calendar part that is read. Invitations have some kilobytes. */
const calendarBytesMax = 262_144
/** A message is told from other bytes by one of these. */
const fieldsOfMail: ReadonlySet<string> = new Set(['from', 'to', 'date', 'subject', 'message-id', 'received'])

/** A message as it was sent (RFC 5322, MIME), in the one form. A broken body takes nothing from the header. */
export async function emailOfMime(
  bytes: Uint8Array<ArrayBuffer>,
  envelope: MailEnvelope | null,
): Promise<Result<InboundEmail, MimeFault>> {
  const header = headerOf(bytes)
  const fields = headerFields(header ?? new Uint8Array())
  if (header === null || !fields.some(({ name }) => fieldsOfMail.has(name))) return err('unreadable')
  const head = await mailHeadOf(fields, envelope)
  if (head.recipients.length === 0) return err('no_recipients')
  const body = bytes.subarray(header.length)
  // Only the id of a message without one is made of its body.
  const bodyDigest = head.messageId === null ? await hexDigest(body) : null
  return ok(await emailOf(head, { ...(await contentOf(bytes)), bodyDigest }))
}

function headerOf(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | null {
  const start = bytes.subarray(0, limits.mailHeadersBytesMax)
  const end = headerEnd(start)
  if (end >= 0) return start.subarray(0, end)
  return bytes.length <= limits.mailHeadersBytesMax ? bytes : null
}

type ReadContent = Omit<MailContent, 'bodyDigest'>

async function contentOf(bytes: Uint8Array<ArrayBuffer>): Promise<ReadContent> {
  const message = hasTooManyLines(bytes) ? null : await parsed(bytes)
  if (message === null) return unread(bytes)
  const { attachments } = message
  const calendar = attachments.find(isCalendar)
  const meeting = calendar === undefined ? null : readMeeting(textOf(calendar), calendar.method ?? null)
  return {
    plain: message.text ?? '',
    html: message.html ?? '',
    // The part of an invitation that has no name is no file for people.
    attachments: attachments
      .filter((each) => each !== calendar || meeting === null || each.filename !== null)
      .map((each) => ({ name: nameOf(each), contentType: each.mimeType, size: sizeOf(each) })),
    meeting,
    threadId: null,
  }
}

/** A body that cannot be parsed, such as one nested a thousand deep, is listed whole as a file, so its readers see that there is more. */
function unread(bytes: Uint8Array): ReadContent {
  const attachments = [{ name: 'message.eml', contentType: 'message/rfc822', size: bytes.length }]
  return { plain: '', html: '', attachments, meeting: null, threadId: null }
}

/** Messages within the message are files: their texts and invitations are not the sender's. */
async function parsed(bytes: Uint8Array<ArrayBuffer>): Promise<Email | null> {
  try {
    return await PostalMime.parse(bytes, { forceRfc822Attachments: true, maxNestingDepth: partsDepthMax })
  } catch {
    return null
  }
}

function hasTooManyLines(bytes: Uint8Array): boolean {
  let lines = 0
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) {
    lines += 1
    if (lines > linesMax) return true
  }
  return false
}

function isCalendar({ mimeType, content }: Attachment): boolean {
  const isOfType = mimeType === 'text/calendar' || mimeType === 'application/ics'
  return isOfType && typeof content !== 'string' && content.byteLength <= calendarBytesMax
}

function textOf({ content }: Attachment): string {
  return typeof content === 'string' ? content : new TextDecoder().decode(content)
}

function nameOf({ filename, mimeType }: Attachment): string | null {
  return filename === null && mimeType === 'message/rfc822' ? 'message.eml' : filename
}

function sizeOf({ content }: Attachment): number {
  return typeof content === 'string' ? content.length : content.byteLength
}
