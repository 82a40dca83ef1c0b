import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { cacheMemberSchema } from '../../shared/resources/served.ts'
import { type Answer, ask } from '../support/api-client.ts'
import { eventually } from '../support/eventually.ts'
import { relayOff, startTestStack, type TestStack } from '../support/local-stack.ts'

/** The requirements of HTTP for a cache, tested from outside on the real local stack. README.md has the table. */
let stack: TestStack

beforeAll(async () => {
  stack = await startTestStack({ contacts: 2_000, originEnvironment: relayOff })
})
afterAll(async () => {
  await stack?.stop()
})

const boardPath = '/api/boards/board_123/contacts'
const get = (query: string, headers: Record<string, string> = {}) =>
  stack.api().get(`${boardPath}?${query}`, headers)
const cacheStatus = ({ headers }: Answer) => headers.get('Cache-Status') ?? ''
const moveOn = () =>
  stack.invalidate({
    workspaceId: '15213',
    boardId: 'board_123',
    action: 'board_updated',
  })

/** Caches a page, so that memory answers it from now on. */
async function cached(query: string): Promise<Answer> {
  return eventually(async () => {
    const answer = await get(query)
    return cacheStatus(answer).includes('detail=memory') && answer
  })
}

describe('validation', () => {
  it('gives the same ETag to the same bytes, from whatever tier', async () => {
    const first = await get('page=1&per_page=3')
    const second = await cached('page=1&per_page=3')
    expect(first.headers.get('ETag')).toMatch(/^W\/"[\x21\x23-\x7e]+"$/)
    expect(second.headers.get('ETag')).toBe(first.headers.get('ETag'))
    expect((await get('page=2&per_page=3')).headers.get('ETag')).not.toBe(first.headers.get('ETag'))
  })

  it('answers 304 without a body and with the fields of a 200', async () => {
    const whole = await cached('page=1&per_page=3')
    const tag = whole.headers.get('ETag') ?? ''
    const answer = await get('page=1&per_page=3', { 'If-None-Match': tag })
    expect(answer).toMatchObject({ status: 304, text: '' })
    for (const field of ['ETag', 'Cache-Control', 'Vary']) {
      expect(answer.headers.get(field)).toBe(whole.headers.get(field))
    }
  })

  it.each([
    ['any', () => '*', 304],
    ['one of a list', (tag: string) => `"other", ${tag}`, 304],
    ['the same, compared weakly', (tag: string) => tag.replace('W/', ''), 304],
    ['none of those', () => '"other", W/"another"', 200],
  ])('compares If-None-Match: %s', async (_name, header, status) => {
    const tag = (await cached('page=1&per_page=3')).headers.get('ETag') ?? ''
    expect((await get('page=1&per_page=3', { 'If-None-Match': header(tag) })).status).toBe(status)
  })

  it('answers the whole page to the tag of an older representation', async () => {
    const tag = (await cached('page=1&per_page=4')).headers.get('ETag') ?? ''
    await stack.sql`
      update contacts set name = name || ' II' where workspace_id = '15213' and board_id = 'board_123'`
    await moveOn()
    const answer = await get('page=1&per_page=4', { 'If-None-Match': tag, 'Cache-Control': 'no-cache' })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('ETag')).not.toBe(tag)
  })
})

describe('methods', () => {
  it('answers HEAD with the fields of GET and no body', async () => {
    const whole = await cached('page=1&per_page=3')
    const url = `${stack.worker}${boardPath}?page=1&per_page=3`
    const head = await ask(url, { method: 'HEAD', headers: stack.api().headers })
    expect(head).toMatchObject({ status: 200, text: '' })
    for (const field of ['ETag', 'Cache-Control', 'Content-Type', 'Vary']) {
      expect(head.headers.get(field)).toBe(whole.headers.get(field))
    }
  })

  it('names the methods of a route in Allow', async () => {
    const answer = await ask(`${stack.worker}${boardPath}`, {
      method: 'DELETE',
      headers: stack.api().headers,
    })
    expect(answer.status).toBe(405)
    expect(answer.headers.get('Allow')).toBe('GET, HEAD, OPTIONS')
  })

  it('says how to authenticate if the token is missing', async () => {
    const answer = await ask(`${stack.worker}${boardPath}`)
    expect(answer.status).toBe(401)
    expect(answer.headers.get('WWW-Authenticate')).toBe('Bearer')
  })
})

