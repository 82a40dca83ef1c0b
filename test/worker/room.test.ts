import { reset } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'

test('no request of a test in this room leaves the machine', async () => {
  const response = await fetch('https://example.com/')
  expect(response.status).toBe(502)
  expect(await response.text()).toContain('no request may leave this machine')
})

test('reset forgets what an earlier test stored', async () => {
  await env.BOARD_CACHE.put('key', 'value')
  await reset()
  expect(await env.BOARD_CACHE.get('key')).toBeNull()
})

test('the variables of wrangler.toml are set, and the secrets that it only names', () => {
  expect(env).toMatchObject({ REDIS_ENABLED: 'true', INTERNAL_AUTH_KEY: expect.any(String) })
})
