import { z } from 'zod'

/** Mail as it is posted to the webhook. */
export interface TestMail {
  readonly contentType: 'application/json' | 'message/rfc822'
  readonly body: Buffer<ArrayBuffer>
}

/** The members that a run gives to each of its messages, besides the content of its file. */
interface MailWishes {
  /** Identifies the message; each that is to count as a new one has its own. */
  readonly messageId: string
  readonly date: Date
  /** Instead of the sender that the file names; null to keep it. */
  readonly from: string | null
  /** Instead of the recipients that the file names; null to keep them. */
  readonly to: string | null
}

/** Makes a message without a file: short text from a person at a company of its own. */
export function makeMail({ messageId, date, from, to }: MailWishes): TestMail {
  return {
    contentType: 'application/json',
    body: bytesOf({
      messageId,
      from: { name: 'Test Sender', email: from ?? 'test.sender@mail-test.example' },
      to: [{ name: '', email: to ?? '' }],
      subject: 'A test of inbound e-mail',
      date: date.toISOString(),
      importance: 'normal',
      attachments: [],
      text: 'This message was sent by npm run mail.',
    }),
  }
}

const jsonMailSchema = z.looseObject({})

function isJson(content: Buffer): boolean {
  return content.toString('latin1').trimStart().startsWith('{')
}

/** Whether a message can be made of the content of a file. Only broken JSON is none: whatever is no JSON is sent as MIME. */
export function isMailFile(content: Buffer): boolean {
  if (!isJson(content)) return true
  try {
    return jsonMailSchema.safeParse(JSON.parse(content.toString('utf8'))).success
  } catch {
    return false
  }
}

/**
 * The content of a file as a message, with what the run wishes. A file that begins with `{` is JSON, every other one is MIME, whose
 * bytes stay as they are whatever they encode. With `isKept` it keeps its own id and date.
 */
export function mailOfFile(content: Buffer, wishes: MailWishes, isKept: boolean): TestMail {
  if (!isJson(content)) {
    const body = Buffer.from(withHeaders(content.toString('latin1'), headersOf(wishes, isKept)), 'latin1')
    return { contentType: 'message/rfc822', body }
  }
  const mail = jsonMailSchema.parse(JSON.parse(content.toString('utf8')))
  const { messageId, date, from, to } = wishes
  return {
    contentType: 'application/json',
    body: bytesOf({
      ...mail,
      ...(isKept ? {} : { messageId, date: date.toISOString() }),
      ...(from === null ? {} : { from: { name: '', email: from } }),
      ...(to === null ? {} : { to: [{ name: '', email: to }], cc: [] }),
    }),
  }
}

function bytesOf(mail: object): Buffer<ArrayBuffer> {
  return Buffer.from(JSON.stringify(mail))
}

type Headers = readonly (readonly [name: string, value: string])[]

function headersOf({ messageId, date, from, to }: MailWishes, isKept: boolean): Headers {
  return [
    ...(isKept
      ? []
      : [
          ['Message-ID', `<${messageId}>`] as const,
          ['Date', date.toUTCString().replace('GMT', '+0000')] as const,
        ]),
    ...(from === null ? [] : [['From', from] as const]),
    ...(to === null ? [] : [['To', to] as const]),
  ]
}

/** Puts headers in the place of those with the same names, folded lines included (RFC 5322 section 2.2.3). */
function withHeaders(message: string, headers: Headers): string {
  const end = /\r?\n\r?\n/.exec(message)?.index ?? message.length
  const replaced = new Set(headers.map(([name]) => name.toLowerCase()))
  const lines = message.slice(0, end).split(/\r?\n(?![ \t])/)
  const kept = lines.filter((line) => line !== '' && !replaced.has(nameOf(line)))
  const made = headers.map(([name, value]) => `${name}: ${Buffer.from(value).toString('latin1')}`)
  return [...made, ...kept].join('\r\n') + message.slice(end)
}

function nameOf(line: string): string {
  return (line.split(':', 1)[0] ?? '').trim().toLowerCase()
}
