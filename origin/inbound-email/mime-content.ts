import PostalMime, { type Attachment, type Email } from 'postal-mime'
import type { MailContent } from '../../shared/inbound-email/email-form.ts'
import { readMeeting } from './calendar.ts'

/** The content of a message as plain data, which passes from one thread to another. */
export type MimeContent = Omit<MailContent, 'bodyDigest'>

/** Deeper than mail programs nest, and so shallow that no walk through the parts is deep. */
const partsDepthMax = 50
/** 25 MB of base64 have 345,000 lines. The parser does some work for each line, so lines of one byte would take seconds. */
const linesMax = 600_000
/** The largest calendar part that is read. Invitations have some kilobytes. */
const calendarBytesMax = 262_144

/** Reads the parts of a message. Never rejects: a message that cannot be parsed is one file. */
export async function mimeContentOf(bytes: Uint8Array<ArrayBuffer>): Promise<MimeContent> {
  const message = hasTooManyLines(bytes) ? null : await parsed(bytes)
  if (message === null) return unreadContent(bytes.length)
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
export function unreadContent(sizeBytes: number): MimeContent {
  const attachments = [{ name: 'message.eml', contentType: 'message/rfc822', size: sizeBytes }]
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
