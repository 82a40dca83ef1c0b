import { describe, expect, it } from 'vitest'
import { parseConfig } from '../../../worker/config.ts'

const secret = `whsec_${Buffer.from('twenty-four bytes, or more').toString('base64')}`
const variables = {
  ORIGIN_URL: 'http://127.0.0.1:8788',
  INTERNAL_AUTH_KEY: 'an internal key of these tests',
  REDIS_ENABLED: 'false',
  JWT_ISSUER: 'https://example.supabase.co/auth/v1',
  SUPABASE_JWT_SECRET: 'a secret of these tests alone, long enough',
}
const configOf = (changes: Record<string, string>) => parseConfig({ ...variables, ...changes })

describe('the webhook of alerts', () => {
  it('is absent unless it is set', () => {
    expect(configOf({}).alertWebhook).toBeNull()
    expect(configOf({ ALERT_WEBHOOK_URL: '' }).alertWebhook).toBeNull()
  })

  it('is accepted with its secret, over TLS or on this machine', () => {
    for (const url of ['https://hooks.example.com/a?b=c', 'http://127.0.0.1:9000/alerts']) {
      const { alertWebhook } = configOf({ ALERT_WEBHOOK_URL: url, ALERT_WEBHOOK_SECRET: secret })
      expect(alertWebhook).toEqual({ url, secret })
    }
  })

  it.each([
    ['a URL without a secret', { ALERT_WEBHOOK_URL: 'https://hooks.example.com' }],
    ['a URL in the clear', { ALERT_WEBHOOK_URL: 'http://hooks.example.com', ALERT_WEBHOOK_SECRET: secret }],
    [
      'a host that only begins like this machine',
      { ALERT_WEBHOOK_URL: 'http://localhost.example.com', ALERT_WEBHOOK_SECRET: secret },
    ],
    [
      'a secret without its prefix',
      { ALERT_WEBHOOK_URL: 'https://hooks.example.com', ALERT_WEBHOOK_SECRET: secret.slice(6) },
    ],
    [
      'a secret that is too short',
      { ALERT_WEBHOOK_URL: 'https://hooks.example.com', ALERT_WEBHOOK_SECRET: 'whsec_c2hvcnQ=' },
    ],
  ])('refuses %s, in a sentence without values', (_, changes) => {
    expect(() => configOf(changes)).toThrow(/ALERT_WEBHOOK/)
    expect(() => configOf(changes)).not.toThrow(/hooks|c2hvcnQ/)
  })
})
