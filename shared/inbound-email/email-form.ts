import type { InboundEmail, Meeting } from '../contract/inbound-email.ts'
import { hexDigest } from '../hex-digest.ts'
import type { ClaimedAttachment } from './attachments.ts'
import { listedAttachments } from './attachments.ts'
import type { MailHead } from './mail-head.ts'
import { mailText } from './mail-text.ts'

/** All that a message has besides its head. */
export interface MailContent {
  readonly plain: string
  readonly html: string
  readonly attachments: readonly ClaimedAttachment[]
  readonly meeting: Meeting | null
  readonly threadId: string | null
  /** A digest of the body as it was sent, which tells apart what this form does not keep; null if only the form came. */
  readonly bodyDigest: string | null
}

/**
 * The one form of a message. One without an id gets it from everything that it says, so that the same message has the same id whenever
 * it comes, and two messages that differ have two. Where the message went by its envelope is no part of it.
 */
export async function emailOf(head: MailHead, content: MailContent): Promise<InboundEmail> {
  const text = mailText(content.plain, content.html)
  const attachments = listedAttachments(content.attachments)
  const { messageId, ...others } = head
  const { meeting, threadId, bodyDigest } = content
  const whole = [head.digest, head.to, head.references, text, attachments, meeting, bodyDigest]
  return {
    ...others,
    messageId: messageId ?? `${await hexDigest(JSON.stringify(whole))}@no-id.invalid`,
    isIdGiven: messageId !== null,
    threadId,
    text,
    attachments,
    meeting,
  }
}
