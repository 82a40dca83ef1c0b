import { localAddresses } from '../../origin/local/mail-addresses.ts'
import { mailEnvelopeHeader } from '../../shared/contract/inbound-email.ts'
import { messageContentType } from '../../worker/auth/email-sender.ts'
import { mails } from '../corpus/mails.ts'
import type { Dice } from '../support/dice.ts'
import { ours, theirs } from './foreign-tokens.ts'
import type { Known } from './json-samples.ts'
import { oddText } from './junk.ts'
import { bytesOf, type RequestCase, type Segment } from './request-case.ts'

/** Everything that cases of inbound e-mail have of their own: values that fit, messages of MIME, and mail with forged claims. */

const inbox = localAddresses[ours]

/** A domain in most messages of the fuzzers. No log may name it. */
export const senderDomain = 'zq7-sender.example'

/** Values with which most messages are taken in, by the names of the fields that take them. */
export const mailValues: Known = {
  email: [inbox, inbox, `ann@${senderDomain}`],
  address: [`ann@${senderDomain}`],
  recipients: [inbox],
  to: [inbox],
  organizer: [`ann@${senderDomain}`],
  attendees: [`bo@${senderDomain}`],
  digest: ['0', '1', '2'].map((digit) => digit.repeat(64)),
  messageId: Array.from({ length: 40 }, (_, index) => `m${index}@${senderDomain}`),
  inReplyTo: [`<m1@${senderDomain}>`],
  references: [`m1@${senderDomain}`, `m2@${senderDomain}`],
  threadId: ['thread-1', 'thread-2'],
  date: ['2026-11-26T09:00:00Z', 'Thu, 26 Nov 2026 09:00:00 +0000'],
  day: ['2026-11-26', '2026-01-31'],
  at: ['2026-11-26T09:00:00Z'],
  exemptSenders: [`ann@${senderDomain}`],
  exemptDomains: [senderDomain],
  id: ['8a6e0804-2bd0-4672-b79d-d97027f9071a'],
}

const envelopeTo = (addresses: readonly string[]): [string, string] => [
  mailEnvelopeHeader,
  encodeURIComponent(JSON.stringify({ from: `ann@${senderDomain}`, to: addresses })),
]

/** The headers of a request that brings a message of MIME. */
export function messageHeaders(dice: Dice, isOdd: boolean): [string, string][] {
  const type: [string, string] = [
    'Content-Type',
    dice.pick([messageContentType, 'Message/RFC822; charset=utf-8']),
  ]
  if (dice.happens(0.3)) return [type]
  if (!isOdd) return [type, envelopeTo([inbox])]
  const text = oddText(dice).toWellFormed()
  const odd = [encodeURIComponent(text), '%7B%7D', '%', envelopeTo([text])[1], envelopeTo([inbox, text])[1]]
  return [type, [mailEnvelopeHeader, dice.pick(odd)]]
}

/** A message of the corpus, or one that is made of parts of which `isOdd` spoils some. */
export function messageBody(dice: Dice, isOdd: boolean): Segment[] {
  if (dice.happens(0.4)) return [[Buffer.from(dice.pick(mails).bytes).toString('latin1'), 1]]
  const fields: [string, string][] = [
    ['From', `Ann Lee <ann@${senderDomain}>`],
    ['To', inbox],
    ['Message-ID', `<${dice.between(1, 40)}@${senderDomain}>`],
    ['Date', 'Thu, 26 Nov 2026 09:00:00 +0000'],
    ['Subject', 'An offer'],
    ['In-Reply-To', `<1@${senderDomain}>`],
    [
      'Content-Type',
      dice.pick(['text/plain; charset=utf-8', 'multipart/mixed; boundary="b"', 'text/calendar']),
    ],
  ]
  const written = fields.flatMap(([name, value]): Segment[] => {
    if (!isOdd || !dice.happens(0.3)) return [[`${name}: ${value}\r\n`, 1]]
    return dice.pick<Segment[]>([
      [],
      [[`${name}: ${bytesOf(oddText(dice))}\r\n`, 1]],
      [[`${name}: ${value}\r\n`, dice.between(2, 3_000)]],
      [
        [`${name}:`, 1],
        [`\r\n ${value},`, dice.between(1, 2_000)],
        ['\r\n', 1],
      ],
      [[`${name}: =?${dice.pick(['utf-8', 'x-none', ''])}?${dice.pick(['B', 'Q', 'Z'])}?\xff=3D?=\r\n`, 1]],
      [
        [`${name}`, 1],
        ['x', dice.between(1, 3_000)],
        ['\n', 1],
      ],
    ])
  })
  const body = dice.pick<Segment[]>([
    [['\r\nHello\r\n', 1]],
    [
      ['\r\n', 1],
      ['--b\r\nContent-Type: text/plain\r\n\r\nHello\r\n', dice.between(1, 40)],
      ['--b--\r\n', 1],
    ],
    [
      ['\r\n', 1],
      ['--b\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n', dice.between(1, 1_200)],
    ],
    [
      ['\r\nBEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\n', 1],
      ['UID:#\r\n', dice.between(2, 900)],
    ],
    [
      ['\r\n', 1],
      ['\x00\xff\x80', dice.between(1, 9_000)],
    ],
  ])
  return [...written, ...(isOdd && dice.happens(0.1) ? [] : body)]
}

