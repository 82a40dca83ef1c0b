import { afterAll, beforeAll, expect, it } from 'vitest'
import { ask } from '../support/api-client.ts'
import { eventually } from '../support/eventually.ts'
import { startTestStack, type TestStack } from '../support/local-stack.ts'

let stack: TestStack

beforeAll(async () => {
  stack = await startTestStack({ contacts: 2_000, hasRedis: false, hasNearTiers: false })
})
afterAll(async () => {
  await stack?.stop()
})

it('with REDIS_ENABLED=false every answer is the same, from KV instead', async () => {
  const api = stack.api()
  const first = await api.page('board_123')
  expect(first._cache).toMatchObject({ status: 'MISS', source: 'database' })
  const second = await eventually(async () => {
    const page = await api.page('board_123')
    return page._cache.status === 'HIT' && page
  })
  expect(second._cache.source).toBe('cloudflare_kv')
  expect(second.contacts).toEqual(first.contacts)
  expect(JSON.parse((await ask(`${stack.worker}/health`)).text)).toMatchObject({
    status: 'healthy',
    services: { redis: 'disabled' },
  })
  const measured = await api.post('/api/cache-settings/test-performance', { workspaceId: '15213' })
  expect(JSON.parse(measured.text).data.performance).toMatchObject({ redisCold: null, redisWarm: null })
})
