import { limits } from '../../shared/limits.ts'
import { fromAnn, type MailCase, mail, partsOf } from './mail-case.ts'

const deep = fromAnn('Subject: Deep\nContent-Type: multipart/mixed; boundary=b0', nested(1_000))
const lines = fromAnn('Subject: Lines', '\n'.repeat(700_000))

/** Messages that are made to cost much. Each takes a time that grows with its length alone, and leaves nothing behind. */
export const bombs: readonly MailCase[] = [
  {
    name: 'nested 1,000 deep is kept with its header, its body as a file',
    bytes: deep,
    gives: { subject: 'Deep', ...unread(deep) },
  },
  {
    name: 'nested 40 deep is read',
    bytes: fromAnn('Content-Type: multipart/mixed; boundary=b0', nested(40)),
    gives: { text: 'The innermost', attachments: [] },
  },
  {
    name: 'of messages within messages is not followed',
    bytes: fromAnn('Content-Type: message/rfc822', 'Content-Type: message/rfc822\n\n'.repeat(1_000)),
    gives: {
      text: '',
      attachments: [{ name: 'message.eml', contentType: 'message/rfc822', sizeBytes: 30_000 }],
    },
  },
  {
    name: 'to 10,000 recipients reaches them, and shows the first 50',
    bytes: mail(`From: ann@b.example\nTo: ${many(10_000, (at) => `${at}@crm.example`)}\n\nx`),
    gives: {
      recipients: Array.from({ length: 10_000 }, (_, at) => `${at}@crm.example`),
      to: Array.from({ length: 50 }, (_, at) => `${at}@crm.example`),
    },
  },
  {
    name: 'with 2,000 parts lists the first 100',
    bytes: fromAnn(
      'Content-Type: multipart/mixed; boundary=b0',
      partsOf(
        Array.from({ length: 2_000 }, (_, at) => `Content-Disposition: attachment; filename=${at}.txt\n\nx`),
        'b0',
      ),
    ),
    gives: {
      attachments: Array.from({ length: 100 }, (_, at) => ({
        ...{ name: `${at}.txt`, contentType: 'text/plain', sizeBytes: 2 },
      })),
    },
  },
  {
    name: 'with a header beyond its bound is refused',
    bytes: fromAnn(`X-Filler: ${'x'.repeat(limits.mailHeadersBytesMax)}`),
    gives: 'unreadable',
  },
  {
    name: 'with a header just within its bound is read',
    bytes: fromAnn(`X-Filler: ${'x'.repeat(limits.mailHeadersBytesMax - 1_000)}\nSubject: Large`),
    gives: { subject: 'Large' },
  },
  {
    name: 'with 20,000 fields in its header is read',
    bytes: fromAnn(`${many(20_000, (at) => `X: ${at % 10}`, '\n')}\nSubject: Many`),
    gives: { subject: 'Many' },
  },
  {
    name: 'with 60,000 open parentheses in an address is read',
    bytes: mail(
      `From: ${'('.repeat(60_000)}\nSender: ann@b.example\nTo: ${'<'.repeat(60_000)}, x@crm.example\nCc: sales@crm.example\n\nx`,
    ),
    gives: { from: { address: 'ann@b.example', name: null }, recipients: ['sales@crm.example'] },
  },
  {
    name: 'with 120,000 marks stacked on a letter of its subject is read',
    bytes: fromAnn(`Subject: a${'\u0315\u0300'.repeat(60_000)}`),
    gives: { isReply: false, text: 'Hello' },
  },
  {
    name: 'with 120,000 at signs for what it answers is read',
    bytes: fromAnn(`References: ${'@'.repeat(120_000)} <a@x>\nIn-Reply-To: ${'a '.repeat(60_000)}`),
    gives: { references: ['a@x'] },
  },
  {
    name: 'with a body of one line a byte is kept with its header, its body as a file',
    bytes: lines,
    gives: { subject: 'Lines', ...unread(lines) },
  },
  {
    name: 'with HTML that opens 200,000 elements is read',
    bytes: fromAnn('Content-Type: text/html', `${'<div>'.repeat(200_000)}Inside`),
    gives: { text: 'Inside' },
  },
  {
    name: 'with HTML of open tags and quotation marks is read',
    bytes: fromAnn('Content-Type: text/html', `Before${'<a "'.repeat(50_000)}${"<b '".repeat(50_000)}`),
    gives: { text: 'Before' },
  },
  {
    name: 'with more text than is kept keeps its beginning',
    bytes: fromAnn('', 'x'.repeat(limits.mailTextCharactersMax + 1_000)),
    gives: { text: 'x'.repeat(limits.mailTextCharactersMax) },
  },
  {
    name: 'with an invitation whose zone changes its clocks each second has no time of it',
    bytes: fromAnn(
      'Content-Type: text/calendar; method=REQUEST',
      'BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VTIMEZONE\nTZID:Bomb\nBEGIN:STANDARD\nDTSTART:16010101T000000\nTZOFFSETFROM:+0100\n' +
        'TZOFFSETTO:+0200\nRRULE:FREQ=SECONDLY\nEND:STANDARD\nEND:VTIMEZONE\nBEGIN:VEVENT\nUID:bomb\nRRULE:FREQ=SECONDLY\n' +
        'DTSTART;TZID=Bomb:20261201T090000\nEND:VEVENT\nEND:VCALENDAR\n',
    ),
    gives: {
      meeting: {
        ...{
          uid: 'bomb',
          method: 'request',
          sequence: 0,
          summary: '',
          location: null,
          startsAt: null,
          endsAt: null,
        },
        ...{ isAllDay: false, organizer: null, attendees: [] },
      },
    },
  },
]

function unread({ length }: Uint8Array) {
  return {
    ...{ text: '', meeting: null },
    attachments: [{ name: 'message.eml', contentType: 'message/rfc822', sizeBytes: length }],
  }
}

function many(count: number, each: (at: number) => string, between = ',\n '): string {
  return Array.from({ length: count }, (_, at) => each(at)).join(between)
}

/** Bodies within bodies, without an end of any. */
function nested(depth: number): string {
  const levels = many(depth, (at) => `--b${at}\nContent-Type: multipart/mixed; boundary=b${at + 1}\n`, '\n')
  return `${levels}\n--b${depth}\nContent-Type: text/plain\n\nThe innermost\n`
}
