/**
 * The bindings that the Worker under test gets beside those in wrangler.toml: the secrets that are only named there,
 * and variables whose deployed values make no sense in a test.
 */
export const workerTestBindings = {
  INTERNAL_AUTH_KEY: 'internal key of the tests',
  SUPABASE_JWT_SECRET: 'a secret of these tests alone, long enough',
  JWKS_URL: '',
  UPSTASH_REDIS_REST_TOKEN: 'redis token of the tests',
  RATE_LIMIT_USER_MAX: '0',
  RATE_LIMIT_WORKSPACE_MAX: '0',
  LOG_LEVEL: 'silent',
  METRICS_TOKEN: 'metrics token of the tests',
  VOICE_WEBHOOK_SECRET: 'voice secret of the tests',
  EMAIL_WEBHOOK_SECRET: 'whsec_bWFpbCBzZWNyZXQgb2YgdGhlIHRlc3RzIGFsb25lLg==',
} as const
