import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { eventually } from '../support/eventually.ts'
import { type HoldingProxy, startHoldingProxy } from '../support/holding-proxy.ts'
import { relayOff, startTestStack, type TestStack } from '../support/local-stack.ts'
import { referenceCounts } from '../support/reference-counts.ts'

let proxy: HoldingProxy
let stack: TestStack

beforeAll(async () => {
  proxy = await startHoldingProxy()
  // Without the relay, ledgers hear of a change only if a test reports it.
  stack = await startTestStack({
    hasNearTiers: false,
    workerVariables: { ORIGIN_URL: proxy.url },
    originEnvironment: relayOff,
  })
  proxy.target = stack.origin
})
afterAll(async () => {
  await stack?.stop()
  await proxy?.stop()
})

const moveOn = (event: object) => stack.invalidate({ workspaceId: '15213', ...event })

describe('a page of a board', () => {
  it('comes from the database, then from Redis, then from KV, and the metrics say so', async () => {
    const api = stack.api()
    const before = await api.metrics()
    const query = 'per_page=7&page=11'
    expect((await api.page('board_123', query))._cache).toMatchObject({ status: 'MISS', source: 'database' })
    const seen = new Set<string>()
    await eventually(async () => {
      seen.add((await api.page('board_123', query))._cache.source)
      return seen.has('cloudflare_kv')
    })
    expect([...seen].filter((source) => source !== 'database')).toEqual(['redis_cache', 'cloudflare_kv'])
    const after = await api.metrics()
    expect(after.cache.database_hits).toBeGreaterThan(before.cache.database_hits)
    expect(after.cache.redis_hits).toBeGreaterThan(before.cache.redis_hits)
    expect(after.cache.kv_hits).toBeGreaterThan(before.cache.kv_hits)
    expect(after.requests.total).toBe(after.requests.cache_hits + after.requests.cache_misses)
  })

  it('past the end is empty and has the true totals', async () => {
    const first = await stack.api().page('board_2')
    const past = await stack.api().page('board_2', `page=${first.pagination.total_pages + 1}`)
    expect(past.contacts).toEqual([])
    expect(past.pagination).toMatchObject({ total: first.pagination.total, next_cursor: null })
  })

  it('leads by its cursor to the same contacts as by number', async () => {
    const first = await stack.api().page('board_1', 'per_page=20')
    const byCursor = await stack.api().page('board_1', `per_page=20&cursor=${first.pagination.next_cursor}`)
    const byNumber = await stack.api().page('board_1', 'per_page=20&page=2')
    expect(byCursor.contacts).toEqual(byNumber.contacts)
    expect(byCursor.pagination.page).toBe(2)
  })

  it("of another workspace's board is the same 404 as of a board that does not exist", async () => {
    const foreign = await stack.api().get('/api/boards/board_214/contacts')
    const nowhere = await stack.api().get('/api/boards/board_nowhere/contacts')
    expect([foreign.status, nowhere.status]).toEqual([404, 404])
    const bare = (text: string) =>
      text.replace(/"requestId":"[^"]*"/, '').replace(/"response_time_ms":[\d.]+/, '')
    expect(bare(foreign.text)).toBe(bare(nowhere.text))
  })

  it('costs one query, though a thousand readers request it at the same time', async () => {
    const queriesBefore = await stack.queriesOf('contact-list')
    const api = stack.api()
    const pages = await Promise.all(
      Array.from({ length: 1_000 }, () => api.page('board_123', 'page=33&per_page=5')),
    )
    expect(new Set(pages.map((page) => JSON.stringify(page.contacts))).size).toBe(1)
    expect(await stack.queriesOf('contact-list')).toBe(queriesBefore + 1)
  })
})

describe('the counts', () => {
  it('are those of SPEC 3, to the digit', async () => {
    const counts = await stack.api().counts('useCache=false')
    expect(counts).toMatchObject({
      ...referenceCounts,
      assignedToMe: 0,
      _cached: false,
      _source: 'database',
    })
  })

  it('are one entry for all users of a workspace', async () => {
    await stack.api().counts()
    const ofAnother = await eventually(async () => {
      const counts = await stack.api({ token: stack.tokens.member }).counts()
      return counts._cached && counts
    })
    expect(ofAnother).toMatchObject({ total: 191_663, _cached: true })
  })
})