describe('request directives', () => {
  it('no-cache: every change that was acknowledged before the request', async () => {
    await cached('page=1&per_page=5')
    await stack.sql`
      update contacts set name = name || ' III' where workspace_id = '15213' and board_id = 'board_123'`
    await moveOn()
    for (const [index, header] of [
      { 'Cache-Control': 'no-cache' },
      { 'Cache-Control': 'max-age=0' },
      { Pragma: 'no-cache' },
    ].entries()) {
      const answer = await get(`page=1&per_page=${5 + index}`, header)
      expect(answer.text).toContain(' III')
    }
  })

  it('max-age: no older answer', async () => {
    await eventually(async () => Number((await get('page=1&per_page=9')).headers.get('Age')) >= 2)
    expect(cacheStatus(await get('page=1&per_page=9', { 'Cache-Control': 'max-age=60' }))).toContain('hit')
    const answer = await get('page=1&per_page=9', { 'Cache-Control': 'max-age=1' })
    expect(cacheStatus(answer)).toContain('fwd=stale')
    expect(answer.headers.get('Age')).toBe('0')
  })

  it('only-if-cached: a stored answer, else 504', async () => {
    const onlyIfCached = { 'Cache-Control': 'only-if-cached' }
    await cached('page=1&per_page=3')
    expect((await get('page=1&per_page=3', onlyIfCached)).status).toBe(200)
    expect((await get('page=1&per_page=91', onlyIfCached)).status).toBe(504)
  })

  it('no-store: nothing is stored', async () => {
    expect((await get('page=1&per_page=92', { 'Cache-Control': 'no-store' })).status).toBe(200)
    expect((await get('page=1&per_page=92', { 'Cache-Control': 'only-if-cached' })).status).toBe(504)
  })

  it('unknown directives are ignored', async () => {
    await cached('page=1&per_page=3')
    const odd = { 'Cache-Control': 'immutable, foo="a,b", max-age=soon, =' }
    expect(cacheStatus(await get('page=1&per_page=3', odd))).toContain('hit')
  })
})

