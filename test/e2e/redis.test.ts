import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { isRedisServerInstalled } from '../../origin/local/redis.ts'
import {
  type RedisReport,
  redisClearedSchema,
  redisKeysSchema,
  redisReportSchema,
} from '../../shared/contract/redis.ts'
import type { RedisNamespaceName } from '../../shared/redis/names.ts'
import { type Answer, ask } from '../support/api-client.ts'
import { eventually } from '../support/eventually.ts'
import { startTestStack, type TestStack } from '../support/local-stack.ts'

const metricsToken = 'metrics token of these tests'
const userMax = 30
let stack: TestStack

// Nothing is near, so every read that hits comes from KV or Redis.
beforeAll(async () => {
  stack = await startTestStack({
    contacts: 2_000,
    hasNearTiers: false,
    workerVariables: {
      METRICS_TOKEN: metricsToken,
      RATE_LIMIT_USER_MAX: String(userMax),
      RATE_LIMIT_WINDOW_SECONDS: '3600',
    },
  })
})
afterAll(async () => {
  await stack?.stop()
})

const asOperator = () => ({ Authorization: `Bearer ${stack.tokens.admin}`, 'X-Workspace-ID': '15213' })
const asBackend = () => ({ Authorization: `Bearer ${stack.internalAuthKey}` })

async function reportOf(headers: Record<string, string> = asBackend()): Promise<RedisReport> {
  const { status, text } = await ask(`${stack.worker}/api/admin/redis`, { headers })
  expect(status).toBe(200)
  return z.object({ data: redisReportSchema }).parse(JSON.parse(text)).data
}