describe('an invalidation', () => {
  it('shows a moved contact in its two columns and the open list within the bound, and leaves a third column cached', async () => {
    const api = stack.api()
    const queries = ['column_id=col_1', 'column_id=col_2', 'column_id=col_3', ''].map(
      (query) => `${query}&per_page=100`,
    )
    for (const query of queries) await api.page('board_123', query)
    for (const query of queries) {
      await eventually(async () => (await api.page('board_123', query))._cache.source === 'cloudflare_kv')
    }
    const [contact] = (await api.page('board_123', queries[0])).contacts
    if (contact === undefined) throw new Error('col_1 has no contacts')
    await stack.sql`update contacts set board_column_id = 'col_2', updated_at = now()
      where workspace_id = '15213' and id = ${contact.id}`
    const { invalidated, version } = await moveOn({
      boardId: 'board_123',
      contactId: contact.id,
      action: 'contact_moved',
      fromColumnId: 'col_1',
      toColumnId: 'col_2',
    })
    expect(invalidated).toBe(4)

    // The writer sees it at once, all others within the bound.
    const own = await api.page('board_123', queries[0], { 'X-Min-Version': `${version}` })
    expect(own.contacts.map(({ id }) => id)).not.toContain(contact.id)
    const isThere = async (query: string | undefined) =>
      (await api.page('board_123', query)).contacts.some(({ id }) => id === contact.id)
    await eventually(async () => !(await isThere(queries[0])) && (await isThere(queries[1])), {
      deadlineMs: 1_500,
    })
    const open = (await api.page('board_123', queries[3])).contacts.find(({ id }) => id === contact.id)
    expect(open?.board_column_id ?? 'col_2').toBe('col_2')
    expect((await api.page('board_123', queries[2]))._cache).toMatchObject({ status: 'HIT' })
  })

  it('is never undone by a load that was delayed on its way from the origin', async () => {
    const api = stack.api()
    const query = 'page=4&per_page=3&column_id=col_4'
    const caught = proxy.hold()
    const slow = api.page('board_123', query)
    await caught
    const [victim] =
      await stack.sql`select id from contacts where workspace_id = '15213' and board_id = 'board_123'
      and board_column_id = 'col_4' order by created_at desc, id desc offset 9 limit 1`
    const id = z.string().parse(victim?.['id'])
    const name = 'Written while the fill was on its way'
    await stack.sql`update contacts set name = ${name} where workspace_id = '15213' and id = ${id}`
    const { version } = await moveOn({
      boardId: 'board_123',
      contactId: id,
      action: 'contact_updated',
      columnId: 'col_4',
    })
    proxy.release()
    await slow
    const nameIn = async (more: Record<string, string> = {}) =>
      (await api.page('board_123', query, more)).contacts.find((contact) => contact.id === id)?.name
    expect(await nameIn({ 'X-Min-Version': `${version}` })).toBe(name)
    await eventually(async () => (await nameIn()) === name, { deadlineMs: 1_500 })
    for (let time = 0; time < 5; time += 1) expect(await nameIn()).toBe(name)
  })

  it('that is reported twice under one id moves nothing the second time and answers the same', async () => {
    const event = { boardId: 'board_2', action: 'board_updated', eventId: 'once' }
    const first = await moveOn(event)
    await moveOn({ boardId: 'board_2', action: 'board_updated' })
    expect(await moveOn(event)).toEqual(first)
  })

  it('may be a Supabase database webhook without changes, also with the name of a partition', async () => {
    const [row] = await stack.sql`
      select to_jsonb(c) as record, tableoid::regclass::text as partition
      from contacts c where workspace_id = '15213' and id = 'contact_000001'`
    const record = row?.['record']
    const [schema, table] = String(row?.['partition']).split('.')
    for (const webhook of [
      { type: 'UPDATE', table: 'contacts', schema: 'public', record, old_record: record },
      { type: 'UPDATE', table, schema, record, old_record: record },
      { type: 'INSERT', table, schema, record, old_record: null },
      { type: 'DELETE', table, schema, record: null, old_record: record },
    ])
      expect((await stack.invalidate(webhook)).invalidated).toBe(3)
  })
})

