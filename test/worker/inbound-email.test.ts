import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env, exports } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { errorBodySchema } from '../../shared/contract/errors.ts'
import { mailWebhookStatusSchema } from '../../shared/contract/inbound-email-answers.ts'
import { limits } from '../../shared/limits.ts'
import worker from '../../worker/index.ts'
import { workerTestBindings } from '../support/worker-bindings.ts'

const secret = workerTestBindings.EMAIL_WEBHOOK_SECRET
const path = '/api/email-webhook'
const bearer = { Authorization: `Bearer ${secret}` }
const mail = {
  messageId: 'one@example.com',
  from: { name: 'Ann Lee', email: 'ann@example.com' },
  to: [{ name: '', email: 'sales@acme.example' }],
  subject: 'Hello',
  date: '2026-01-31T12:00:00Z',
  importance: 'normal',
  attachments: [],
  text: 'When can you deliver?',
}
const message =
  'From: ann@example.com\r\nTo: sales@acme.example\r\nMessage-ID: <one@example.com>\r\n\r\nHello\r\n'
const mime = { ...bearer, 'Content-Type': 'message/rfc822' }

function send(body: string | ReadableStream, headers: Record<string, string>) {
  return exports.default.fetch(`https://boardcache.test${path}`, { method: 'POST', headers, body })
}

async function refusal(...request: Parameters<typeof send>) {
  const response = await send(...request)
  const { code, details = [] } = errorBodySchema.parse(await response.json())
  return { status: response.status, code, parameters: details.map(({ parameter }) => parameter) }
}

async function signed(body: string, id = 'msg_1'): Promise<Record<string, string>> {
  const encoder = new TextEncoder()
  const bytes = Uint8Array.from(atob(secret.slice('whsec_'.length)), (each) => each.charCodeAt(0))
  const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  const seconds = String(Math.floor(Date.now() / 1_000))
  const digest = await crypto.subtle.sign('HMAC', key, encoder.encode(`${id}.${seconds}.${body}`))
  const base64 = btoa(String.fromCharCode(...new Uint8Array(digest)))
  return { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': `v1,${base64}` }
}

describe('the handler of Email Routing', () => {
  async function deliver(more: { rawSize?: number } = {}) {
    const rejections: string[] = []
    const delivered = {
      ...{ from: 'bounce@example.com', to: 'sales@acme.example', rawSize: message.length },
      raw: new Response(message).body ?? new ReadableStream<Uint8Array>(),
      setReject: (reason: string) => void rejections.push(reason),
      ...more,
    }
    const context = createExecutionContext()
    const outcome = await worker.email(delivered, env, context).then(
      () => 'accepted',
      () => 'comes again',
    )
    await waitOnExecutionContext(context)
    return { outcome, rejections }
  }

  it('makes a temporary error while the origin is away, and rejects for good what is too large', async () => {
    expect(await deliver()).toEqual({ outcome: 'comes again', rejections: [] })
    expect(await deliver({ rawSize: limits.mailMimeBytesMax + 1 })).toEqual({
      outcome: 'accepted',
      rejections: ['The body is larger than this route accepts.'],
    })
  })
})

describe('the webhook of inbound e-mail', () => {
  it('says to everybody that it is there', async () => {
    const response = await exports.default.fetch(`https://boardcache.test${path}`)
    expect(mailWebhookStatusSchema.parse(await response.json()).endpoint).toBe('email-webhook')
  })

  it('lets in the secret and a signature over JSON, and nobody else', async () => {
    const body = JSON.stringify(mail)
    const unverified = { status: 401, code: 'signature_invalid' }
    for (const headers of [
      {},
      { Authorization: 'Bearer another' },
      await signed(`${body} `),
      { Authorization: `Bearer ${workerTestBindings.INTERNAL_AUTH_KEY}` },
    ])
      expect(await refusal(body, headers)).toMatchObject(unverified)
    expect(
      await refusal(message, { ...(await signed(message)), 'Content-Type': 'message/rfc822' }),
    ).toMatchObject(unverified)
    for (const headers of [bearer, await signed(body)]) {
      const { status } = await refusal(body, headers)
      expect([503, 504]).toContain(status)
    }
  })

  it('acknowledges nothing while the origin is away, on either way, and says that it may come again', async () => {
    for (const [body, headers] of [
      [JSON.stringify(mail), bearer],
      [message, mime],
    ] as const) {
      const { status } = await refusal(body, headers)
      expect([503, 504]).toContain(status)
    }
  })

  it.each([
    ['no JSON', '{', { status: 400, code: 'invalid_json' }],
    ['no object', '[]', { status: 400, code: 'invalid_body' }],
    [
      'no sender',
      JSON.stringify({ ...mail, from: undefined }),
      { status: 400, code: 'invalid_body', parameters: ['from'] },
    ],
    [
      'a sender that is no address',
      JSON.stringify({ ...mail, from: { name: '', email: 'ann' } }),
      { status: 400, parameters: ['from.email'] },
    ],
    ['no recipient', JSON.stringify({ ...mail, to: [] }), { status: 400, parameters: ['to'] }],
    [
      'an unknown importance',
      JSON.stringify({ ...mail, importance: 'urgent!' }),
      { status: 400, parameters: ['importance'] },
    ],
    [
      'too many bytes',
      JSON.stringify({ ...mail, text: 'x'.repeat(limits.mailJsonBytesMax) }),
      { status: 413, code: 'body_too_large' },
    ],
  ])('refuses a body with %s, and says what is wrong', async (_what, body, expected) => {
    expect(await refusal(body, bearer)).toMatchObject(expected)
  })

  it('refuses a message of MIME without a byte, one that says it is too large, and an envelope that is none', async () => {
    expect(await refusal('', mime)).toMatchObject({ status: 400, code: 'message_unreadable' })
    const large = 'x'.repeat(limits.mailMimeBytesMax + 1)
    expect(await refusal(large, mime)).toMatchObject({ status: 413, code: 'body_too_large' })
    for (const envelope of ['%', '{}', encodeURIComponent('{"from":"","to":[]}')]) {
      expect(await refusal(message, { ...mime, 'X-Mail-Envelope': envelope })).toMatchObject({
        status: 400,
        parameters: ['X-Mail-Envelope'],
      })
    }
  })

  it.each(['metrics', 'queue', 'rate-limit?email=a%40b.example', 'messages'])(
    'shows its %s to nobody without a credential',
    async (name) => {
      const response = await exports.default.fetch(`https://boardcache.test${path}/${name}`)
      expect(response.status).toBe(401)
    },
  )

  it.each([
    ['metrics?days=31', 'days'],
    ['metrics?days=0', 'days'],
    ['metrics?day=2026-01-31', 'day'],
    ['metrics?by=sender', 'by'],
    ['rate-limit?email=ann', 'email'],
    ['rate-limit', 'email'],
  ])('refuses %s and names the parameter', async (query, parameter) => {
    const response = await exports.default.fetch(`https://boardcache.test${path}/${query}`, {
      headers: { ...bearer, 'X-Workspace-ID': '15213' },
    })
    const { details = [] } = errorBodySchema.parse(await response.json())
    expect([response.status, details[0]?.parameter]).toEqual([400, parameter])
  })

  it('does not open the messages and the settings to the secret of mail', async () => {
    for (const name of ['messages', 'settings']) {
      const headers = { ...bearer, 'X-Workspace-ID': '15213' }
      const response = await exports.default.fetch(`https://boardcache.test${path}/${name}`, { headers })
      expect(response.status).toBe(401)
    }
  })
})
