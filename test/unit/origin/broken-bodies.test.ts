import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { isLongUpload } from '../../../origin/http/long-uploads.ts'
import type { RunningServer } from '../../../origin/http/server.ts'
import { startServer } from '../../../origin/http/server.ts'
import { importReportSchema } from '../../../shared/contract/contacts.ts'
import { eventually } from '../../support/eventually.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { bodyDoors, createOriginWithDoors, type Door, memberDoors } from './doors.ts'
import { alice } from './origin-under-test.ts'
import { errorIn, headOf, openRawSocket, type RawSocket } from './raw-socket.ts'
import { createPromptDatabase } from './stub-database.ts'

/** The answers of the database about an import as a job. */
const answers: Readonly<Record<string, object>> = {
  import_create: { outcome: 'ok', file: 'imports/i1' },
  import_stored: { outcome: 'ok', import: null },
}
const imported = { outcome: 'ok', created: 0, updated: 0, rejected: [], outbox: [] }

let server: RunningServer
let logged: string[]
beforeEach(async () => {
  const origin = createOriginWithDoors({
    database: createPromptDatabase((name) => answers[name] ?? imported),
  })
  logged = origin.logged
  server = await startServer({
    fetch: origin.app.fetch,
    host: '127.0.0.1',
    port: 0,
    clock: createFakeClock(),
    isLongUpload,
  })
})
afterEach(() => server.stop(1_000))

const close = { Connection: 'close' }
const chunked = { 'Transfer-Encoding': 'chunked' }

/** The bytes after a request's head, and how they fail to be a body. */
const breaks: { name: string; headers: Record<string, string>; parts: string[]; isCut: boolean }[] = [
  { name: 'a size that is no number', headers: chunked, parts: ['zz\r\n{}\r\n'], isCut: false },
  { name: 'a size below nothing', headers: chunked, parts: ['-2\r\n{}\r\n'], isCut: false },
  { name: 'a size past all bounds', headers: chunked, parts: ['fffffffffffffffff\r\n{}'], isCut: false },
  { name: 'no size', headers: chunked, parts: ['\r\n{}\r\n'], isCut: false },
  { name: 'more than its size', headers: chunked, parts: ['2\r\n{"a":1}\r\n'], isCut: false },
  {
    name: 'a bad size behind a good chunk',
    headers: chunked,
    parts: ['1\r\n{\r\n', 'zz\r\n}\r\n'],
    isCut: false,
  },
  { name: 'an end within a chunk', headers: chunked, parts: ['1\r\n{\r\n', 'ff\r\n"na'], isCut: true },
  { name: 'an end before the last chunk', headers: chunked, parts: ['2\r\n{}\r\n'], isCut: true },
  { name: 'an end within a size', headers: chunked, parts: ['2'], isCut: true },
  { name: 'an end within the trailers', headers: chunked, parts: ['2\r\n{}\r\n0\r\nX: y'], isCut: true },
  {
    name: 'fewer bytes than announced',
    headers: { 'Content-Length': '900' },
    parts: ['{"name":'],
    isCut: true,
  },
  { name: 'none of the bytes announced', headers: { 'Content-Length': '900' }, parts: [], isCut: true },
]

async function begin(door: Door, headers: Record<string, string>): Promise<RawSocket> {
  const raw = await openRawSocket(server.port)
  raw.send(`${headOf(door.method, door.path, { ...door.headers(alice), ...headers })}\r\n\r\n`)
  return raw
}

/** The log has one line for the request and no error. */
async function expectQuietLog(): Promise<void> {
  await eventually(() => logged.length > 0)
  const lines = logged.map((line) => JSON.parse(line))
  expect(lines.map(({ msg }) => msg)).toEqual(['request'])
  for (const { level, status } of lines) expect([level, status]).toEqual([30, expect.any(Number)])
}

