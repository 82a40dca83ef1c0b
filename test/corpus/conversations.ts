import { fromAnn, type MailCase, mail, multipart, partsOf } from './mail-case.ts'

const away = { envelope: { from: '', to: ['sales@crm.example'] } }

/** Replies, forged ones among them, and mail that programs send. */
export const conversations: readonly MailCase[] = [
  {
    name: 'that replies names what it answers, the nearest first',
    bytes: fromAnn(
      'Subject: Re: Offer\nReferences: <a@crm.example>\n <b@crm.example>\nIn-Reply-To: <b@crm.example>',
    ),
    gives: { references: ['b@crm.example', 'a@crm.example'], isReply: true, automated: null },
  },
  {
    name: 'that replies by its subject alone is a reply',
    bytes: fromAnn('Subject: =?utf-8?Q?AW=3A_Angebot?='),
    gives: { references: [], isReply: true },
  },
  {
    name: 'that is forwarded is no reply',
    bytes: fromAnn('Subject: Fwd: Re: Offer'),
    gives: { isReply: false },
  },
  {
    name: 'that names itself as what it answers does not',
    bytes: fromAnn('In-Reply-To: <1@acme-tools.example>'),
    gives: { references: [], isReply: false },
  },
  {
    name: 'with prose in In-Reply-To has the id in it',
    bytes: fromAnn('In-Reply-To: Your message of "Mon, 1 Jan" <a@crm.example>'),
    gives: { references: ['a@crm.example'] },
  },
  {
    name: 'with prose alone in In-Reply-To names nothing',
    bytes: fromAnn('In-Reply-To: your message of Monday'),
    gives: { references: [] },
  },
  {
    name: 'with 5,000 references names the nearest 20',
    bytes: fromAnn(
      `References: ${Array.from({ length: 5_000 }, (_, at) => `<${at}@b.example>`).join('\n ')}`,
    ),
    gives: { references: Array.from({ length: 20 }, (_, at) => `${4_999 - at}@b.example`) },
  },
  {
    name: "that claims a thread of another workspace's has it as a mere text, within its bounds",
    bytes: fromAnn("References: <'; drop table threads; --@x> <thread_1@15214>"),
    gives: { references: ['thread_1@15214', "';droptablethreads;--@x"], threadId: null },
  },
  {
    name: 'that claims a thread by a header of its own has none',
    bytes: fromAnn('X-Thread-Id: thread_1\nThread-Id: thread_1'),
    gives: { threadId: null },
  },
  {
    name: 'that answers while somebody is away is automatic',
    bytes: fromAnn(
      'Subject: Automatic reply: Offer\nAuto-Submitted: auto-replied (vacation)\nIn-Reply-To: <a@crm.example>',
    ),
    gives: { automated: 'auto_submitted', isReply: true },
  },
  {
    name: 'that says it is not automatic is not',
    bytes: fromAnn('Auto-Submitted: no'),
    gives: { automated: null },
  },
  {
    name: 'of an older answering program is automatic',
    bytes: fromAnn('X-Autoreply: yes'),
    gives: { automated: 'auto_submitted' },
  },
  { name: 'in bulk is automatic', bytes: fromAnn('Precedence: Bulk'), gives: { automated: 'precedence' } },
  {
    name: 'of first class is not automatic',
    bytes: fromAnn('Precedence: first-class'),
    gives: { automated: null },
  },
  {
    name: 'of a list is automatic',
    bytes: fromAnn('List-Id: News <news.b.example>'),
    gives: { automated: 'list' },
  },
  {
    name: 'of a newsletter is automatic',
    bytes: fromAnn(
      'List-Unsubscribe: <https://b.example/u>\nList-Unsubscribe-Post: List-Unsubscribe=One-Click',
    ),
    gives: { automated: 'list' },
  },
  {
    name: 'with an empty sender in its envelope is automatic',
    bytes: fromAnn(''),
    ...away,
    gives: { automated: 'empty_sender' },
  },
  {
    name: 'with an empty return path is automatic',
    bytes: fromAnn('Return-Path: <>'),
    gives: { automated: 'empty_sender' },
  },
  {
    name: 'with a return path is not automatic',
    bytes: fromAnn('Return-Path: <ann@acme-tools.example>'),
    gives: { automated: null },
  },
  {
    name: 'that reports a failed delivery is automatic, with the report and the original as files',
    bytes: mail(
      'From: Mail Delivery System <MAILER-DAEMON@b.example>\nTo: sales@crm.example\nSubject: Undelivered\n' +
        `Content-Type: multipart/report; report-type=delivery-status; boundary=r\n\n${partsOf(
          [
            'Content-Type: text/plain\n\nIt failed.',
            'Content-Type: message/delivery-status\n\nAction: failed',
            'Content-Type: message/rfc822\n\nFrom: sales@crm.example\n\nHi',
          ],
          'r',
        )}`,
    ),
    gives: {
      automated: 'auto_submitted',
      text: 'It failed.',
      attachments: [
        { name: 'attachment', contentType: 'message/delivery-status', sizeBytes: 15 },
        { name: 'message.eml', contentType: 'message/rfc822', sizeBytes: 28 },
      ],
    },
  },
  {
    name: 'that invites to a meeting has its fields',
    bytes: multipart('mixed', [
      `Content-Type: multipart/alternative; boundary=b2\n\n${partsOf(
        ['Content-Type: text/plain\n\nJoin us', calendarPart('REQUEST', 0, '')],
        'b2',
      )}`,
      `Content-Type: application/ics; name=invite.ics\nContent-Disposition: attachment; filename=invite.ics\n\n${calendar('REQUEST', 0, '')}`,
    ]),
    gives: {
      text: 'Join us',
      attachments: [{ name: 'invite.ics', contentType: 'application/ics', sizeBytes: 375 }],
      meeting: {
        ...{
          uid: 'meeting-1@acme-tools.example',
          method: 'request',
          sequence: 0,
          summary: 'Kick-off, part 1',
        },
        ...{ location: 'Room 1; left', startsAt: '2026-12-01T08:00:00Z', endsAt: '2026-12-01T09:00:00Z' },
        ...{ isAllDay: false, organizer: 'ann@acme-tools.example', attendees: ['sales@crm.example'] },
      },
    },
  },
  {
    name: 'that moves a meeting has its higher sequence',
    bytes: multipart('alternative', [calendarPart('REQUEST', 3, '')]),
    gives: { meeting: meeting({ sequence: 3 }), attachments: [] },
  },
  {
    name: 'that cancels a meeting says so',
    bytes: multipart('alternative', [calendarPart('CANCEL', 4, 'STATUS:CANCELLED\n')]),
    gives: { meeting: meeting({ method: 'cancel', sequence: 4 }) },
  },
  {
    name: 'that accepts a meeting is an answer to it',
    bytes: multipart('alternative', [calendarPart('REPLY', 0, '')]),
    gives: { meeting: meeting({ method: 'reply' }) },
  },
  {
    name: 'with a broken invitation keeps its text and lists the part',
    bytes: multipart('alternative', [
      'Content-Type: text/plain\n\nJoin us',
      'Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\nBEGIN:VEVENT',
    ]),
    gives: {
      text: 'Join us',
      meeting: null,
      attachments: [{ name: 'attachment', contentType: 'text/calendar', sizeBytes: 29 }],
    },
  },
]