describe('fields of an answer', () => {
  it('Age: whole seconds since the database was read', async () => {
    expect((await get('page=1&per_page=93')).headers.get('Age')).toBe('0')
    await eventually(async () => {
      const { headers, text } = await get('page=1&per_page=93')
      const age = headers.get('Age') ?? ''
      expect(age).toMatch(/^\d+$/)
      expect(JSON.parse(text).data._cache.age).toBe(Number(age))
      return Number(age) >= 1
    })
  })

  it('Cache-Control: private, and to be revalidated each time', async () => {
    expect((await get('page=1&per_page=3')).headers.get('Cache-Control')).toBe('private, no-cache')
  })

  it('Vary: the request fields that change the answer', async () => {
    const vary = (await get('page=1&per_page=3')).headers.get('Vary') ?? ''
    for (const field of ['Authorization', 'X-Workspace-ID', 'X-User-ID', 'Origin'])
      expect(vary).toContain(field)
  })

  it('Cache-Status: a structured list of how each cache handled it', async () => {
    const item = /^Boardcache(; (hit|(fwd|detail)=[a-z][a-z_-]*|ttl=-?\d+))+$/
    const missed = await get('page=1&per_page=94')
    expect(cacheStatus(missed)).toMatch(item)
    expect(cacheStatus(missed)).toContain('fwd=miss')
    const hit = await cached('page=1&per_page=94')
    expect(cacheStatus(hit)).toMatch(item)
    expect(cacheStatus(hit)).toMatch(/hit; ttl=1[78]\d; detail=memory/)
    await moveOn()
    const outdated = await get('page=1&per_page=94', { 'Cache-Control': 'no-cache' })
    expect(cacheStatus(outdated)).toContain('fwd=stale')
    const passed = await stack.api().get('/api/cache-settings/workspace/15213/counts?useCache=false')
    expect(cacheStatus(passed)).toContain('fwd=bypass')
  })

  it('Cache-Status and Age: of an absence too, which is cached like an answer', async () => {
    const absent = async () => {
      const answer = await stack.api().get('/api/leads/lead_none/status')
      const { _cache: cache } = z.object({ _cache: cacheMemberSchema }).parse(JSON.parse(answer.text))
      return { ...answer, cache }
    }
    const missed = await absent()
    expect([missed.status, cacheStatus(missed)]).toEqual([404, 'Boardcache; fwd=miss; detail=database'])
    expect(missed.headers.get('Server-Timing')).toContain('origin;dur=')
    expect(missed.cache).toMatchObject({ status: 'MISS', source: 'database' })
    const hit = await absent()
    expect([hit.status, cacheStatus(hit)]).toEqual([
      404,
      expect.stringMatching(/^Boardcache; hit; ttl=\d+; detail=memory$/),
    ])
    expect(hit.headers.get('Age')).toMatch(/^\d+$/)
    expect(hit.cache).toMatchObject({ status: 'HIT', source: 'memory' })
  })

  it('Server-Timing: one entry for each tier that was read', async () => {
    const timing = (await get('page=1&per_page=95')).headers.get('Server-Timing') ?? ''
    const names = timing.split(', ').map((entry) => /^([a-z-]+);dur=\d+(\.\d+)?$/.exec(entry)?.[1])
    expect(names).toEqual(['memory', 'edge-cache', 'kv', 'redis', 'origin'])
  })

  it('an error must not be stored on the way', async () => {
    const answer = await stack.api().get('/api/boards/board_none/contacts')
    expect(answer.status).toBe(404)
    expect(answer.headers.get('Cache-Control')).toBe('no-store')
  })
})

describe('other origins (CORS)', () => {
  const origin = 'http://localhost:3000'
  const preflight = (from: string) =>
    ask(`${stack.worker}${boardPath}`, {
      method: 'OPTIONS',
      headers: {
        Origin: from,
        'Access-Control-Request-Method': 'GET',
        'Access-Control-Request-Headers': 'authorization, x-workspace-id, x-min-version',
      },
    })

  it('an allowed origin reads answers, errors and the fields that it needs', async () => {
    for (const answer of [
      await get('page=1&per_page=3', { Origin: origin }),
      await ask(`${stack.worker}${boardPath}`, { headers: { Origin: origin } }),
    ]) {
      expect(answer.headers.get('Access-Control-Allow-Origin')).toBe(origin)
      expect(answer.headers.get('Vary')).toContain('Origin')
      expect(answer.headers.get('Access-Control-Expose-Headers')).toContain('Cache-Status')
    }
  })

  it('any other origin reads nothing', async () => {
    const answer = await get('page=1&per_page=3', { Origin: 'https://elsewhere.example' })
    expect(answer.headers.get('Access-Control-Allow-Origin')).toBeNull()
    expect(
      (await preflight('https://elsewhere.example')).headers.get('Access-Control-Allow-Origin'),
    ).toBeNull()
  })

  it('a preflight is answered without a token and may be remembered for a day', async () => {
    const { status, headers } = await preflight(origin)
    expect(status).toBe(204)
    expect(headers.get('Access-Control-Allow-Origin')).toBe(origin)
    expect(headers.get('Access-Control-Allow-Methods')).toContain('GET')
    expect(headers.get('Access-Control-Allow-Headers')?.toLowerCase()).toContain('x-min-version')
    expect(headers.get('Access-Control-Max-Age')).toBe('86400')
  })
})
