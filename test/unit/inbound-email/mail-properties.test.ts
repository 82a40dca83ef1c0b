import fc from 'fast-check'
import PostalMime from 'postal-mime'
import { describe, expect, test } from 'vitest'
import { readMeeting } from '../../../origin/inbound-email/calendar.ts'
import { emailOfMime } from '../../../origin/inbound-email/mime.ts'
import { inboundEmailSchema, mailBodySchema, meetingSchema } from '../../../shared/contract/inbound-email.ts'
import { headerEnd, headerFields } from '../../../shared/inbound-email/header-fields.ts'
import { textOfHtml } from '../../../shared/inbound-email/html-text.ts'
import { emailOfJson } from '../../../shared/inbound-email/json-email.ts'
import { readMailboxes } from '../../../shared/inbound-email/mail-addresses.ts'
import { parseMailDate } from '../../../shared/inbound-email/mail-date.ts'
import { readMailHead } from '../../../shared/inbound-email/mail-head.ts'

const controls = /\p{Cc}/u

/** postal-mime lists every line. Those without a name that a field may have are none. */
function isField(key: string, line: string): boolean {
  return line.includes(':') && /^[!-9;-~]{1,100}$/.test(key)
}

/** Texts that are near to those of mail. */
function textNear(...pieces: readonly string[]) {
  const piece = fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: 'binary', maxLength: 6 }))
  return fc.array(piece, { maxLength: 40 }).map((all) => all.join(''))
}

const headerText = textNear(
  ...[
    'From: ',
    'To: ',
    'Subject: ',
    'Date: ',
    'Message-ID: ',
    'References: ',
    'Content-Type: multipart/mixed; boundary=b',
  ],
  ...[
    'Content-Transfer-Encoding: base64',
    '=?utf-8?q?a=0D=0Ab=00?=',
    '=?utf-8?b?',
    'ann@b.example',
    '<a@b>',
    '"',
    '(',
    ',',
  ],
  ...[
    '\r\n',
    '\n',
    '\r',
    '\r\n ',
    '\r\n\r\n',
    '\0',
    '\u00a0',
    '\ufeff',
    '--b',
    '--b--',
    'Thu, 26 Nov 2026 13:30:00 +0100',
  ],
)
const bytes = fc.oneof(
  headerText.map((text) => new TextEncoder().encode(`From: ann@b.example\nTo: a@b.example\n${text}`)),
  headerText.map((text) => Uint8Array.from(text, (character) => character.charCodeAt(0))),
)

describe('whatever bytes come', () => {
  test('the message has the one form, with lines that are lines, or is refused', async () => {
    await fc.assert(
      fc.asyncProperty(bytes, async (message) => {
        const read = await emailOfMime(message, null)
        if (!read.ok) return
        const email = inboundEmailSchema.parse(read.value)
        const lines = [
          email.subject,
          email.from?.name ?? '',
          email.messageId,
          ...email.references,
          ...email.recipients,
        ]
        for (const line of [...lines, ...email.attachments.map(({ name }) => name)])
          expect(line).not.toMatch(controls)
        expect((await readMailHead(message, null)).digest).toBe(email.digest)
      }),
    )
  })

  test('the header has the fields that postal-mime finds in the same bytes', async () => {
    await fc.assert(
      fc.asyncProperty(bytes, async (message) => {
        const end = headerEnd(message)
        const header = end < 0 ? message : message.subarray(0, end)
        // Where bytes are no UTF-8, postal-mime has replacement characters.
        fc.pre(!new TextDecoder().decode(header).includes('\ufffd'))
        const { headers, headerLines } = await PostalMime.parse(header)
        const fields = headers.filter(({ key }, at) => isField(key, headerLines[at]?.line ?? ''))
        expect(headerFields(header)).toEqual(fields.map(({ key, value }) => ({ name: key, value })))
      }),
    )
  })

  test('a list of addresses gives valid ones, and no more than are wanted', () => {
    fc.assert(
      fc.property(
        textNear('<', '>', '@', ',', ';', ':', '(', ')', '"', '\\', 'ann@b.example', ' ', '=?utf-8?q?'),
        (field) => {
          const mailboxes = readMailboxes(field, 3)
          expect(mailboxes.length).toBeLessThanOrEqual(3)
          for (const { email, name } of mailboxes) {
            expect(email).toMatch(/^[^\s].*@[a-z0-9.-]+$/u)
            expect(name).not.toMatch(controls)
          }
        },
      ),
    )
  })

  test('every address of a well-formed list is found, in its order, whatever the names are', () => {
    const name = fc.string({ maxLength: 12 }).map((text) => `"${text.replace(/["\\]/g, '\\$&')}"`)
    const members = fc.array(fc.tuple(name, fc.nat(999)), { maxLength: 8 })
    fc.assert(
      fc.property(members, (list) => {
        const field = list.map(([each, at]) => `${each} <a${at}@b.example>`).join(', ')
        expect(readMailboxes(field, 100).map(({ email }) => email)).toEqual(
          list.map(([, at]) => `a${at}@b.example`),
        )
      }),
    )
  })
})

