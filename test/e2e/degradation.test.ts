import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask } from '../support/api-client.ts'
import { eventually } from '../support/eventually.ts'
import { startTestStack, type TestStack } from '../support/local-stack.ts'

let stack: TestStack

beforeAll(async () => {
  stack = await startTestStack({ contacts: 2_000, hasNearTiers: false })
})
afterAll(async () => {
  await stack?.stop()
})

const moveOn = () =>
  stack.invalidate({
    workspaceId: '15213',
    boardId: 'board_1',
    action: 'board_updated',
  })
/** The services of `/health`, which may be a second old. */
const services = async () => JSON.parse((await ask(`${stack.worker}/health`)).text)

/** Caches one page in Redis and KV, and another one in Redis alone. */
async function cachePages() {
  const api = stack.api()
  await api.page('board_123', 'page=1')
  await eventually(async () => (await api.page('board_123', 'page=1'))._cache.source === 'cloudflare_kv')
}

describe('with Redis stopped', () => {
  it('everything is answered, cached or not, and Redis is used again when it is back', async () => {
    await cachePages()
    await stack.pieces.redis?.stop()
    const api = stack.api()
    expect((await api.page('board_123', 'page=1'))._cache).toMatchObject({
      status: 'HIT',
      source: 'cloudflare_kv',
    })
    expect((await api.page('board_123', 'page=2'))._cache).toMatchObject({
      status: 'MISS',
      source: 'database',
    })
    await eventually(async () => (await api.page('board_123', 'page=2'))._cache.source === 'cloudflare_kv')
    await eventually(async () =>
      expect(await services()).toMatchObject({
        status: 'degraded',
        services: { redis: 'unhealthy', kv: 'healthy' },
      }),
    )
    await stack.pieces.redis?.start()
    await eventually(async () => (await services()).status === 'healthy')
    // A new page each time. Pages that were loaded while the breaker was open went to KV instead.
    let page = 100
    await eventually(async () => {
      page += 1
      await api.page('board_123', `page=${page}`)
      return (await api.page('board_123', `page=${page}`))._cache.source === 'redis_cache'
    })
  })
})

describe('with Redis frozen', () => {
  it('a read waits no longer than its deadline and is answered', async () => {
    await stack.pieces.redis?.pause()
    const page = await stack.api().page('board_123', 'page=5')
    expect(page._cache).toMatchObject({ status: 'MISS', source: 'database' })
    await stack.pieces.redis?.resume()
  })
})

describe('with the origin stopped', () => {
  it('cached pages are served, outdated ones marked; all others get 503; and the origin is used again when it is back', async () => {
    await cachePages()
    const api = stack.api()
    await api.page('board_1')
    await eventually(async () => (await api.page('board_1'))._cache.status === 'HIT')
    await stack.pieces.origin.stop()
    expect((await api.page('board_123', 'page=1'))._cache.status).toBe('HIT')
    await moveOn()
    const outdated = await eventually(async () => {
      const answer = await api.get('/api/boards/board_1/contacts')
      return answer.text.includes('"status":"STALE"') && answer
    })
    expect(outdated.status).toBe(200)
    expect(outdated.headers.get('Cache-Status')).toContain('detail=origin-failed')
    const demanding = await api.get('/api/boards/board_1/contacts', { 'Cache-Control': 'no-cache' })
    expect(demanding.status).toBe(503)
    const cold = await api.get('/api/boards/board_123/contacts?page=9')
    expect(cold.status).toBe(503)
    expect(cold.headers.get('Retry-After')).toMatch(/^\d+$/)
    await eventually(async () =>
      expect(await services()).toMatchObject({ status: 'degraded', services: { origin: 'unhealthy' } }),
    )
    await stack.pieces.origin.start()
    await eventually(async () => (await api.page('board_1'))._cache.status !== 'STALE')
  })
})

describe('with Postgres stopped', () => {
  it('cached pages are served, all others get 503, and Postgres is used again when it is back', async () => {
    await cachePages()
    const api = stack.api()
    await stack.pieces.postgres.stop()
    expect((await api.page('board_123', 'page=1'))._cache.status).toBe('HIT')
    const cold = await api.get('/api/boards/board_123/contacts?page=11')
    expect([503, 504]).toContain(cold.status)
    await eventually(async () =>
      expect(await services()).toMatchObject({
        status: 'degraded',
        services: { origin: 'healthy', database: 'unhealthy' },
      }),
    )
    await stack.pieces.postgres.start()
    await eventually(async () => (await api.get('/api/boards/board_123/contacts?page=11')).status === 200, {
      deadlineMs: 20_000,
    })
  })
})
