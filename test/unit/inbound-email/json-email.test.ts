import { describe, expect, test } from 'vitest'
import { inboundEmailSchema, mailBodySchema } from '../../../shared/contract/inbound-email.ts'
import { emailOfJson } from '../../../shared/inbound-email/json-email.ts'

const least = {
  from: { name: 'Ann Lee', email: 'ann@acme-tools.example' },
  to: [{ email: 'sales@crm.example' }],
}

async function read(changes: object) {
  const result = await emailOfJson(mailBodySchema.parse({ ...least, ...changes }))
  if (result.ok) inboundEmailSchema.parse(result.value)
  return result
}

describe('a message as JSON', () => {
  test('is read whole', async () => {
    const given = {
      ...{
        messageId: '<1@acme-tools.example>',
        cc: [{ name: 'Bob', email: 'Bob@B.example' }],
        subject: 'Offer',
      },
      ...{ date: '2026-11-26T13:30:00+01:00', threadId: 'thread-7', inReplyTo: '<b@crm.example>' },
      ...{ references: '<a@crm.example> <b@crm.example>', importance: 'high', html: '<p>Hello</p>' },
      attachments: [{ name: '../offer.pdf', contentType: 'Application/PDF; x=y', size: 12.5 }],
    }
    expect(await read(given)).toEqual({
      ok: true,
      value: {
        ...{ messageId: '1@acme-tools.example', isIdGiven: true, digest: expect.any(String) },
        from: { address: 'ann@acme-tools.example', name: 'Ann Lee' },
        ...{ recipients: ['sales@crm.example', 'bob@b.example'], to: ['sales@crm.example', 'bob@b.example'] },
        ...{ subject: 'Offer', sentAt: '2026-11-26T12:30:00Z', threadId: 'thread-7' },
        ...{
          references: ['b@crm.example', 'a@crm.example'],
          isReply: true,
          importance: 'high',
          automated: null,
        },
        ...{ text: 'Hello', meeting: null },
        attachments: [{ name: 'offer.pdf', contentType: 'application/pdf', sizeBytes: 12 }],
      },
    })
  })

  test.each([
    [
      'ids without brackets',
      { messageId: 'AAMk-1', inReplyTo: 'AAMk-0' },
      { messageId: 'AAMk-1', references: ['AAMk-0'] },
    ],
    [
      'references as a list',
      { references: ['<a@x>', 'b@x', 'c-without-at'] },
      { references: ['c-without-at', 'b@x', 'a@x'] },
    ],
    ['a blank thread', { threadId: '  ' }, { threadId: null }],
    ['an empty sender', { from: { email: '' } }, { from: null, automated: 'empty_sender' }],
    [
      'an address with its name in it',
      { from: { email: 'Bob <bob@b.example>' } },
      { from: { address: 'bob@b.example', name: 'Bob' } },
    ],
    [
      'a name with a line break',
      { from: { name: 'Ann\r\nBcc: x', email: 'ann@b.example' } },
      { from: { address: 'ann@b.example', name: 'Ann Bcc: x' } },
    ],
    [
      'broken recipients among others',
      { to: [{ email: 'x' }, { email: 'a@b.example' }] },
      { recipients: ['a@b.example'] },
    ],
    ['a broken date', { date: 'soon' }, { sentAt: null }],
    [
      'headers as an object',
      { headers: { 'Auto-Submitted': 'auto-replied' } },
      { automated: 'auto_submitted' },
    ],
    ['headers with lists', { headers: { Precedence: ['bulk', 'x'] } }, { automated: 'precedence' }],
    ['headers as a list', { headers: [{ name: 'List-Id', value: '<x>' }] }, { automated: 'list' }],
    [
      'an id in its headers alone',
      { headers: { 'message-id': '<9@x>' } },
      { messageId: '9@x', isIdGiven: true },
    ],
    ['an importance in its headers', { headers: { 'X-Priority': '5' } }, { importance: 'low' }],
    [
      'files with claims that cannot be',
      { attachments: [{ size: -1 }, { size: 1e300, name: '..' }, {}] },
      {
        attachments: [
          { name: 'attachment', contentType: 'application/octet-stream', sizeBytes: 0 },
          { name: 'attachment', contentType: 'application/octet-stream', sizeBytes: Number.MAX_SAFE_INTEGER },
          { name: 'attachment', contentType: 'application/octet-stream', sizeBytes: 0 },
        ],
      },
    ],
    [
      'NUL and half of a surrogate pair',
      { subject: 'A\0\ud800B', text: 'C\0\udc00D' },
      { subject: 'A\ufffdB', text: 'C\ufffdD' },
    ],
    [
      'half of a surrogate pair in an address',
      { to: [{ email: '\ud800@b.example' }, { email: 'a@b.example' }] },
      { recipients: ['a@b.example'] },
    ],
    ['members of providers that nobody knows', { spamScore: 1 }, { subject: '' }],
  ])('with %s is taken', async (_, given, gives) => {
    expect(await read(given)).toMatchObject({ ok: true, value: gives })
  })

  test('from something that is no address, or to nobody, is refused with a sentence for each', async () => {
    expect(await read({ from: { email: 'ann' }, to: [{ email: '@' }] })).toEqual({
      ok: false,
      error: [
        { parameter: 'from.email', message: 'must be an e-mail address, or empty for an automatic message' },
        { parameter: 'to', message: 'must have at least one e-mail address' },
      ],
    })
  })
})
