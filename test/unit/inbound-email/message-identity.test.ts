import { describe, expect, test } from 'vitest'
import { emailOfMime } from '../../../origin/inbound-email/mime.ts'
import type { InboundEmail, MailBody } from '../../../shared/contract/inbound-email.ts'
import { mailBodySchema } from '../../../shared/contract/inbound-email.ts'
import { emailOfJson } from '../../../shared/inbound-email/json-email.ts'
import { fromAnn, mail } from '../../corpus/mail-case.ts'

const header =
  'From: Ann Lee <Ann@Acme-Tools.example>\nTo: sales@crm.example\nDate: Thu, 26 Nov 2026 13:30:00 +0100\n'

async function emailOf(bytes: Uint8Array<ArrayBuffer>, to = 'sales@crm.example'): Promise<InboundEmail> {
  const read = await emailOfMime(bytes, { from: 'ann@acme-tools.example', to: [to] })
  if (!read.ok) throw new Error(read.error)
  return read.value
}

async function jsonEmailOf(changes: Partial<MailBody>): Promise<InboundEmail> {
  const body = { from: { email: 'ann@acme-tools.example' }, to: [{ email: 'sales@crm.example' }], ...changes }
  const read = await emailOfJson(mailBodySchema.parse(body))
  if (!read.ok) throw new Error(JSON.stringify(read.error))
  return read.value
}

describe('the digest of a message', () => {
  test('is the same for every notation of its sender, date and subject', async () => {
    const notations = [
      mail(`${header}Subject: Grüße an alle\n\nx`),
      mail(`${header}Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?= an\n alle\n\nOther text`),
      mail(
        'Received: by mx.example\nFROM: ann@acme-tools.example (Ann)\nDate: 26 Nov 2026 12:30:00 GMT\n' +
          'Subject: =?iso-8859-1?B?R3L832U=?= an alle\nTo: help@crm.example\n\nx',
      ),
    ]
    const digests = await Promise.all(notations.map(async (bytes) => (await emailOf(bytes)).digest))
    const json = await jsonEmailOf({ subject: ' Grüße  an alle', date: '2026-11-26T13:30:00.500+01:00' })
    expect(new Set([...digests, json.digest]).size).toBe(1)
  })

  test('differs if the sender, the date or the subject does', async () => {
    const messages = [
      { subject: 'Offer', date: '2026-11-26T12:30:00Z' },
      { subject: 'Offers', date: '2026-11-26T12:30:00Z' },
      { subject: 'Offer', date: '2026-11-26T12:30:01Z' },
      { subject: 'Offer', date: 'soon' },
      { subject: 'Offer', date: 'later' },
      { subject: 'Offer', date: '2026-11-26T12:30:00Z', from: { email: 'bob@acme-tools.example' } },
    ]
    const digests = await Promise.all(messages.map(async (each) => (await jsonEmailOf(each)).digest))
    expect(new Set(digests).size).toBe(messages.length)
  })
})

describe('a message without an id', () => {
  test('has the same one whenever and wherever it comes', async () => {
    const bytes = mail(`${header}\nHello`)
    const again = mail(`Received: by mx2.example\nReturn-Path: <ann@acme-tools.example>\n${header}\nHello`)
    const ids = await Promise.all([emailOf(bytes), emailOf(again), emailOf(bytes, 'help@crm.example')])
    expect(new Set(ids.map(({ messageId }) => messageId)).size).toBe(1)
    expect(ids[0]).toMatchObject({
      isIdGiven: false,
      messageId: expect.stringMatching(/^[0-9a-f]{64}@no-id\.invalid$/),
    })
  })

  test('has another one than a message with another text or another file, even if the file has the same name and size', async () => {
    const part = 'Content-Disposition: attachment; filename=a.txt\n\n'
    const bodies = ['Hello', 'Hello!', '', `--b\n${part}aa\n--b--`, `--b\n${part}bb\n--b--`]
    const ids = await Promise.all(
      bodies.map(async (body) =>
        emailOf(
          mail(
            `${header}Content-Type: ${body.startsWith('--') ? 'multipart/mixed; boundary=b' : 'text/plain'}\n\n${body}`,
          ),
        ),
      ),
    )
    expect(new Set(ids.map(({ messageId }) => messageId)).size).toBe(bodies.length)
  })

  test('has one as JSON too, that depends on what it says', async () => {
    const [one, same, other] = [
      await jsonEmailOf({ text: 'Hello' }),
      await jsonEmailOf({ text: 'Hello', messageId: ' ' }),
      await jsonEmailOf({ text: 'Hello!' }),
    ]
    expect(same).toEqual(one)
    expect(other.messageId).not.toBe(one.messageId)
  })
})

test('a message that names its id has it, whatever its body is', async () => {
  expect((await emailOf(fromAnn('', 'One'))).messageId).toBe('1@acme-tools.example')
  expect((await emailOf(fromAnn('', 'Two'))).messageId).toBe('1@acme-tools.example')
})
