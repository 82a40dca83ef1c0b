import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { createGuardedPost, type OutboundPost } from '../../../origin/outbound/guarded-post.ts'
import { parseNetworks } from '../../../origin/outbound/networks.ts'
import type { Resolve } from '../../../origin/outbound/resolve.ts'
import { systemClock } from '../../../shared/clock.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

const servers: { close(): void; closeAllConnections?(): void }[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections?.()
    server.close()
  }
})

interface Received {
  readonly url: string | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** A server on a loopback address, which stands for one of a private network. */
async function listen(answer: RequestListener, host = '127.0.0.1') {
  const received: Received[] = []
  const server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    received.push({ url: request.url, headers: request.headers, body: Buffer.concat(chunks).toString() })
    answer(request, response)
  })
  let connections = 0
  server.on('connection', () => {
    connections += 1
  })
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  servers.push(server)
  const { port } = server.address() as AddressInfo
  return { port, received, connections: () => connections }
}

const answering =
  (status: number, headers: Record<string, string> = {}): RequestListener =>
  (_request, response) =>
    response.writeHead(status, headers).end('a body that nobody reads')

function poster(
  allowed: readonly string[],
  resolve: Resolve = async () => ['127.0.0.1'],
  clock = systemClock,
) {
  const networks = parseNetworks(allowed)
  if (!networks.ok) throw new Error('these are networks')
  return createGuardedPost({ networks: networks.value, resolve, clock })
}
const loopback = ['127.0.0.1/32']

const post = (url: string, more: Partial<OutboundPost> = {}): OutboundPost => ({
  url,
  headers: { 'Content-Type': 'application/json' },
  body: '{"name":"Zoë"}',
  deadlineMs: 10_000,
  signal: new AbortController().signal,
  ...more,
})

describe('a post', () => {
  test('arrives as it was given, on a connection of its own, with the host that the URL names', async () => {
    const { port, received } = await listen(answering(204))
    expect(await poster(loopback)(post(`http://hooks.example:${port}/a?b=c`))).toEqual({
      kind: 'answered',
      status: 204,
      retryAfterMs: null,
    })
    expect(received).toMatchObject([
      {
        url: '/a?b=c',
        headers: { host: `hooks.example:${port}`, 'content-length': '15', connection: 'close' },
        body: '{"name":"Zoë"}',
      },
    ])
  })

  test.each([301, 302, 303, 307, 308])(
    'that is answered with the redirect %i does not follow it',
    async (status) => {
      const elsewhere = await listen(answering(200))
      const { port } = await listen(answering(status, { Location: `http://127.0.0.1:${elsewhere.port}/` }))
      expect(await poster(loopback)(post(`http://hooks.example:${port}/`))).toMatchObject({ status })
      expect(elsewhere.connections()).toBe(0)
    },
  )

  test('says for how long the receiver wants to be left alone, in seconds or as a date', async () => {
    const clock = createFakeClock(Date.parse('2026-01-02T03:04:05Z'))
    const waits: unknown[] = []
    for (const value of [
      '90',
      '0',
      'Fri, 02 Jan 2026 03:05:05 GMT',
      'Fri, 02 Jan 2026 03:00:00 GMT',
      'soon',
      '-1',
    ]) {
      const { port } = await listen(answering(429, { 'Retry-After': value }))
      const answer = await poster(loopback, undefined, clock)(post(`http://hooks.example:${port}/`))
      waits.push(answer.kind === 'answered' ? answer.retryAfterMs : answer)
    }
    expect(waits).toEqual([90_000, 0, 60_000, 0, null, null])
  })
})