function meeting(
  changes: Partial<NonNullable<import('../../shared/contract/inbound-email.ts').InboundEmail['meeting']>>,
) {
  return {
    ...{
      uid: 'meeting-1@acme-tools.example',
      method: 'request' as const,
      sequence: 0,
      summary: 'Kick-off, part 1',
    },
    ...{ location: 'Room 1; left', startsAt: '2026-12-01T08:00:00Z', endsAt: '2026-12-01T09:00:00Z' },
    ...{ isAllDay: false, organizer: 'ann@acme-tools.example', attendees: ['sales@crm.example'] },
    ...changes,
  }
}

function calendarPart(method: string, sequence: number, more: string): string {
  return `Content-Type: text/calendar; charset=utf-8; method=${method}\n\n${calendar(method, sequence, more)}`
}

function calendar(method: string, sequence: number, more: string): string {
  return (
    `BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Example//EN\nMETHOD:${method}\nBEGIN:VEVENT\n` +
    `UID:meeting-1@acme-tools.example\nSEQUENCE:${sequence}\n${more}SUMMARY:Kick-off\\, part 1\nLOCATION:Room 1\\; left\n` +
    'DTSTART;TZID=Europe/Berlin:20261201T090000\nDTEND;TZID=Europe/Berlin:20261201T100000\n' +
    'ORGANIZER;CN=Ann Lee:mailto:Ann@acme-tools.example\nATTENDEE;RSVP=TRUE:mailto:sales@crm.example\n' +
    'END:VEVENT\nEND:VCALENDAR\n'
  )
}
