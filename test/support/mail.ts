import { createHash } from 'node:crypto'
import type { JudgedEmail } from '../../shared/contract/inbound-email.ts'
import { judgedEmailSchema } from '../../shared/contract/inbound-email.ts'

/** An address of the workspace 15213, and one of 15214, in tests of mail. */
export const ours = 'us@ours.example'
export const theirs = 'us@theirs.example'

/** A message from `ann@acme.example`. Its digest follows from what it says. */
export function mail(more: Partial<JudgedEmail> = {}): JudgedEmail {
  return judged(more)
}

/** The same from a sender with an address, whose domain is registrable. */
export function mailFrom(address: string, more: Partial<JudgedEmail> = {}): JudgedEmail {
  return judged({ from: { address, name: null }, ...more })
}

let made = 0

function judged(more: Partial<JudgedEmail>): JudgedEmail {
  made += 1
  const from = more.from === undefined ? { address: 'ann@acme.example', name: 'Ann Lee' } : more.from
  const domain = from?.address.split('@')[1] ?? null
  const subject = more.subject ?? 'An offer'
  const sentAt = more.sentAt === undefined ? '2026-11-26T09:00:00Z' : more.sentAt
  const references = more.references ?? []
  return judgedEmailSchema.parse({
    messageId: `made-${made}@acme.example`,
    isIdGiven: true,
    digest: createHash('sha256')
      .update(JSON.stringify([from?.address, sentAt, subject]))
      .digest('hex'),
    recipients: [ours],
    to: [ours],
    threadId: null,
    isReply: references.length > 0,
    importance: 'normal',
    automated: null,
    text: 'Here it is.',
    attachments: [],
    meeting: null,
    sender: {
      domain,
      isFreeMail: domain === 'freemail.example',
      companyName: domain === null || domain === 'freemail.example' ? null : 'Acme',
    },
    ...more,
    from,
    subject,
    sentAt,
    references,
  })
}
