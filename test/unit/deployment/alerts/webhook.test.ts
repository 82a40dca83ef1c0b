import { createHmac, randomBytes } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import type { AlertChange } from '../../../../shared/contract/alerts.ts'
import { limits } from '../../../../shared/limits.ts'
import { createWebhook } from '../../../../worker/deployment/alerts/webhook.ts'
import { createFakeClock } from '../../../support/fake-clock.ts'

const key = randomBytes(32)
const access = { url: 'https://hooks.example.com/alerts', secret: `whsec_${key.toString('base64')}` }
const change: AlertChange = {
  id: '4d8f5a54-0c7e-4f0e-9a1a-3f6f1a6c2f10',
  name: 'tier_away:redis',
  rule: 'tier_away',
  subject: 'redis',
  severity: 'critical',
  from: 'pending',
  to: 'firing',
  reason: 'held',
  at: '2026-11-21T00:00:00.000Z',
  value: 31,
  threshold: 0,
  unit: 'seconds',
}

/** The request that was sent, and its outcome. */
async function tryOnce(answer: () => Response | Promise<Response>, startMs = Date.now()) {
  const clock = createFakeClock(startMs)
  const seen: { url: string; init: RequestInit }[] = []
  const send = createWebhook(access, clock, async (url, init) => {
    seen.push({ url: String(url), init: init ?? {} })
    return answer()
  })
  return { outcome: await send(change), seen: seen[0], clock }
}

describe('a change that is told', () => {
  it('is verified by the Standard Webhooks library, and by HMAC-SHA256 over id, time and body', async () => {
    const { seen } = await tryOnce(() => new Response(null, { status: 204 }))
    const headers = Object.fromEntries(new Headers(seen?.init.headers))
    const body = String(seen?.init.body)
    expect(new Webhook(access.secret).verify(body, headers)).toEqual({
      type: 'alert.firing',
      timestamp: change.at,
      data: change,
    })
    const signed = `${change.id}.${headers['webhook-timestamp']}.${body}`
    const digest = createHmac('sha256', key).update(signed).digest('base64')
    expect(headers['webhook-signature']).toBe(`v1,${digest}`)
    expect(headers['webhook-id']).toBe(change.id)
    expect(headers['traceparent']).toMatch(/^00-4d8f5a540c7e4f0e9a1a3f6f1a6c2f10-[0-9a-f]{16}-00$/)
  })

  it('goes where it is configured to go, and follows no redirect', async () => {
    const { outcome, seen } = await tryOnce(
      () => new Response(null, { status: 307, headers: { Location: 'https://elsewhere.example.com' } }),
    )
    expect(seen?.url).toBe(access.url)
    expect(seen?.init.redirect).toBe('manual')
    expect(outcome).toEqual({ kind: 'refused', status: 307, retryAfterMs: null })
  })
})

describe('a try', () => {
  it.each([
    [200, {}, { kind: 'taken', status: 200, retryAfterMs: null }],
    [400, {}, { kind: 'refused', status: 400, retryAfterMs: null }],
    [410, {}, { kind: 'gone', status: 410, retryAfterMs: null }],
    [503, { 'Retry-After': '7' }, { kind: 'refused', status: 503, retryAfterMs: 7_000 }],
    [429, { 'Retry-After': 'soon' }, { kind: 'refused', status: 429, retryAfterMs: null }],
  ])('that is answered %i %o ends so', async (status, headers, outcome) => {
    expect((await tryOnce(() => new Response(null, { status, headers }))).outcome).toEqual(outcome)
  })

  it('that reaches nobody is no more than refused', async () => {
    const { outcome } = await tryOnce(() => Promise.reject(new TypeError('no such host')))
    expect(outcome).toEqual({ kind: 'refused', status: null, retryAfterMs: null })
  })

  it('ends at its deadline, whatever the receiver does', async () => {
    const clock = createFakeClock()
    const send = createWebhook(access, clock, () => new Promise<Response>(() => undefined))
    const sent = send(change)
    await clock.advance(limits.alertWebhookDeadlineMs)
    expect(await sent).toEqual({ kind: 'refused', status: null, retryAfterMs: null })
  })
})