describe.each(breaks)('a body with $name', ({ headers, parts, isCut }) => {
  test.each(bodyDoors.filter(({ isStreamed }) => !isStreamed))(
    'is a 400 at $route, and no error of ours',
    async (door) => {
      const raw = await begin(door, headers)
      for (const part of parts) raw.send(part)
      if (isCut) raw.socket.end()
      expect(errorIn(await raw.closed())).toMatchObject({ status: 400, code: 'malformed_request' })
      await expectQuietLog()
    },
  )

  test.each(bodyDoors.filter(({ isStreamed }) => isStreamed))(
    'is a 400 at $route if it arrives with the head, and no error of ours',
    async (door) => {
      const raw = await openRawSocket(server.port)
      const head = headOf(door.method, door.path, { ...door.headers(alice), ...headers })
      raw.send(`${head}\r\n\r\n${parts.join('')}`)
      if (isCut) raw.socket.end()
      const text = await raw.closed()
      // The fault may show only after the import has begun; then it is in the reports.
      if (text.startsWith('HTTP/1.1 200')) expect(text).toContain('"reason":"upload_broken_off"')
      else expect(errorIn(text)).toMatchObject({ status: 400, code: 'malformed_request' })
      await expectQuietLog()
    },
  )

  test('ends an import that has begun with a report that says so', async () => {
    const door = memberDoors.find(({ path }) => path === '/contacts/import')
    if (door === undefined) throw new Error('there is an import')
    const raw = await begin(door, headers)
    await raw.received('200 OK')
    for (const part of parts) raw.send(part)
    if (isCut) raw.socket.end()
    const text = await raw.closed()
    const last = text.split(/\r\n/).findLast((line) => line.startsWith('{')) ?? ''
    expect(importReportSchema.parse(JSON.parse(last))).toMatchObject({
      type: 'stopped',
      reason: 'upload_broken_off',
    })
    await expectQuietLog()
  })

  test.each(bodyDoors)('is no error of ours at $route if the connection is reset', async (door) => {
    const raw = await begin(door, headers)
    for (const part of parts) raw.send(part)
    raw.socket.resetAndDestroy()
    await raw.closed()
    expect(logged.filter((line) => JSON.parse(line).level > 30)).toEqual([])
    expect(await (await fetch(`http://127.0.0.1:${server.port}/health`)).json()).toMatchObject({
      status: 'healthy',
    })
  })
})

describe('bytes that are no valid request', () => {
  const headers = memberDoors[0]?.headers(alice) ?? {}
  test.each([
    ['no HTTP', 'hello\r\n\r\n', 400, 'malformed_request'],
    ['an unknown method', 'BREW /contacts HTTP/1.1\r\nHost: x\r\n\r\n', 400, 'malformed_request'],
    ['no host', 'GET /health HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'malformed_request'],
    [
      'two hosts',
      `${headOf('GET', '/health', { ...close, HOST: 'origin.test' })}\r\n\r\n`,
      400,
      'malformed_request',
    ],
    [
      'an invalid host',
      `${headOf('GET', '/health', { ...close, Host: 'a b' })}\r\n\r\n`,
      400,
      'malformed_request',
    ],
    ['a path with a backslash', `${headOf('GET', '/he\\alth', close)}\r\n\r\n`, 400, 'malformed_request'],
    [
      'two lengths',
      `${headOf('POST', '/contacts', { ...headers, 'Content-Length': '2', ...chunked })}\r\n\r\n`,
      400,
      'malformed_request',
    ],
    [
      'headers without end',
      `${headOf('GET', '/health', { 'X-Long': 'x'.repeat(100_000) })}\r\n\r\n`,
      431,
      'headers_too_large',
    ],
  ])('(%s) get an error body like all others', async (_name, text, status, code) => {
    const raw = await openRawSocket(server.port)
    raw.send(text)
    const answer = errorIn(await raw.closed())
    expect(answer).toMatchObject({ status, code })
    expect(answer.headers).toContain('x-content-type-options: nosniff')
    expect(logged.filter((line) => JSON.parse(line).level > 30)).toEqual([])
  })
})
