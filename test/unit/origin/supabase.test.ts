import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { createDatabase } from '../../../origin/database/database.ts'

const publishableKey = 'sb_publishable_of_the_tests'
const never = new AbortController().signal
let server: Server | null = null

afterEach(() => {
  server?.closeAllConnections()
  server?.close()
  server = null
})

/** A substitute for PostgREST on a real socket. */
async function databaseOver(handle: (request: IncomingMessage, response: ServerResponse) => void) {
  const listening = createServer(handle)
  server = listening
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  const address = listening.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return createDatabase({ supabaseUrl: `http://127.0.0.1:${address.port}`, publishableKey, secretKey: null })
}

function answering(status: number, body: unknown) {
  return databaseOver((_request, response) => {
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
  })
}

test('a call carries its caller’s token, and the publishable key only as apikey', async () => {
  const seen: (string | undefined)[] = []
  const database = await databaseOver((request, response) => {
    const { authorization, apikey } = request.headers
    seen.push(request.url, authorization, `${apikey}`)
    response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"outcome":"ok"}')
  })
  const tokens = ['a.1.x', 'a.2.x', 'a.3.x']
  const calls = tokens.map((token) => database.callRpc('contact_counts', {}, token, never))
  for (const called of await Promise.all(calls))
    expect(called).toEqual({ ok: true, value: { outcome: 'ok' } })
  expect(seen.filter((part) => part?.startsWith('Bearer')).sort()).toEqual(
    tokens.map((token) => `Bearer ${token}`),
  )
  expect(seen.filter((part) => part === publishableKey)).toHaveLength(3)
  expect(seen).toContain('/rest/v1/rpc/contact_counts')
})

test('a call carries the headers it is given', async () => {
  const database = await databaseOver((request, response) => {
    const answer = { outcome: 'ok', header: request.headers['x-given'] }
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer))
  })
  const called = database.callRpc('contact_update', {}, 'a.b.c', never, { 'X-Given': 'value' })
  expect(await called).toEqual({ ok: true, value: { outcome: 'ok', header: 'value' } })
})

test.each([
  ['an expired token', 401, { code: 'PGRST303', message: 'JWT expired' }, 'refused'],
  ['a token of another key', 401, { code: 'PGRST301', message: 'No suitable key' }, 'refused'],
  ['a token without rights', 403, { code: '42501', message: 'permission denied' }, 'refused'],
  ['a wrong publishable key', 401, { message: 'Invalid API key' }, 'invalid'],
  ['a function it does not have', 404, { code: 'PGRST202', message: 'not found' }, 'lacking'],
  ['a function it no longer has', 404, { code: '42883', message: 'does not exist' }, 'lacking'],
  ['an argument it does not take', 400, { code: '22023', message: 'not one it takes' }, 'invalid'],
  ['a row that a constraint refuses', 400, { code: '23514', message: 'violates check' }, 'out_of_bounds'],
  ['a statement cancelled', 500, { code: '57014', message: 'canceling statement' }, 'timeout'],
  ['no connection to Postgres', 503, { code: 'PGRST000', message: 'could not connect' }, 'unavailable'],
  ['too many requests', 429, { message: 'slow down' }, 'unavailable'],
  ['a gateway’s page', 502, '<html>', 'unavailable'],
])('%s is %3$s', async (_name, status, body, kind) => {
  const database = await answering(status, body)
  const called = await database.callRpc('contact_counts', {}, 'a.b.c', never)
  expect(called).toMatchObject({ ok: false, error: { kind } })
  expect(JSON.stringify(called)).not.toContain('canceling')
})

test('a failed call is not retried by the client', async () => {
  let requests = 0
  const database = await databaseOver((_request, response) => {
    requests += 1
    response.writeHead(503).end()
  })
  await database.callRpc('contact_counts', {}, 'a.b.c', never)
  expect(requests).toBe(1)
})

test('a closed port is unavailable, never an exception', async () => {
  const database = await answering(200, {})
  await new Promise((resolve) => server?.close(resolve))
  const called = await database.callRpc('contact_counts', {}, 'a.b.c', never)
  expect(called).toEqual({ ok: false, error: { kind: 'unavailable' } })
  expect(await database.probe(never)).toBe(false)
})

test('an aborted call is a timeout, and its connection is closed', async () => {
  const arrived = Promise.withResolvers<ServerResponse>()
  const database = await databaseOver((_request, response) => arrived.resolve(response))
  const deadline = new AbortController()
  const called = database.callRpc('contact_counts', {}, 'a.b.c', deadline.signal)
  const response = await arrived.promise
  const gone = new Promise((resolve) => response.once('close', resolve))
  deadline.abort()
  expect(await called).toEqual({ ok: false, error: { kind: 'timeout' } })
  await gone
})

test.each([
  ['Postgres refuses the function to nobody in particular', 401, { code: '42501' }, true],
  ['the function answers', 200, { outcome: 'ok', role: null }, true],
  ['Postgres is away', 503, { code: 'PGRST001' }, false],
  ['only the gateway answers', 401, { message: 'Invalid API key' }, false],
])('the probe: %s', async (_name, status, body, isThere) => {
  const database = await answering(status, body)
  expect(await database.probe(never)).toBe(isThere)
})
