import { describe, expect, it } from 'vitest'
import { parseConfig } from '../../../worker/config.ts'

const secret = `whsec_${Buffer.from('twenty-four bytes, or more').toString('base64')}`
const variables = {
  ORIGIN_URL: 'https://origin.crm.test',
  INTERNAL_AUTH_KEY: 'an internal key of these tests',
  UPSTASH_REDIS_REST_URL: 'https://redis.crm.test',
  UPSTASH_REDIS_REST_TOKEN: 'token',
  JWT_ISSUER: 'https://auth.crm.test/auth/v1',
  JWKS_URL: 'https://auth.crm.test/keys',
  SUPABASE_URL: 'https://supabase.crm.test',
  SUPABASE_PUBLISHABLE_KEY: 'sb_publishable_1',
  ALLOWED_ORIGINS: 'https://crm.test, https://app.crm.test:8443',
  ALERT_WEBHOOK_URL: 'https://hooks.crm.test/a/',
  ALERT_WEBHOOK_SECRET: secret,
}
const configOf = (changes: Record<string, string> = {}) => parseConfig({ ...variables, ...changes })

const named = [
  'ORIGIN_URL',
  'UPSTASH_REDIS_REST_URL',
  'JWT_ISSUER',
  'JWKS_URL',
  'SUPABASE_URL',
  'ALLOWED_ORIGINS',
  'ALERT_WEBHOOK_URL',
] as const

describe.each(named)('%s', (name) => {
  it('is accepted with https, and with http on this machine', () => {
    expect(() => configOf()).not.toThrow()
    expect(() => configOf({ [name]: 'http://127.0.0.1:8788' })).not.toThrow()
    expect(() => configOf({ [name]: 'http://localhost:8788' })).not.toThrow()
  })

  it.each([
    'http://origin.crm.test',
    'http://localhost.crm.test',
    'http://127.0.0.1.crm.test',
    'http://localhost@crm.test',
    'ftp://crm.test',
    'crm.test',
  ])('is refused as %s, in a sentence that names it and not its value', (url) => {
    expect(() => configOf({ [name]: url })).toThrow(new RegExp(`${name}.*must be the https URL of`))
    expect(() => configOf({ [name]: url })).not.toThrow(/crm\.test/)
  })
})

describe('ALLOWED_ORIGINS', () => {
  it('are the origins between the commas', () => {
    expect(configOf().allowedOrigins).toEqual(['https://crm.test', 'https://app.crm.test:8443'])
    expect(configOf({ ALLOWED_ORIGINS: '' }).allowedOrigins).toEqual([])
    expect(configOf({ ALLOWED_ORIGINS: ' , ' }).allowedOrigins).toEqual([])
  })

  it.each([
    '*',
    'null',
    'https://crm.test/app',
    'https://CRM.test',
    'https://crm.test:443',
    'https://*.crm.test/x',
  ])('do not take %s, which no browser sends', (origin) => {
    expect(() => configOf({ ALLOWED_ORIGINS: `https://crm.test,${origin}` })).toThrow(/ALLOWED_ORIGINS/)
  })
})

it('the URL of the alert webhook keeps its last slash', () => {
  expect(configOf().alertWebhook?.url).toBe('https://hooks.crm.test/a/')
})