test('whatever JSON comes, the message has the one form or is refused', async () => {
  const text = textNear('<a@b>', 'ann@b.example', '\r\n', '\0', '=?utf-8?q?a=0Ab?=', '<p>', '&#0;')
  const optional = fc.option(text, { nil: undefined })
  const address = fc.record({ name: optional, email: fc.oneof(text, fc.constant('ann@b.example')) })
  const attachment = fc.record({
    name: optional,
    contentType: optional,
    size: fc.option(fc.double(), { nil: undefined }),
  })
  const body = fc.record({
    ...{
      messageId: optional,
      from: address,
      to: fc.array(address, { maxLength: 3 }),
      subject: optional,
      date: optional,
    },
    ...{ threadId: optional, inReplyTo: optional, references: fc.option(fc.array(text), { nil: undefined }) },
    ...{ attachments: fc.array(attachment, { maxLength: 3 }), text: optional, html: optional },
    headers: fc.array(fc.record({ name: text, value: text }), { maxLength: 3 }),
  })
  await fc.assert(
    fc.asyncProperty(body, async (made) => {
      const parsed = mailBodySchema.safeParse(made)
      if (!parsed.success) return
      const read = await emailOfJson(parsed.data)
      if (read.ok) inboundEmailSchema.parse(read.value)
      else expect(read.error.length).toBeGreaterThan(0)
    }),
  )
})

test('the text of HTML has no more characters than the HTML, and none of its scripts', () => {
  fc.assert(
    fc.property(
      textNear('<p>', '<script>', '</script>', 'secret()', '<!--', '-->', '"', "'", '>', '<a href="', '&lt;'),
      (html) => {
        expect(textOfHtml(`<script>planted()</script>${html}`)).not.toContain('planted')
        expect(textOfHtml(html).length).toBeLessThanOrEqual(2 * html.length)
      },
    ),
  )
})

test('whatever calendar comes, the meeting has its form or there is none', () => {
  const calendar = textNear(
    ...[
      'BEGIN:VCALENDAR\r\n',
      'END:VCALENDAR\r\n',
      'BEGIN:VEVENT\r\n',
      'END:VEVENT\r\n',
      'UID:1\r\n',
      'METHOD:REQUEST\r\n',
    ],
    ...[
      'DTSTART:20261201T090000Z\r\n',
      'DTSTART;VALUE=DATE:20261201\r\n',
      'DTEND:x\r\n',
      'DURATION:P99999W\r\n',
      'SEQUENCE:-1\r\n',
    ],
    ...[
      'DTSTART;TZID=Mars/Olympus:20261201T090000\r\n',
      'ORGANIZER:mailto:ann@b.example\r\n',
      'ATTENDEE:x\r\n',
      ' ',
      ';',
      ':',
    ],
  )
  fc.assert(
    fc.property(calendar, fc.boolean(), (text, isWrapped) => {
      const whole = isWrapped
        ? `BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:9\r\n${text}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n`
        : text
      const meeting = readMeeting(whole, null)
      if (meeting !== null) meetingSchema.parse(meeting)
    }),
  )
})

test('a date in the form of mail is the instant that it was made of', () => {
  const instant = fc.date({
    min: new Date('1970-01-02T00:00:00Z'),
    max: new Date('2099-12-31T00:00:00Z'),
    noInvalidDate: true,
  })
  fc.assert(
    fc.property(instant, (date) => {
      const second = `${date.toISOString().slice(0, 19)}Z`
      expect(parseMailDate(date.toUTCString())).toBe(second)
      expect(parseMailDate(date.toISOString())).toBe(second)
    }),
  )
})
