import type { InboundEmail, MailEnvelope } from '../../shared/contract/inbound-email.ts'
import { hexDigest } from '../../shared/hex-digest.ts'
import { emailOf } from '../../shared/inbound-email/email-form.ts'
import { headerEnd, headerFields } from '../../shared/inbound-email/header-fields.ts'
import { mailHeadOf } from '../../shared/inbound-email/mail-head.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import { type MimeContent, mimeContentOf } from './mime-content.ts'

/** `unreadable`: no e-mail, or one with a larger header than is taken. `no_recipients`: it names no valid address that it went to. */
export type MimeFault = 'unreadable' | 'no_recipients'

/** A message is told from other bytes by one of these. */
const fieldsOfMail: ReadonlySet<string> = new Set(['from', 'to', 'date', 'subject', 'message-id', 'received'])

/** A message as it was sent (RFC 5322, MIME), in the one form. A broken body takes nothing from the header. */
export async function emailOfMime(
  bytes: Uint8Array<ArrayBuffer>,
  envelope: MailEnvelope | null,
  readContent: (bytes: Uint8Array<ArrayBuffer>) => Promise<MimeContent> = mimeContentOf,
): Promise<Result<InboundEmail, MimeFault>> {
  const header = headerOf(bytes)
  const fields = headerFields(header ?? new Uint8Array())
  if (header === null || !fields.some(({ name }) => fieldsOfMail.has(name))) return err('unreadable')
  const head = await mailHeadOf(fields, envelope)
  if (head.recipients.length === 0) return err('no_recipients')
  const body = bytes.subarray(header.length)
  // Only the id of a message without one is made of its body.
  const bodyDigest = head.messageId === null ? await hexDigest(body) : null
  return ok(await emailOf(head, { ...(await readContent(bytes)), bodyDigest }))
}

function headerOf(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | null {
  const start = bytes.subarray(0, limits.mailHeadersBytesMax)
  const end = headerEnd(start)
  if (end >= 0) return start.subarray(0, end)
  return bytes.length <= limits.mailHeadersBytesMax ? bytes : null
}
