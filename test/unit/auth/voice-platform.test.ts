import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { limits } from '../../../shared/limits.ts'
import { err, ok } from '../../../shared/result.ts'
import { createVoicePlatform } from '../../../worker/auth/voice-platform.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

const secret = 'the secret of these tests'
const signingSecret = 'the signing secret of these tests'
const unverified = err({ code: 'signature_invalid' })

function platform(
  voice: { secret: string | null; signingSecret: string | null } = { secret, signingSecret },
) {
  const clock = createFakeClock()
  const { verify, verifySigned } = createVoicePlatform(
    { voice: { ...voice, numberMax: 0, organizationMax: 0 } },
    clock,
  )
  return { clock, verify, verifySigned }
}

const nowSeconds = (clock: { now(): number }) => Math.floor(clock.now() / 1_000)

function signatureOf(body: string, atSeconds: number, key = signingSecret): string {
  const digest = createHmac('sha256', key).update(`${atSeconds}.${body}`).digest('hex')
  return `t=${atSeconds},v0=${digest}`
}

/** A request whose body was read this often. */
function request(headers: Record<string, string>, body = '') {
  const sent = {
    reads: 0,
    headers: new Headers(headers),
    async readRaw() {
      sent.reads += 1
      return ok(new TextEncoder().encode(body))
    },
  }
  return sent
}

describe('the voice platform is verified', () => {
  it.each([
    ['in a header', { 'X-Voice-Secret': secret }],
    ['as a bearer token', { Authorization: `Bearer ${secret}` }],
  ])('by the shared secret %s, without a read of the body', async (_where, headers) => {
    const sent = request(headers)
    expect(await platform().verify(sent)).toEqual(ok(null))
    expect(sent.reads).toBe(0)
  })

  it('by a signature over any body', async () => {
    const { clock, verify, verifySigned } = platform()
    await fc.assert(
      fc.asyncProperty(fc.string(), async (body) => {
        const headers = { 'ElevenLabs-Signature': signatureOf(body, nowSeconds(clock)) }
        expect(await verify(request(headers, body))).toEqual(ok(null))
        expect(await verifySigned(request(headers, body))).toEqual(ok(null))
      }),
      { numRuns: 50 },
    )
  })

  it('by a signature that has white space, other versions or capital letters', async () => {
    const { clock, verifySigned } = platform()
    const [t = '', v0 = ''] = signatureOf('body', nowSeconds(clock)).split(',')
    for (const header of [`${v0}, ${t}`, `${t},v0=${v0.slice(3).toUpperCase()}`, `${t},v1=ab,${v0}`]) {
      expect(await verifySigned(request({ 'ElevenLabs-Signature': header }, 'body'))).toEqual(ok(null))
    }
  })

  it('by a signature up to half an hour old', async () => {
    const { clock, verifySigned } = platform()
    const at = (ageSeconds: number) => ({
      'ElevenLabs-Signature': signatureOf('body', nowSeconds(clock) - ageSeconds),
    })
    expect(await verifySigned(request(at(limits.signatureAgeMaxSeconds), 'body'))).toEqual(ok(null))
    expect(await verifySigned(request(at(limits.signatureAgeMaxSeconds + 1), 'body'))).toEqual(unverified)
    expect(await verifySigned(request(at(-limits.signatureSkewMaxSeconds - 1), 'body'))).toEqual(unverified)
  })
})

describe('nobody else is', () => {
  it.each([
    ['nothing', {}],
    ['another secret', { 'X-Voice-Secret': `${secret}x` }],
    ['an empty secret', { 'X-Voice-Secret': '', Authorization: 'Bearer ' }],
    ['the signing secret', { 'X-Voice-Secret': signingSecret }],
    ['a malformed signature', { 'ElevenLabs-Signature': 't=now,v0=00' }],
    ['a short digest', { 'ElevenLabs-Signature': 't=1,v0=00' }],
  ])('with %s, and no body is read', async (_what, headers) => {
    const sent = request(headers)
    expect(await platform().verify(sent)).toEqual(unverified)
    expect(sent.reads).toBe(0)
  })

  it('with the signature of another body, time or secret', async () => {
    const { clock, verify } = platform()
    const now = nowSeconds(clock)
    const digest = signatureOf('body', now).split(',')[1]
    for (const header of [
      signatureOf('another body', now),
      `t=${now - 1},${digest}`,
      signatureOf('body', now, secret),
    ]) {
      expect(await verify(request({ 'ElevenLabs-Signature': header }, 'body'))).toEqual(unverified)
    }
  })

  it('with the shared secret alone where a signature is demanded', async () => {
    expect(await platform().verifySigned(request({ 'X-Voice-Secret': secret }))).toEqual(unverified)
  })

  it('where no secret is configured', async () => {
    const { clock, verify } = platform({ secret: null, signingSecret: null })
    const now = nowSeconds(clock)
    expect(await verify(request({ 'X-Voice-Secret': '' }))).toEqual(unverified)
    expect(await verify(request({ 'ElevenLabs-Signature': signatureOf('body', now, '') }, 'body'))).toEqual(
      unverified,
    )
  })
})

it('an address has a bounded number of signatures checked in a minute, and other addresses keep theirs', async () => {
  const { clock, verify } = platform()
  const signature = signatureOf('body', nowSeconds(clock), 'a stranger’s secret')
  const from = (address: string, more = {}) =>
    request({ 'CF-Connecting-IP': address, 'ElevenLabs-Signature': signature, ...more }, 'body')
  // A body that is too large ends each check before the digest, which would take most of the time of this test.
  const tooLarge = { ...from('192.0.2.1'), readRaw: async () => err({ code: 'body_too_large' } as const) }
  for (let index = 0; index < limits.signaturesPerMinuteMax; index += 1) await verify(tooLarge)
  const refused = from('192.0.2.1')
  expect(await verify(refused)).toMatchObject(err({ code: 'rate_limited' }))
  expect(refused.reads).toBe(0)
  expect(await verify(from('192.0.2.2'))).toEqual(unverified)
  expect(await verify(from('192.0.2.1', { 'X-Voice-Secret': secret }))).toEqual(ok(null))
})
