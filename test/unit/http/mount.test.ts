import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { workspaceIdSchema } from '../../../shared/ids.ts'
import { err, ok } from '../../../shared/result.ts'
import { respondData } from '../../../worker/http/answers.ts'
import { createEntrance } from '../../../worker/http/entrance.ts'
import { createInside } from '../../../worker/http/mount.ts'
import { createPublicAnswers } from '../../../worker/http/public-answers.ts'
import { defineRoute, type HeadersTaken, type Route } from '../../../worker/http/route.ts'
import type { Services } from '../../../worker/services.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

let handled: unknown[]
let parsed: string[]

beforeEach(() => {
  handled = []
  parsed = []
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
})
afterEach(() => {
  vi.restoreAllMocks()
})

const base = { gives: z.object({}), errors: [], summary: '' } as const
const note = (value: unknown) => {
  handled.push(value)
  return ok(respondData(value))
}
const tiny = { schema: z.strictObject({ a: z.number() }), bytesMax: 64 }
const match: HeadersTaken<'X-Number', number> = {
  described: { 'X-Number': '' },
  read(headers) {
    const value = Number(headers.get('X-Number') ?? 0)
    return Number.isNaN(value) ? err([{ parameter: 'X-Number', message: 'must be a number' }]) : ok(value)
  },
}

const things = defineRoute({
  ...base,
  method: 'GET',
  path: '/things/{id}',
  access: 'internal-key',
  takes: {
    path: z.strictObject({ id: z.string().max(5) }),
    query: z.strictObject({ limit: z.coerce.number().default(1) }),
    headers: match,
  },
  handle: ({ input }) => note(input),
})
const change = defineRoute({
  ...base,
  method: 'PATCH',
  path: '/things/{id}',
  access: 'internal-key',
  takes: { path: z.strictObject({ id: z.string() }), body: tiny },
  handle: ({ input }) => note(input),
})
const question = defineRoute({
  ...base,
  method: 'GET',
  path: '/questions/{id}',
  access: 'internal-key',
  takes: {
    path: z.object({}),
    query: z.object({}),
    question(path, query) {
      parsed.push(JSON.stringify([path, query]))
      const read = z.object({ id: z.string().max(5) }).safeParse(path)
      return read.success ? ok(read.data.id) : err([{ parameter: 'id', message: 'is too long' }])
    },
  },
  handle: ({ input }) => note(input.question),
})
const shapes = defineRoute({
  ...base,
  method: 'POST',
  path: '/shapes',
  access: 'internal-key',
  takes: {
    body: {
      schema: z.union([z.strictObject({ a: z.number() }), z.strictObject({ b: z.string() })]),
      bytesMax: 64,
      shapeOf: (json) =>
        json !== null && typeof json === 'object' && 'b' in json
          ? z.strictObject({ b: z.string() })
          : z.strictObject({ a: z.number() }),
    },
  },
  handle: ({ input }) => note(input.body),
})
const naming = defineRoute({
  ...base,
  method: 'POST',
  path: '/naming',
  access: 'member',
  takes: {
    body: {
      schema: z.strictObject({ workspaceId: workspaceIdSchema }),
      bytesMax: 64,
      namesWorkspace: true,
    },
  },
  handle: ({ input, caller }) => note([input.body.workspaceId, caller.workspaceId]),
})
const failing = defineRoute({
  ...base,
  method: 'GET',
  path: '/failing',
  access: 'internal-key',
  takes: {},
  handle: () => {
    throw new Error('a secret message')
  },
})

const key = 'the internal key of these tests'
const services = {
  config: { allowedOrigins: [], internalAuthKey: key, requestLog: { level: 'silent', sampleRate: 0 } },
  metrics: {
    recorder: { record: () => undefined },
    causes: { count: () => undefined },
    flushSoon: () => null,
  },
  bearer: {
    authenticate: async () => ok({ userId: 'user-1', token: 't', workspaces: null, expiresAtMs: 0 }),
  },
  memberships: { roleOf: () => ok('member') },
  rateLimits: { user: null, workspace: null },
  regions: { nearness: null },
} as unknown as Services

const routes: readonly Route[] = [things, change, question, shapes, naming, failing]

function createSend() {
  const enter = createEntrance(
    createInside(routes, [], createPublicAnswers(createFakeClock())),
    createFakeClock(),
  )
  return async (method: string, path: string, sent: { headers?: object; body?: string } = {}) => {
    const request = new Request(`https://boardcache.test${path}`, {
      method,
      headers: { Authorization: `Bearer ${key}`, ...sent.headers },
      ...(sent.body === undefined ? {} : { body: sent.body }),
    })
    const response = await enter(request, () => services, null, { waitUntil: () => undefined })
    const text = await response.text()
    return { status: response.status, text, headers: response.headers }
  }
}