describe('the settings of a workspace', () => {
  it('switch the cache off and on again, in force within the bound', async () => {
    const api = stack.api({ token: stack.tokens.otherAdmin, workspaceId: '15214' })
    await api.page('board_214')
    await api.changeSettings({ cacheEnabled: false })
    await eventually(async () => (await api.page('board_214'))._cache.status === 'BYPASS', {
      deadlineMs: 2_500,
    })
    expect((await api.counts())._cacheEnabled).toBe(false)
    await api.changeSettings({ cacheEnabled: true, cacheConfig: { contactsTTL: 77 } })
    await eventually(async () => (await api.page('board_214'))._cache.ttl === 77, { deadlineMs: 2_500 })
  })

  it('are read by an admin right after a change', async () => {
    const api = stack.api({ token: stack.tokens.otherAdmin, workspaceId: '15214' })
    for (const searchTTL of [61, 62, 63]) {
      await api.changeSettings({ cacheConfig: { searchTTL } })
      const { text } = await api.get('/api/cache-settings/workspace/15214/settings')
      expect(text).toContain(`"searchTTL":${searchTTL}`)
    }
  })
})

describe('warming up and measuring', () => {
  it('fills every tier, so that the next read is a hit in KV', async () => {
    const api = stack.api()
    const warm = async () => {
      await api.post('/api/cache-settings/invalidate', { workspaceId: '15213' })
      return api.post('/api/cache-settings/warm-cache', { workspaceId: '15213' })
    }
    const warmed = await warm()
    const { data } = JSON.parse(warmed.text)
    expect(data).toMatchObject({
      boards: ['board_1', 'board_123', 'board_2'],
      boardsWarmed: 3,
      counts: true,
      resources: { 'contact-list': 3, 'contact-counts': 1, dashboard: 1, analytics: 1 },
    })
    const entries: number[] = Object.values(data.resources)
    expect(data.entriesWarmed).toBe(entries.reduce((sum, each) => sum + each))
    const boards = ['board_123', 'board_1', 'board_2']
    const sources = async () => {
      const pages = await Promise.all(boards.map((board) => api.page(board)))
      return [...pages.map(({ _cache }) => _cache.source), (await api.counts())._source]
    }
    // KV takes one write of a key a second, and an earlier test may have made the last one.
    await eventually(
      async () => {
        await warm()
        expect(await sources()).toEqual([...boards, 'counts'].map(() => 'cloudflare_kv'))
      },
      { everyMs: 1_000 },
    )
  })

  it('times four real reads', async () => {
    const measured = await stack.api().post('/api/cache-settings/test-performance', { workspaceId: '15213' })
    expect(JSON.parse(measured.text).data.performance).toMatchObject({
      standard: { type: 'database', timeMs: expect.any(Number) },
      redisCold: { type: 'redis_miss', timeMs: expect.any(Number) },
      redisWarm: { type: 'redis_hit', timeMs: expect.any(Number) },
      edge: { type: 'kv_hit', timeMs: expect.any(Number) },
    })
  })
})

describe('the admin of another workspace', () => {
  it('never gets a byte of this one, whatever the request and whatever is cached', async () => {
    await stack.api().page('board_123')
    await stack.api().page('board_1')
    await stack.api().counts()
    const paths = [
      '/api/boards/board_123/contacts',
      '/api/boards/board_1/contacts',
      '/api/boards/board_1/contacts?search=a&per_page=100',
      '/api/boards/board_123/contacts?filter=assigned_to_me',
      '/api/cache-settings/workspace/15213/counts',
      '/api/cache-settings/workspace/15213/counts?useCache=false',
      '/api/cache-settings/workspace/15213/settings',
    ]
    for (const workspaceId of ['15213', '15214']) {
      const api = stack.api({ token: stack.tokens.otherAdmin, workspaceId })
      for (const path of paths) {
        const answer = await api.get(path)
        expect(answer.text, path).not.toContain('"workspace_id":"15213"')
        expect(answer.text, path).not.toContain('191663')
        if (workspaceId === '15213') expect(answer.status, path).toBe(403)
      }
    }
    const api = stack.api({ token: stack.tokens.otherAdmin })
    for (const path of [
      '/api/cache-settings/invalidate',
      '/api/cache-settings/warm-cache',
      '/api/cache-settings/test-performance',
    ]) {
      expect((await api.post(path, { workspaceId: '15213' })).status, path).toBe(403)
    }
  })

  it('is kept out by the memberships table if the token names no workspaces', async () => {
    const token = await stack.tokenOf({ userId: '00000000-0000-4000-8000-000000000003', workspaces: null })
    const inside = stack.api({ token, workspaceId: '15214' })
    const outside = stack.api({ token })
    expect((await inside.get('/api/boards/board_214/contacts')).status).toBe(200)
    expect((await outside.get('/api/boards/board_123/contacts')).status).toBe(403)
  })
})
