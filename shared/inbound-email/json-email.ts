import type { Fault } from '../contract/error-shown.ts'
import type { InboundEmail, MailBody } from '../contract/inbound-email.ts'
import { limits } from '../limits.ts'
import type { Result } from '../result.ts'
import { err, ok } from '../result.ts'
import { emailOf } from './email-form.ts'
import type { HeaderField } from './header-fields.ts'
import { firstValue } from './header-fields.ts'
import type { Mailbox } from './mail-addresses.ts'
import { mailboxOf, mailboxReader } from './mail-addresses.ts'
import { headOf } from './mail-head.ts'
import { plainLine } from './plain-line.ts'

type WrittenAddress = MailBody['from']

/**
 * A message that came as JSON, in the one form. The `headers` say it where the members do not. Recipients that are no addresses are
 * left out; a sender that is neither empty nor an address, or not one valid recipient, is refused.
 */
export async function emailOfJson(body: MailBody): Promise<Result<InboundEmail, readonly Fault[]>> {
  const fields = fieldsOf(body.headers ?? {})
  const read = mailboxReader()
  const from = mailboxOfJson(body.from, read)
  const to = [...body.to, ...(body.cc ?? [])]
    .map((address) => mailboxOfJson(address, read))
    .filter((mailbox) => mailbox !== null)
  const faults: Fault[] = []
  if (from === null && body.from.email.trim() !== '')
    faults.push({
      parameter: 'from.email',
      message: 'must be an e-mail address, or empty for an automatic message',
    })
  if (to.length === 0) faults.push({ parameter: 'to', message: 'must have at least one e-mail address' })
  if (faults.length > 0) return err(faults)
  const head = await headOf(
    {
      fields,
      from,
      to,
      delivered: [],
      subject: body.subject ?? firstValue(fields, 'subject') ?? '',
      date: body.date ?? firstValue(fields, 'date') ?? '',
      messageId: nonBlank(body.messageId) ?? firstValue(fields, 'message-id') ?? '',
      inReplyTo: [nonBlank(body.inReplyTo) ?? firstValue(fields, 'in-reply-to') ?? ''],
      references: referencesOf(body) ?? [firstValue(fields, 'references') ?? ''],
      importance: body.importance ?? null,
    },
    null,
  )
  const content = {
    plain: body.text ?? '',
    html: body.html ?? '',
    attachments: body.attachments ?? [],
    meeting: null,
    bodyDigest: null,
    threadId: nonBlank(plainLine(body.threadId ?? '', limits.mailThreadIdCharactersMax)),
  }
  return ok(await emailOf(head, content))
}

/** The address may come as a header has it, with a name and brackets. */
function mailboxOfJson(
  { name, email }: WrittenAddress,
  read: (member: string) => Mailbox | null,
): Mailbox | null {
  const mailbox = read(email)
  const given = nonBlank(name)
  return mailbox === null || given === null ? mailbox : mailboxOf(given, mailbox.email)
}

function referencesOf({ references }: MailBody): readonly string[] | null {
  if (references === undefined || references === null) return null
  return typeof references === 'string' ? [references] : references
}

function nonBlank(text: string | null | undefined): string | null {
  return text === undefined || text === null || text.trim() === '' ? null : text
}

function fieldsOf(headers: NonNullable<MailBody['headers']>): HeaderField[] {
  if (Array.isArray(headers)) return headers.map(({ name, value }) => fieldOf(name, value))
  return Object.entries(headers).flatMap(([name, value]) => [value].flat().map((each) => fieldOf(name, each)))
}

/** A field as if it had stood in a header, where it could have no line breaks. */
function fieldOf(name: string, value: string): HeaderField {
  return { name: name.trim().toLowerCase(), value: value.replace(/[\r\n\0]+/g, ' ').trim() }
}
