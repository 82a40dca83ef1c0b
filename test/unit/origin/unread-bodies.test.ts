import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { RunningServer } from '../../../origin/http/server.ts'
import { startServer } from '../../../origin/http/server.ts'
import { limits } from '../../../shared/limits.ts'
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts'
import { bodyBytesMax, bodyDoors, createOriginWithDoors, type Door } from './doors.ts'
import { alice } from './origin-under-test.ts'
import { errorIn, headOf, openRawSocket } from './raw-socket.ts'
import { createPromptDatabase } from './stub-database.ts'

let server: RunningServer
let clock: FakeClock
let logged: string[]
beforeEach(async () => {
  clock = createFakeClock()
  const origin = createOriginWithDoors({
    database: createPromptDatabase(() => ({ outcome: 'contact_not_found' })),
    clock,
  })
  logged = origin.logged
  server = await startServer({ fetch: origin.app.fetch, host: '127.0.0.1', port: 0, clock })
})
afterEach(async () => {
  const stopped = server.stop(1_000)
  await clock.advance(1_000)
  await stopped
})

const health = `${headOf('GET', '/health', { Connection: 'close' })}\r\n\r\n`
const tooLargeFor = ({ path }: Door) => 'x'.repeat((bodyBytesMax[path] ?? 0) + 1)
const chunked = { 'Transfer-Encoding': 'chunked' }
const chunkOf = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`
const lastChunk = '0\r\n\r\n'

describe.each(bodyDoors)('at $route', (door) => {
  const refused = door.headers('no.valid.token')

  test('a refusal before the body has arrived is complete at once, and says that the connection ends', async () => {
    const raw = await openRawSocket(server.port)
    raw.send(`${headOf(door.method, door.path, { ...refused, 'Content-Length': '1000' })}\r\n\r\n{`)
    const text = await raw.received('requestId')
    expect(text).toMatch(/^connection: close\r$/im)
    expect(text).toMatch(/^content-length: \d+\r$/im)
    const isClosed = raw.closed()
    await clock.advance(limits.lingerMs)
    expect(errorIn(await isClosed)).toMatchObject({ status: 401, code: 'token_invalid' })
  })

  test('the connection of a refusal ends as soon as the rest of the body has arrived', async () => {
    const raw = await openRawSocket(server.port)
    raw.send(`${headOf(door.method, door.path, { ...refused, 'Content-Length': '1000' })}\r\n\r\n{`)
    await raw.received('requestId')
    // The clock does not advance, so only the rest of the body can end the connection.
    raw.send('x'.repeat(999))
    expect(errorIn(await raw.closed())).toMatchObject({ status: 401, code: 'token_invalid' })
  })

  test('a refusal of a body that has arrived leaves the connection to the next request', async () => {
    const raw = await openRawSocket(server.port)
    raw.send(`${headOf(door.method, door.path, { ...refused, 'Content-Length': '2' })}\r\n\r\n{}`)
    expect(await raw.received('requestId')).toMatch(/^connection: keep-alive\r$/im)
    raw.send(health)
    expect(await raw.closed()).toContain('HTTP/1.1 200 OK')
  })

  test('no Host, path or user name in a URL makes a request an error of ours', async () => {
    for (const [target, host] of [
      [door.path, '9007199254740993'],
      [door.path, '256.1.1.1'],
      [door.path, '0x100000000'],
      [`http://name@x${door.path}`, 'x'],
      [`http://name:word@x${door.path}`, 'x'],
      [`http://4294967296${door.path}`, 'x'],
    ] as const) {
      const raw = await openRawSocket(server.port)
      const headers = { ...door.headers(alice), ...chunked, Host: host, Connection: 'close' }
      raw.send(`${headOf(door.method, target, headers)}\r\n\r\n${chunkOf('{}')}${lastChunk}`)
      expect(errorIn(await raw.closed())).toMatchObject({ status: 400, code: 'malformed_request' })
    }
    expect(logged.filter((line) => JSON.parse(line).level > 30)).toEqual([])
  })
})

const readers = bodyDoors.filter(({ isStreamed }) => !isStreamed)
test.each(readers)(
  'a body without a length that is too large ends the connection at $route',
  async (door) => {
    const raw = await openRawSocket(server.port)
    raw.send(`${headOf(door.method, door.path, { ...door.headers(alice), ...chunked })}\r\n\r\n`)
    const tooLarge = tooLargeFor(door)
    raw.send(`${chunkOf(tooLarge)}`)
    await raw.received('requestId')
    // Bytes that are not read would otherwise stay in the connection and keep it open.
    raw.send(`${chunkOf(tooLarge)}${lastChunk}`)
    const text = await raw.closed()
    expect(text).toMatch(/^connection: close\r$/im)
    expect(errorIn(text)).toMatchObject({ status: 413, code: 'body_too_large' })
  },
)

test('an unknown expectation is no reason to refuse a request', async () => {
  const raw = await openRawSocket(server.port)
  raw.send(`${headOf('GET', '/health', { Expect: 'the-unexpected', Connection: 'close' })}\r\n\r\n`)
  const text = await raw.closed()
  expect(text).toMatch(/^HTTP\/1\.1 200 /)
  expect(text).toMatch(/^x-content-type-options: nosniff\r$/im)
})
