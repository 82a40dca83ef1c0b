import type { InboundEmail } from '../../shared/contract/inbound-email.ts'
import type { MailHead } from '../../shared/inbound-email/mail-head.ts'

/** The facts that tell a message from others, before its body is read. */
export interface MailFacts {
  readonly messageId: string
  readonly digest: string
  /** The sender's address; null if it is empty. */
  readonly sender: string | null
  readonly recipients: readonly string[]
}

/** Null for a message without an id, which only the whole of it can give. */
export function mailFactsOf(
  mail: Pick<MailHead | InboundEmail, 'messageId' | 'digest' | 'from' | 'recipients'>,
): MailFacts | null {
  const { messageId, digest, from, recipients } = mail
  if (messageId === null || recipients.length === 0) return null
  return { messageId, digest, sender: from?.address ?? null, recipients }
}
