import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { limits } from '../../../shared/limits.ts'
import { err, ok } from '../../../shared/result.ts'
import { createEmailSender } from '../../../worker/auth/email-sender.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

const secret = `whsec_${Buffer.from('the mail secret of these tests!!').toString('base64')}`
const unverified = err({ code: 'signature_invalid' })

function sender(of: string | null = secret) {
  const clock = createFakeClock()
  return { clock, ...createEmailSender({ inboundEmail: { secret: of } }, clock) }
}

/** The headers that the standard's own library makes. */
function signed(body: string, atMs: number, key = secret, id = 'msg_1'): Record<string, string> {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(atMs / 1_000)),
    'webhook-signature': new Webhook(key).sign(id, new Date(atMs), body),
  }
}

/** A request that counts how often its body was read. */
function request(headers: Record<string, string>, body = '') {
  const sent = {
    reads: 0,
    headers: new Headers({ 'Content-Type': 'application/json', ...headers }),
    async readRaw() {
      sent.reads += 1
      return ok(new TextEncoder().encode(body))
    },
  }
  return sent
}

describe('the service that brings mail is verified', () => {
  it.each(['application/json', 'message/rfc822'])(
    'by its secret, without a read of a body of %s',
    async (type) => {
      const sent = request({ Authorization: `Bearer ${secret}`, 'Content-Type': type })
      expect(await sender().verify(sent)).toEqual(ok(null))
      expect(sent.reads).toBe(0)
    },
  )

  it('by a signature over any body of JSON, as the standard’s own library makes it', async () => {
    const { clock, verify } = sender()
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), async (body) => {
        expect(await verify(request(signed(body, clock.now()), body))).toEqual(ok(null))
      }),
      { numRuns: 50 },
    )
  })

  it('by any one of several signatures, as during a rotation of secrets', async () => {
    const { clock, verify } = sender()
    const other = `whsec_${Buffer.from('the secret before the rotation..').toString('base64')}`
    const headers = signed('{}', clock.now())
    const older = signed('{}', clock.now(), other)['webhook-signature']
    const both = { ...headers, 'webhook-signature': `v1a,AAAA ${older} ${headers['webhook-signature']}` }
    expect(await verify(request(both, '{}'))).toEqual(ok(null))
  })

  it.each([
    'a secret of plain words',
    'whsec_words-of-a-secret',
    'whsec_aSecretOfLetters1',
    'whsec_thirteen=',
  ])('by a signature with a secret that is no base64, of which the bytes count: %s', async (plain) => {
    const { clock, verify } = sender(plain)
    const key = `whsec_${Buffer.from(plain).toString('base64')}`
    expect(await verify(request(signed('{}', clock.now(), key), '{}'))).toEqual(ok(null))
  })

  it('by a signature up to five minutes old or ahead', async () => {
    const { clock, verify } = sender()
    const at = (seconds: number) => request(signed('{}', clock.now() + seconds * 1_000), '{}')
    for (const seconds of [-limits.emailSignatureAgeMaxSeconds, limits.emailSignatureAgeMaxSeconds])
      expect(await verify(at(seconds))).toEqual(ok(null))
    for (const seconds of [-limits.emailSignatureAgeMaxSeconds - 1, limits.emailSignatureAgeMaxSeconds + 1])
      expect(await verify(at(seconds))).toEqual(unverified)
  })
})

describe('nobody else is', () => {
  it.each([
    ['nothing', {}],
    ['another secret', { Authorization: `Bearer ${secret}x` }],
    ['an empty secret', { Authorization: 'Bearer ' }],
    ['another scheme', { Authorization: `Basic ${secret}` }],
    ['a signature without an id', { 'webhook-timestamp': '1', 'webhook-signature': 'v1,x' }],
    [
      'a time that is no number',
      { 'webhook-id': 'a', 'webhook-timestamp': 'now', 'webhook-signature': 'v1,x' },
    ],
  ])('with %s, and no body is read', async (_what, headers) => {
    const sent = request(headers)
    expect(await sender().verify(sent)).toEqual(unverified)
    expect(sent.reads).toBe(0)
  })

  it('with the signature of another body, id, time or secret', async () => {
    const { clock, verify } = sender()
    const now = clock.now()
    const headers = signed('{}', now)
    const other = `whsec_${Buffer.from('another secret of these tests...').toString('base64')}`
    for (const each of [
      signed('{ }', now),
      { ...headers, 'webhook-id': 'msg_2' },
      { ...headers, 'webhook-timestamp': String(Math.floor(now / 1_000) - 1) },
      signed('{}', now, other),
    ])
      expect(await verify(request(each, '{}'))).toEqual(unverified)
  })

  it('with a signature over a message of MIME, whose body nothing reads', async () => {
    const { clock, verify } = sender()
    const sent = request({ ...signed('', clock.now()), 'Content-Type': 'message/rfc822; charset=utf-8' })
    expect(await verify(sent)).toEqual(unverified)
    expect(sent.reads).toBe(0)
  })

  it('with a signature over a body that is too large to be read', async () => {
    const { clock, verify } = sender()
    const sent = request(signed('{}', clock.now()), '{}')
    const tooLarge = { ...sent, readRaw: async () => err({ code: 'body_too_large' } as const) }
    expect(await verify(tooLarge)).toEqual(unverified)
  })

  it('where no secret is configured', async () => {
    const { verify, holdsSecret } = sender(null)
    const sent = request({ Authorization: 'Bearer null' })
    expect(await verify(sent)).toEqual(unverified)
    expect(await holdsSecret(sent.headers)).toBe(false)
  })
})

it('an address has a bounded number of signatures checked in a minute, and its secret counts all the same', async () => {
  const { clock, verify } = sender()
  const from = (address: string, more = {}) =>
    request({ 'CF-Connecting-IP': address, ...signed('x', clock.now()), ...more })
  const tooLarge = { ...from('192.0.2.1'), readRaw: async () => err({ code: 'body_too_large' } as const) }
  for (let index = 0; index < limits.signaturesPerMinuteMax; index += 1) await verify(tooLarge)
  const refused = from('192.0.2.1')
  expect(await verify(refused)).toMatchObject(err({ code: 'rate_limited' }))
  expect(refused.reads).toBe(0)
  expect(await verify(from('192.0.2.2'))).toEqual(unverified)
  expect(await verify(from('192.0.2.1', { Authorization: `Bearer ${secret}` }))).toEqual(ok(null))
})