/** The mail of the other workspace, with names that have no mark, which forged mail claims to belong to. */
export interface TheirMail {
  readonly address: string
  readonly sender: string
  readonly messageIds: readonly string[]
  readonly threadIds: readonly string[]
}

/**
 * Mail to our own address, or to one that only looks like theirs, from somebody who knows all names of the other workspace. Whatever it
 * claims, it belongs to ours or to nobody.
 */
export function forgedMail(their: TheirMail, dice: Dice): RequestCase {
  const workspaceId = theirs
  const { address, sender, messageIds, threadIds } = their
  const from = dice.pick([sender, address, inbox, `ann@${senderDomain}`])
  const messageId = dice.pick([...messageIds, `${dice.between(1, 1_000_000)}@${senderDomain}`])
  const threadId = dice.pick([...threadIds, ...messageIds])
  const named = dice.pick(messageIds)
  const lookalike = dice.pick([
    ...[`${address}.evil.example`, `x${address}`, `"${address}" <${inbox}>`, `${inbox} (${address})`],
    ...[`${address}\0`, `${address.replace('@', '%40')}@evil.example`, `${inbox}@${theirs}`],
  ])
  const request: Omit<RequestCase, 'headers' | 'body'> = {
    ...({ side: 'worker', route: '/api/email-webhook', method: 'POST', version: 'HTTP/1.1' } as const),
    target: `/api/email-webhook${dice.pick(['', `?workspaceId=${workspaceId}`])}`,
    framing: { kind: 'length' },
    ...({ ending: 'answer', lineEnd: '\r\n', copies: 1, pieceBytes: null } as const),
  }
  const headers: [string, string][] = [
    ['Host', '{{host}}'],
    ['Authorization', 'Bearer {{email}}'],
    ['X-Workspace-ID', workspaceId],
    ['Connection', 'close'],
  ]
  if (dice.happens(0.5)) {
    const mail = {
      ...{ messageId, threadId, inReplyTo: `<${named}>`, references: `<${named}> <${messageIds[0]}>` },
      ...{
        from: { name: address, email: from },
        subject: 'Re: An offer',
        workspaceId,
        workspace_id: workspaceId,
      },
      to: [
        { name: address, email: inbox },
        { name: '', email: lookalike },
      ],
      headers: { 'Delivered-To': address, 'X-Original-To': address, To: address, Bcc: address },
      attachments: [],
      text: 'Forged.',
    }
    return {
      ...request,
      headers: [...headers, ['Content-Type', 'application/json']],
      body: [[bytesOf(JSON.stringify(mail)), 1]],
    }
  }
  const lines = [
    ...[`From: "${address}" <${from}>`, `Sender: ${address}`, `Message-ID: <${messageId}>`],
    ...[`To: ${address}`, `Cc: ${lookalike}`, `Delivered-To: ${address}`, `X-Workspace-ID: ${workspaceId}`],
    ...[`In-Reply-To: <${named}>`, `References: <${messageIds[0]}> <${named}>`, `Thread-Index: ${threadId}`],
    ...['Subject: Re: An offer', '', `To: ${address}`, '', 'Forged.'],
  ]
  return {
    ...request,
    headers: [...headers, ['Content-Type', messageContentType], envelopeTo([inbox])],
    body: [[bytesOf(lines.join('\r\n')), 1]],
  }
}
