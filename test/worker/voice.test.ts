import { exports } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { errorBodySchema } from '../../shared/contract/errors.ts'
import { callOutcomeSchema, conversationInitiationSchema } from '../../shared/contract/voice.ts'
import { limits } from '../../shared/limits.ts'
import { workerTestBindings } from '../support/worker-bindings.ts'

const secret = workerTestBindings.VOICE_WEBHOOK_SECRET
const initiation = '/api/voice/conversation-initiation'
const postCall = '/api/voice/post-call'
const call = { caller_id: '+15550100123', called_number: '+15550100456', agent_id: 'a', call_sid: 'CA1' }

function send(path: string, body: string, headers: Record<string, string>) {
  return exports.default.fetch(`https://boardcache.test${path}`, { method: 'POST', headers, body })
}

async function signed(body: string): Promise<Record<string, string>> {
  const encoder = new TextEncoder()
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', encoder.encode(secret), algorithm, false, ['sign'])
  const seconds = Math.floor(Date.now() / 1_000)
  const digest = await crypto.subtle.sign('HMAC', key, encoder.encode(`${seconds}.${body}`))
  const hexadecimal = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return { 'ElevenLabs-Signature': `t=${seconds},v0=${hexadecimal}` }
}

const withSecret = { 'X-Voice-Secret': secret }

async function initiated(body: string, headers: Record<string, string> = withSecret) {
  const response = await send(initiation, body, headers)
  expect(response.status).toBe(200)
  return conversationInitiationSchema.parse(await response.json()).dynamic_variables
}

async function refusal(...request: Parameters<typeof send>) {
  const response = await send(...request)
  const { code } = errorBodySchema.parse(await response.json())
  return [response.status, code]
}

describe('a call that is about to be picked up', () => {
  it('is answered with defaults while nothing behind the Worker can be reached, with a secret or a signature', async () => {
    const body = JSON.stringify(call)
    for (const headers of [withSecret, { Authorization: `Bearer ${secret}` }, await signed(body)]) {
      const { call_id, context_source } = await initiated(body, headers)
      expect([call_id, context_source]).toEqual(['CA1', 'defaults'])
    }
  })

  it.each([
    ['no JSON', 'not JSON'],
    ['no object', '[]'],
    ['numbers of another type', JSON.stringify({ ...call, called_number: 7 })],
    ['text that no database can store', '{"called_number":"\\u0000"}'],
    ['too many bytes', JSON.stringify({ ...call, more: 'x'.repeat(limits.callStartBodyBytesMax) })],
    ['nothing', ''],
  ])('is answered with defaults although its body is or has %s', async (_what, body) => {
    expect(await initiated(body)).toMatchObject({
      context_source: 'defaults',
      organization_source: 'not_given',
    })
  })

  it.each([
    ['a number of another type', { caller_id: 7 }],
    ['a number that is too long', { caller_id: `sip:${'x'.repeat(500)}` }],
    ['an agent without a name', { agent_id: {} }],
  ])('keeps what its other members say if it has %s', async (_what, faulty) => {
    expect((await initiated(JSON.stringify({ ...call, ...faulty }))).call_id).toBe('CA1')
  })

  it('is refused unless its sender is verified', async () => {
    const body = JSON.stringify(call)
    const unverified = [401, 'signature_invalid']
    expect(await refusal(initiation, body, {})).toEqual(unverified)
    expect(await refusal(initiation, body, { 'X-Voice-Secret': 'another secret' })).toEqual(unverified)
    expect(await refusal(initiation, body, await signed(`${body} `))).toEqual(unverified)
    const Authorization = `Bearer ${workerTestBindings.INTERNAL_AUTH_KEY}`
    expect(await refusal(initiation, body, { Authorization })).toEqual(unverified)
    // The end of this body is not read, so its signature proves nothing.
    const endless = JSON.stringify({ ...call, more: 'x'.repeat(limits.callStartBodyBytesMax) })
    expect(await refusal(initiation, endless, await signed(endless))).toEqual(unverified)
  })
})

describe('a call that has ended', () => {
  const ended = JSON.stringify({
    type: 'post_call_transcription',
    data: {
      conversation_id: 'conv_1',
      transcript: [{ role: 'user', message: 'Hello.', time_in_call_secs: 1 }],
      metadata: {
        start_time_unix_secs: 1_795_600_000,
        phone_call: { agent_number: '+15550100456', external_number: '+15550100123', call_sid: 'CA1' },
      },
    },
  })

  it('is refused unless it is signed', async () => {
    expect(await refusal(postCall, ended, withSecret)).toEqual([401, 'signature_invalid'])
    expect(await refusal(postCall, ended, await signed(`${ended} `))).toEqual([401, 'signature_invalid'])
  })

  it('is acknowledged only if it was stored: while the origin is away the platform is told to try again', async () => {
    const [status] = await refusal(postCall, ended, await signed(ended))
    expect([503, 504]).toContain(status)
  })

  it.each([
    ['another event', { type: 'post_call_audio', data: { full_audio: 'AAAA' } }, 'other_event'],
    [
      'a conversation that was no phone call',
      JSON.parse(ended.replace('"phone_call":{', '"other":{')),
      'no_phone_call',
    ],
  ])('is ignored if it is %s', async (_what, event, reason) => {
    const body = JSON.stringify(event)
    const response = await send(postCall, body, await signed(body))
    expect(callOutcomeSchema.parse(await response.json())).toEqual({ status: 'ignored', reason })
  })

  it.each([
    ['no JSON', '{', 'invalid_json'],
    ['no conversation', '{"type":"post_call_transcription","data":{}}', 'invalid_body'],
    ['too large', `"${'x'.repeat(limits.endedCallBodyBytesMax)}"`, 'body_too_large'],
  ])('is refused if its body is %s', async (_what, body, code) => {
    const [, refused] = await refusal(postCall, body, await signed(body))
    expect(refused).toBe(code)
  })
})
