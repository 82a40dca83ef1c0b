import { describe, expect, it } from 'vitest'
import { isMailFile, mailOfFile, makeMail } from '../../../origin/local/test-mail.ts'

const wishes = {
  messageId: 'id-1@test.example',
  date: new Date('2026-01-31T12:00:00Z'),
  from: null,
  to: null,
}
const message = [
  'From: Ann Lee <ann@example.com>',
  'Message-ID:',
  ' <old@example.com>',
  'Subject: Grüße',
  'To: sales@example.org',
  '',
  'Message-ID: this is the body',
  '',
].join('\r\n')

function mailOf(
  content: Buffer,
  more: { readonly from?: string; readonly to?: string } = {},
  isKept = false,
) {
  return mailOfFile(content, { ...wishes, ...more }, isKept)
}

it('a message without a file goes to the address asked for, under its own id', () => {
  const made = makeMail({ ...wishes, from: 'a@b.example', to: 'inbox@c.example' })
  expect(JSON.parse(made.body.toString())).toMatchObject({
    messageId: 'id-1@test.example',
    from: { email: 'a@b.example' },
    to: [{ email: 'inbox@c.example' }],
    date: '2026-01-31T12:00:00.000Z',
  })
})

describe('a file of MIME', () => {
  it('is sent byte for byte if it keeps its id and its addresses', () => {
    const bytes = Buffer.concat([Buffer.from(message), Buffer.from([0xff, 0x00, 0xfe])])
    expect(mailOf(bytes, {}, true)).toEqual({ contentType: 'message/rfc822', body: bytes })
  })

  it('gets an id and a date of its own, in place of folded ones too, and keeps its body', () => {
    const text = mailOf(Buffer.from(message)).body.toString()
    expect(text).toBe(
      [
        'Message-ID: <id-1@test.example>',
        'Date: Sat, 31 Jan 2026 12:00:00 +0000',
        'From: Ann Lee <ann@example.com>',
        'Subject: Grüße',
        'To: sales@example.org',
        '',
        'Message-ID: this is the body',
        '',
      ].join('\r\n'),
    )
  })

  it('gets the sender and the recipient asked for', () => {
    const text = mailOf(
      Buffer.from(message),
      { from: 'jürgen@example.net', to: 'x@y.example' },
      true,
    ).body.toString()
    expect(text.split('\r\n\r\n')[0]?.match(/^(From|To): .*/gm)).toEqual([
      'From: jürgen@example.net',
      'To: x@y.example',
    ])
  })
})

describe('a file of JSON', () => {
  const content = Buffer.from(' {"messageId":"old","from":{"email":"a@b.c"},"to":[],"subject":"日本"}')

  it('keeps what the run does not ask for', () => {
    const { contentType, body } = mailOf(content, {}, true)
    expect([contentType, JSON.parse(body.toString())]).toEqual([
      'application/json',
      JSON.parse(content.toString()),
    ])
  })

  it('gets an id, a date, a sender and a recipient', () => {
    const { body } = mailOf(content, { from: 's@t.example', to: 'x@y.example' })
    expect(JSON.parse(body.toString())).toMatchObject({
      messageId: 'id-1@test.example',
      date: '2026-01-31T12:00:00.000Z',
      from: { email: 's@t.example' },
      to: [{ email: 'x@y.example' }],
      subject: '日本',
    })
  })
})

it('a file that begins as JSON does and is none is told from a message', () => {
  const told = ['{', ' {"a": 1', '{"a": 1}', 'From: a@b.example\r\n\r\n{', ''].map((text) =>
    isMailFile(Buffer.from(text)),
  )
  expect(told).toEqual([false, false, true, true, true])
})