describe('a private address', () => {
  test.each([
    'http://127.0.0.1',
    'http://[::1]',
    'http://[::ffff:127.0.0.1]',
    'http://2130706433',
    'http://0x7f.1',
    'http://017700000001',
    'http://0',
    'https://169.254.169.254',
    'http://localhost',
    'http://hooks.example',
  ])('is never connected to, as in %s', async (host) => {
    const { port, connections } = await listen(answering(200))
    const answer = await poster([], async () => ['127.0.0.1', '::1', '10.0.0.1'])(post(`${host}:${port}/`))
    expect(answer).toEqual({ kind: 'failed', failure: 'address_refused' })
    expect(connections()).toBe(0)
  })

  test('is connected to only in a network that is allowed, whatever else the name has', async () => {
    const allowed = await listen(answering(200))
    const refused = await listen(answering(200), '127.0.0.2').catch(() => null)
    const resolve: Resolve = async () => ['127.0.0.2', '10.0.0.1', '127.0.0.1']
    expect(await poster(loopback, resolve)(post(`http://hooks.example:${allowed.port}/`))).toMatchObject({
      status: 200,
    })
    expect(refused?.connections() ?? 0).toBe(0)
  })

  test('is refused when a name gets it only after it was looked at (rebinding)', async () => {
    const { port, connections, received } = await listen(answering(200))
    let lookups = 0
    const rebinding: Resolve = async () => {
      lookups += 1
      return lookups === 1 ? ['127.0.0.1'] : ['127.0.0.3']
    }
    const send = poster(loopback, rebinding)
    expect(await send(post(`http://hooks.example:${port}/`))).toMatchObject({ status: 200 })
    expect(await send(post(`http://hooks.example:${port}/`))).toMatchObject({ failure: 'address_refused' })
    // Each connection looks its name up once, and goes nowhere but to an address of that answer.
    expect([lookups, connections(), received.length]).toEqual([2, 1, 1])
  })

  test('gets no body even if a connection to it exists', async () => {
    const { port, received } = await listen(answering(200))
    const judged: string[] = []
    const send = createGuardedPost({
      networks: {
        isAllowed(address) {
          judged.push(address)
          return judged.length === 1
        },
      },
      resolve: async () => ['127.0.0.1'],
      clock: systemClock,
    })
    expect(await send(post(`http://hooks.example:${port}/`))).toMatchObject({ failure: 'address_refused' })
    expect(judged).toEqual(['127.0.0.1', '127.0.0.1'])
    expect(received).toEqual([])
  })
})

describe('a failure', () => {
  test('of the name says so', async () => {
    const unknown = poster([], async () => [])
    expect(await unknown(post('https://hooks.example/'))).toEqual({ kind: 'failed', failure: 'host_unknown' })
    const rejecting = poster([], () => Promise.reject(new Error('NXDOMAIN')))
    expect(await rejecting(post('https://hooks.example/'))).toEqual({
      kind: 'failed',
      failure: 'host_unknown',
    })
  })

  test('to connect says so', async () => {
    const { port } = await listen(answering(200))
    for (const server of servers.splice(0)) server.close()
    expect(await poster(loopback)(post(`http://hooks.example:${port}/`))).toEqual({
      kind: 'failed',
      failure: 'unreachable',
    })
  })

  test('of TLS says so', async () => {
    const { port } = await listen(answering(200))
    expect(await poster(loopback)(post(`https://hooks.example:${port}/`))).toEqual({
      kind: 'failed',
      failure: 'certificate_invalid',
    })
  })

  test('of the connection, or an answer that is not HTTP, says so', async () => {
    for (const greeting of [
      '',
      'SSH-2.0-OpenSSH\r\n',
      `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
    ]) {
      const server = createTcpServer((socket) =>
        socket.on('error', () => {}).once('data', () => socket.end(greeting)),
      )
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      servers.push(server)
      const { port } = server.address() as AddressInfo
      expect(await poster(loopback)(post(`http://hooks.example:${port}/`))).toEqual({
        kind: 'failed',
        failure: 'connection_broken',
      })
    }
  })

  test('to answer in time ends at the deadline, wherever it hangs', async () => {
    const hanging = await listen(() => undefined)
    const urls = [`http://hooks.example:${hanging.port}/`, 'http://slow-name.example/']
    for (const url of urls) {
      const clock = createFakeClock()
      const resolve: Resolve = (host) =>
        host === 'slow-name.example' ? new Promise(() => {}) : Promise.resolve(['127.0.0.1'])
      const sent = poster(loopback, resolve, clock)(post(url))
      await clock.advance(10_000)
      expect(await sent).toEqual({ kind: 'failed', failure: 'timeout' })
    }
  })

  test('to answer in time leaves no connection behind', async () => {
    const [arrived, closed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const { port } = await listen((request) => {
      request.socket.once('close', () => closed.resolve())
      arrived.resolve()
    })
    const clock = createFakeClock()
    const sent = poster(loopback, undefined, clock)(post(`http://hooks.example:${port}/`))
    await arrived.promise
    await clock.advance(10_000)
    expect(await sent).toEqual({ kind: 'failed', failure: 'timeout' })
    await closed.promise
  })

  test('that the caller causes by its signal is an interruption, before it is sent and while it waits', async () => {
    const { port } = await listen(() => undefined)
    const controller = new AbortController()
    const sent = poster(loopback)(post(`http://hooks.example:${port}/`, { signal: controller.signal }))
    controller.abort()
    expect(await sent).toEqual({ kind: 'failed', failure: 'interrupted' })
    expect(
      await poster(loopback)(post(`http://hooks.example:${port}/`, { signal: controller.signal })),
    ).toEqual({
      kind: 'failed',
      failure: 'interrupted',
    })
  })
})
