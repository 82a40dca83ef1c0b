/** The variables that a deployment needs. A test adds its own. */
export const variables = {
  ORIGIN_URL: 'https://origin.crm.test',
  INTERNAL_AUTH_KEY: 'an internal key of these tests',
  UPSTASH_REDIS_REST_URL: 'https://main.crm.test',
  UPSTASH_REDIS_REST_TOKEN: 'main token',
  JWT_ISSUER: 'https://auth.crm.test/auth/v1',
  JWKS_URL: 'https://auth.crm.test/keys',
}