function clear(
  database: string,
  body: unknown = { confirm: database },
  headers: Record<string, string> = asBackend(),
): Promise<Answer> {
  return ask(`${stack.worker}/api/admin/redis?database=${database}`, {
    method: 'DELETE',
    headers: { ...headers, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  })
}

async function keysOf(database: RedisNamespaceName) {
  const { status, text } = await ask(`${stack.worker}/api/admin/redis/keys?database=${database}`, {
    headers: asBackend(),
  })
  expect(status).toBe(200)
  return { text, ...z.object({ data: redisKeysSchema }).parse(JSON.parse(text)).data }
}

/** Reads as the CRM's backend, whose requests no limit counts. */
async function read(path: string, headers: Record<string, string> = {}) {
  const answer = await ask(`${stack.worker}${path}`, {
    headers: { ...asBackend(), 'X-Workspace-ID': '15213', ...headers },
  })
  const body = z.object({ data: z.looseObject({ _cache: z.object({ source: z.string() }) }) })
  return {
    status: answer.status,
    source: answer.status === 200 ? body.parse(JSON.parse(answer.text)).data._cache.source : null,
  }
}

const leadPath = (lead: number) => `/api/leads/contact_${String(lead).padStart(6, '0')}`

describe('the report about Redis', () => {
  it('has every database with its health, its size and the time of its count, and the queues from elsewhere', async () => {
    await read(leadPath(1))
    await eventually(async () => (await reportOf()).databases.cache.keys !== null)
    const { databases, servers, overall } = await reportOf()
    expect(['healthy', 'degraded']).toContain(overall)
    for (const name of ['sessions', 'cache', 'rateLimit', 'emailCache'] as const)
      expect(databases[name]).toMatchObject({
        database: name,
        status: 'healthy',
        connected: true,
        server: 'main',
      })
    expect(databases.cache.asOf).not.toBeNull()
    expect(databases.queues).toMatchObject({ database: 'queues', server: null })
    expect(servers).toMatchObject([{ name: 'main', connected: true, second: null }])
  })

  it('is for operators and for METRICS_TOKEN, and clearing is for operators alone', async () => {
    const otherAdmin = { Authorization: `Bearer ${stack.tokens.otherAdmin}`, 'X-Workspace-ID': '15214' }
    const member = { Authorization: `Bearer ${stack.tokens.member}`, 'X-Workspace-ID': '15213' }
    const scraper = { Authorization: `Bearer ${metricsToken}` }
    expect((await reportOf(asOperator())).overall).not.toBe('unhealthy')
    expect((await reportOf(scraper)).databases.cache.connected).toBe(true)
    for (const headers of [otherAdmin, member, {}]) {
      const { status } = await ask(`${stack.worker}/api/admin/redis`, { headers })
      expect([401, 403]).toContain(status)
    }
    const before = (await reportOf()).clears.length
    for (const headers of [otherAdmin, member, scraper, {}]) {
      expect([401, 403]).toContain((await clear('cache', { confirm: 'cache' }, headers)).status)
      const keys = await ask(`${stack.worker}/api/admin/redis/keys?database=cache`, { headers })
      expect([401, 403]).toContain(keys.status)
    }
    expect((await reportOf()).clears).toHaveLength(before)
  })

  it('is in /health too, database by database', async () => {
    const { text } = await ask(`${stack.worker}/health`)
    const databases = z.object({ redis_databases: z.record(z.string(), z.string()) })
    expect(databases.parse(JSON.parse(text)).redis_databases).toMatchObject({
      ...{ sessions: 'healthy', cache: 'healthy', rateLimit: 'healthy', emailCache: 'healthy' },
      queues: expect.any(String),
    })
  })
})

describe('clearing a database', () => {
  it.each([
    ['cache', { confirm: 'sessions' }],
    ['cache', {}],
    ['sessions', { confirm: 'sessions', everywhere: true }],
    ['queues', { confirm: 'queues' }],
    ['everything', { confirm: 'everything' }],
  ])('%s with %j is refused with 400, and nothing is written down', async (database, body) => {
    const before = (await reportOf()).clears
    expect((await clear(database, body)).status).toBe(400)
    expect((await reportOf()).clears).toEqual(before)
  })

  it('is written down with who did it and when', async () => {
    const answer = await clear('emailCache', { confirm: 'emailCache' }, asOperator())
    expect(answer.status).toBe(200)
    const { data } = z.object({ data: redisClearedSchema }).parse(JSON.parse(answer.text))
    const [latest] = (await reportOf()).clears
    expect(latest).toMatchObject({ id: data.id, database: 'emailCache', outcome: 'cleared' })
    expect(latest?.by).toMatchObject({ kind: 'user', workspaceId: '15213', userId: expect.any(String) })
  })

  it('of the cache never fails a read while it is under load, and leaves no entry of before', async () => {
    const leads = Array.from({ length: 40 }, (_, lead) => leadPath(lead + 10))
    let isOver = false
    const statuses: number[] = []
    const load = leads.slice(0, 4).map(async (_, offset) => {
      for (let at = offset; !isOver; at = (at + 4) % leads.length)
        statuses.push((await read(leads[at] ?? leadPath(1))).status)
    })
    for (let time = 0; time < 10; time += 1) expect((await clear('cache')).status).toBe(200)
    isOver = true
    await Promise.all(load)
    expect(statuses.length).toBeGreaterThan(0)
    expect(new Set(statuses)).toEqual(new Set([200]))
    expect((await clear('cache')).status).toBe(200)
    const { keys } = await keysOf('cache')
    for (const { kind, isCleared } of keys) expect([kind, isCleared]).toEqual(['value', true])
  })

  it('of the cache makes the next read of a page that only Redis had come from the database', async () => {
    const path = leadPath(100)
    expect((await read(path)).source).toBe('database')
    await eventually(async () => (await keysOf('cache')).keys.some(({ isCleared }) => !isCleared))
    expect((await clear('cache')).status).toBe(200)
    expect((await read(path)).source).toBe('database')
  })

  it('of the cache everywhere makes every tier start again', async () => {
    const path = leadPath(200)
    await stack.sql`insert into phone_numbers (phone, workspace_id) values ('+4930123456', '15213')`
    // The deployment's own entries, which no workspace's ledger judges.
    const organization = '/api/organizations/by-phone?phone=%2B4930123456'
    await eventually(async () => (await read(organization)).source === 'cloudflare_kv')
    await read(path)
    await eventually(async () => (await read(path)).source === 'cloudflare_kv')
    expect((await clear('cache')).status).toBe(200)
    expect((await read(path)).source).toBe('cloudflare_kv')
    expect((await clear('cache', { confirm: 'cache', everywhere: true })).status).toBe(200)
    await eventually(async () => (await read(path)).source === 'database', { deadlineMs: 5_000 })
    await eventually(async () => (await read(organization)).source === 'database', { deadlineMs: 5_000 })
    const [latest] = (await reportOf()).clears
    expect(latest).toMatchObject({ database: 'cache', everywhere: true, by: { kind: 'internal-key' } })
  })

  it('removes what was there behind the answer, if the Redis runs scripts', async (context) => {
    if (!isRedisServerInstalled()) return context.skip()
    await read(leadPath(300))
    await eventually(async () => (await keysOf('cache')).keys.some(({ isCleared }) => !isCleared))
    await clear('cache')
    await eventually(async () => (await reportOf()).clears[0]?.swept !== null, { deadlineMs: 30_000 })
    expect((await keysOf('cache')).keys.filter(({ isCleared }) => isCleared)).toEqual([])
  })

  it('of the limits lets go a user who is refused, and nothing else', async (context) => {
    if (!isRedisServerInstalled()) return context.skip()
    const page = () =>
      stack.api({ token: stack.tokens.member }).get('/api/boards/board_123/contacts?per_page=1')
    await eventually(async () => (await page()).status === 429, { deadlineMs: 30_000, everyMs: 0 })
    await read(leadPath(301))
    await eventually(async () => (await keysOf('cache')).keys.some(({ isCleared }) => !isCleared))
    expect((await clear('rateLimit')).status).toBe(200)
    await eventually(async () => (await page()).status === 200, { deadlineMs: 5_000 })
    expect((await keysOf('cache')).keys.some(({ isCleared }) => !isCleared)).toBe(true)
  })
})

it('keys are listed by digests, and neither keys nor values can be read from them', async () => {
  await read('/api/contacts/by-email?email=ann%40example.com')
  await read(leadPath(400))
  await eventually(async () => (await keysOf('cache')).keys.length > 0)
  const { keys, text } = await keysOf('cache')
  for (const { digest, bytes, lifetimeSeconds } of keys) {
    expect(digest).toMatch(/^[0-9a-f]{32}$/)
    expect(bytes).toBeGreaterThan(0)
    expect(lifetimeSeconds).toBeGreaterThan(0)
  }
  expect(text).not.toMatch(/15213|contact_|example|bc3/)
})

it('while Redis is away, clearing is refused with 503 and written down, the report says so, and reads go on', async () => {
  const { redis } = stack.pieces
  if (redis === null) throw new Error('this stack has Redis')
  await redis.stop()
  try {
    const refused = await clear('sessions')
    expect(refused.status).toBe(503)
    expect(refused.headers.get('Retry-After')).not.toBeNull()
    expect(JSON.parse(refused.text)).toMatchObject({ success: false, code: 'redis_unavailable' })
    const { databases, clears } = await reportOf()
    expect(databases.sessions).toMatchObject({ status: 'unhealthy', connected: false })
    expect(clears[0]).toMatchObject({ database: 'sessions', outcome: 'unconfirmed' })
    const keys = await ask(`${stack.worker}/api/admin/redis/keys?database=cache`, { headers: asBackend() })
    expect(keys.status).toBe(503)
    expect((await read(leadPath(500))).status).toBe(200)
  } finally {
    await redis.start()
  }
})
