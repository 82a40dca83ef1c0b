import { mailBodySchema } from '../../shared/contract/inbound-email.ts'
import { emailOfJson } from '../../shared/inbound-email/json-email.ts'

/** A message of the crash test. It is found in the database by its subject, which no other message has. */
export interface TestMessage {
  /** Null for a message that gets its id from what it says; then it always comes in the same form. */
  readonly id: string | null
  readonly subject: string
  readonly from: string
  readonly workspaces: readonly MailWorkspace[]
  readonly sentAt: Date
  readonly importance: 'low' | 'normal' | 'high'
  /** The message that it answers; null if it begins a conversation. */
  readonly answered: TestMessage | null
}

/** The first one gets most of the mail, so that some of its mail is queued. The mail of the others is mostly processed at once. */
export const mailWorkspaces = [
  ...(['mail_1', 'mail_2', 'mail_3', 'mail_4', 'mail_5', 'mail_6'] as const),
  ...(['mail_7', 'mail_8', 'mail_9', 'mail_10', 'mail_11', 'mail_12'] as const),
] as const
export type MailWorkspace = (typeof mailWorkspaces)[number]

/** The address of a workspace, to which the senders write. */
export function addressOf(workspace: MailWorkspace): string {
  return `inbox@${workspace.replace('_', '-')}.boardcache.example`
}

/** The webhook's body and its type. */
interface Posted {
  readonly contentType: 'application/json' | 'message/rfc822'
  readonly body: string
}

export type MailForm = 'json' | 'mime'

export function posted(message: TestMessage, form: MailForm): Posted {
  return form === 'json'
    ? { contentType: 'application/json', body: JSON.stringify(jsonOf(message)) }
    : { contentType: 'message/rfc822', body: mimeOf(message) }
}

/** The form in which a Worker hands a message to the origin. */
export async function handedOver(message: TestMessage) {
  const email = await emailOfJson(mailBodySchema.parse(jsonOf(message)))
  if (!email.ok) throw new Error(`a message of the test is refused: ${JSON.stringify(email.error)}`)
  return email.value
}

function jsonOf({ id, subject, from, workspaces, sentAt, importance, answered }: TestMessage) {
  return {
    ...(id === null ? {} : { messageId: id }),
    from: { name: 'Test Sender', email: from },
    to: workspaces.map((workspace) => ({ name: '', email: addressOf(workspace) })),
    subject,
    date: sentAt.toISOString(),
    importance,
    attachments: [],
    text: textOf(subject),
    ...(answered === null ? {} : { inReplyTo: `<${answered.id}>` }),
  }
}

/** The same message in From, Date and Subject, and so for the product the same as the JSON. */
function mimeOf({ id, subject, from, workspaces, sentAt, importance, answered }: TestMessage): string {
  return [
    `From: Test Sender <${from}>`,
    `To: ${workspaces.map(addressOf).join(', ')}`,
    `Subject: ${subject}`,
    `Date: ${sentAt.toUTCString().replace('GMT', '+0000')}`,
    `Importance: ${importance}`,
    ...(id === null ? [] : [`Message-ID: <${id}>`]),
    ...(answered === null ? [] : [`In-Reply-To: <${answered.id}>`]),
    '',
    textOf(subject),
    '',
  ].join('\r\n')
}

function textOf(subject: string): string {
  return `This is all that there is to say about it: ${subject}.`
}
