import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { isLongUpload } from '../../../origin/http/long-uploads.ts'
import type { RunningServer } from '../../../origin/http/server.ts'
import { startServer } from '../../../origin/http/server.ts'
import { limits } from '../../../shared/limits.ts'
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts'
import { bodyDoors, createOriginWithDoors, memberDoors } from './doors.ts'
import { alice } from './origin-under-test.ts'
import { errorIn, headOf, openRawSocket } from './raw-socket.ts'
import { createPromptDatabase } from './stub-database.ts'

/** Node measures its deadline for headers by its own clock. It is short here, and tests wait for the connection to end. */
const arrivalDeadlineMs = 150

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
  server = await startServer({
    fetch: origin.app.fetch,
    host: '127.0.0.1',
    port: 0,
    clock,
    isLongUpload,
    arrivalDeadlineMs,
  })
})
afterEach(async () => {
  const stopped = server.stop(1_000)
  await clock.advance(1_000)
  await stopped
})

test('a request has fifteen seconds to arrive', () => {
  expect(limits.arrivalDeadlineMs).toBe(15_000)
})

describe('headers that do not arrive', () => {
  const whole = `${headOf('GET', '/health', {})}\r\n\r\n`
  test.each([
    ['none at all', '', ''],
    ['half a line', '', 'GET /hea'],
    ['a line', '', 'GET /health HTTP/1.1\r\n'],
    ['all but the end', '', headOf('GET', '/health', {})],
    ['half of the second request on a kept connection', whole, 'GET /hea'],
    ['all but the end of the second request on a kept connection', whole, headOf('GET', '/health', {})],
  ])('(%s) end with a 408', async (_name, before, sent) => {
    const raw = await openRawSocket(server.port)
    if (before !== '') {
      raw.send(before)
      await raw.received('"outbox"')
    }
    raw.send(sent)
    const text = await raw.closed()
    expect(errorIn(text.slice(text.lastIndexOf('HTTP/1.1')))).toMatchObject({
      status: 408,
      code: 'request_timeout',
    })
  })

  test('end at the deadline although one line after another arrives', async () => {
    const raw = await openRawSocket(server.port)
    raw.send('GET /health HTTP/1.1\r\n')
    const dribbling = setInterval(() => raw.send('X-More: of it\r\n'), 10)
    try {
      expect(errorIn(await raw.closed())).toMatchObject({ status: 408 })
    } finally {
      clearInterval(dribbling)
    }
  })

  test('have no deadline on a kept connection on which nothing is sent', async () => {
    const kept = await openRawSocket(server.port)
    kept.send(whole)
    await kept.received('"outbox"')
    const late = await openRawSocket(server.port)
    late.send('GET /hea')
    await late.closed()
    kept.send(whole.replace('Host', 'Connection: close\r\nHost'))
    expect((await kept.closed()).match(/HTTP\/1\.1 200/g)).toHaveLength(2)
  })
})

describe('a body that does not arrive', () => {
  const bounded = bodyDoors.filter(({ isStreamed }) => !isStreamed)
  test.each(bounded)('ends with a 408 at $route although it keeps arriving', async (door) => {
    const raw = await openRawSocket(server.port)
    const headers = { ...door.headers(alice), 'Content-Length': '1000' }
    raw.send(`${headOf(door.method, door.path, headers)}\r\n\r\n{"a":`)
    const isClosed = raw.closed()
    let text: string | null = null
    void isClosed.then((all) => {
      text = all
    })
    // Sends byte by byte until the deadline has passed by the server's clock.
    while (text === null) {
      raw.send('1')
      await clock.advance(arrivalDeadlineMs / 10)
    }
    expect(errorIn(await isClosed)).toMatchObject({ status: 408, code: 'request_timeout' })
    expect(logged.filter((line) => JSON.parse(line).level > 30)).toEqual([])
  })

  test('does not keep the connection of a refused request open', async () => {
    const raw = await openRawSocket(server.port)
    const headers = { ...memberDoors[3]?.headers('a.b.c'), 'Transfer-Encoding': 'chunked' }
    raw.send(`${headOf('POST', '/contacts/import', headers)}\r\n\r\n1\r\n{\r\n`)
    await raw.received('requestId')
    await clock.advance(limits.lingerMs)
    expect(errorIn(await raw.closed())).toMatchObject({ status: 401, code: 'token_invalid' })
  })
})

test('only a route that takes a body line by line has no deadline for it', () => {
  for (const path of ['/contacts/import', '/contacts/import?x=1', '/contacts/import/jobs'])
    expect([path, isLongUpload(path)]).toEqual([path, true])
  for (const path of ['/contacts/important', '/contacts/imports/move', '/contacts/import/', '/contacts', ''])
    expect([path, isLongUpload(path)]).toEqual([path, false])
})