describe('a handler is given what its route takes, parsed,', () => {
  it('of path, query and headers', async () => {
    await createSend()('GET', '/things/a%20b?limit=3&limits', { headers: { 'X-Number': '7' } })
    expect(handled).toEqual([])
    await createSend()('GET', '/things/a%20b?limit=3', { headers: { 'X-Number': '7' } })
    expect(handled).toEqual([{ path: { id: 'a b' }, query: { limit: 3 }, question: undefined, headers: 7 }])
  })

  it('of a URL that came before, and again by the method that is sent', async () => {
    const send = createSend()
    const headers = { 'X-Number': '7' }
    for (const method of ['GET', 'GET', 'HEAD']) {
      expect(await send(method, '/things/a%20b?limit=3', { headers })).toMatchObject({ status: 200 })
    }
    const given = { path: { id: 'a b' }, query: { limit: 3 }, question: undefined, headers: 7 }
    expect(handled).toEqual([given, given, given])
    expect(await send('DELETE', '/things/a%20b?limit=3')).toMatchObject({ status: 405 })
    expect(handled).toHaveLength(3)
  })

  it('of a body that names its workspace, read once for the door and the handler', async () => {
    expect(await createSend()('POST', '/naming', { body: '{"workspaceId":"15213"}' })).toMatchObject({
      status: 200,
    })
    expect(handled).toEqual([['15213', '15213']])
  })

  it('of a body with several shapes, in the terms of the one that it is meant to have', async () => {
    const send = createSend()
    expect((await send('POST', '/shapes', { body: '{"b":7}' })).text).toContain('"parameter":"b"')
    expect((await send('POST', '/shapes', { body: '{"a":7}' })).status).toBe(200)
    expect(handled).toEqual([{ a: 7 }])
  })
})

describe('invalid input is a 400 and reaches no handler:', () => {
  it.each([
    ['GET', '/things/abcdef', {}, 'id'],
    ['GET', '/things/a?limit=x', {}, 'limit'],
    ['GET', '/things/a?limit=1&limit=2', {}, 'limit'],
    ['GET', '/things/a?other=1', {}, 'other'],
    ['GET', '/things/a', { headers: { 'X-Number': 'x' } }, 'X-Number'],
    ['GET', '/questions/abcdef', {}, 'id'],
    ['PATCH', '/things/a', { body: '{"a":1,"b":2}' }, 'b'],
  ])('%s %s %j', async (method, path, sent, parameter) => {
    const answer = await createSend()(method, path, sent)
    expect(answer.status).toBe(400)
    expect(answer.text).toContain(`"parameter":"${parameter}"`)
    expect(handled).toEqual([])
  })

  it('and it is not parsed for a caller who is not let in', async () => {
    const headers = { Authorization: 'Bearer wrong' }
    expect((await createSend()('GET', '/questions/abcdef', { headers })).status).toBe(401)
    expect(parsed).toEqual([])
  })
})

describe('a URL', () => {
  it('is parsed once, however often it comes', async () => {
    const send = createSend()
    for (let times = 0; times < 3; times += 1) await send('GET', '/questions/a?x=1')
    await send('GET', '/questions/b')
    expect(parsed).toEqual(['[{"id":"a"},{"x":"1"}]', '[{"id":"b"},{}]'])
    expect(handled).toEqual(['a', 'a', 'a', 'b'])
  })

  it('that is refused is not remembered', async () => {
    const send = createSend()
    for (let times = 0; times < 2; times += 1) await send('GET', '/questions/abcdef')
    expect(parsed).toHaveLength(2)
  })

  it("is parsed for each method by that method's route", async () => {
    const send = createSend()
    await send('GET', '/things/a')
    await send('PATCH', '/things/a', { body: '{"a":1}' })
    await send('GET', '/things/a')
    expect(handled).toEqual([
      { path: { id: 'a' }, query: { limit: 1 }, question: undefined, headers: 0 },
      { path: { id: 'a' }, query: undefined, question: undefined, body: { a: 1 } },
      { path: { id: 'a' }, query: { limit: 1 }, question: undefined, headers: 0 },
    ])
  })
})

describe('the entrance', () => {
  it('turns an exception of a handler into a 500 without its details', async () => {
    const answer = await createSend()('GET', '/failing')
    expect(answer.status).toBe(500)
    expect(answer.text).toContain('"code":"internal"')
    expect(vi.mocked(console.error).mock.calls.flat().join()).not.toContain('secret')
  })

  it.each(['/failing', '/nowhere', '/things/%FF'])('answers a HEAD of %s without a body', async (path) => {
    const answer = await createSend()('HEAD', path)
    expect([answer.status >= 400, answer.text]).toEqual([true, ''])
  })

  it('sends Vary: Origin once, whatever the method', async () => {
    for (const method of ['GET', 'HEAD', 'PUT']) {
      expect((await createSend()(method, '/things/a')).headers.get('Vary')).toBe('Origin')
    }
  })

  it('names the existing methods in a 405 and in a preflight', async () => {
    const refused = await createSend()('PUT', '/things/a')
    expect([refused.status, refused.headers.get('Allow')]).toEqual([405, 'GET, PATCH, HEAD, OPTIONS'])
    const preflight = await createSend()('OPTIONS', '/things/a')
    expect(preflight.headers.get('Access-Control-Allow-Methods')).toBe('GET,HEAD,PATCH,POST,OPTIONS')
  })
})
