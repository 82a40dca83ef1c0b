import { Agent, get } from 'node:http'
import { describe, expect, test } from 'vitest'
import { startServer } from '../../../origin/http/server.ts'
import { systemClock } from '../../../shared/clock.ts'
import { ok } from '../../../shared/result.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { alice, createOrigin, headersWith, listInit, listParams } from './origin-under-test.ts'
import { createPromptDatabase, createStubDatabase, emptyPage } from './stub-database.ts'

const graceMs = 28_000

/** The origin behind a real socket, with a database that waits for the test. */
async function startOrigin(clock = createFakeClock()) {
  const database = createStubDatabase()
  const { app } = createOrigin({ database, clock })
  const server = await startServer({ fetch: app.fetch, host: '127.0.0.1', port: 0, clock })
  const load = (page = 1, token = alice) =>
    fetch(`http://127.0.0.1:${server.port}/load/contact-list`, {
      ...listInit({ params: { ...listParams, page } }),
      headers: headersWith(token),
    })
  return { server, database, clock, load }
}

describe('stopping', () => {
  test('finishes running requests, accepts no new ones, and then closes', async () => {
    const { server, database, load } = await startOrigin()
    const running = load()
    const call = await database.call(0)
    const stopped = server.stop(graceMs)
    await expect(load(2)).rejects.toThrow()
    call.answer(ok(emptyPage))
    const response = await running
    expect(response.status).toBe(200)
    expect(response.headers.get('Connection')).toBe('close')
    expect(await response.json()).toMatchObject({ contacts: [] })
    expect(await stopped).toBe(true)
    expect(database.calls).toHaveLength(1)
  })

  test('does not wait for connections that are kept alive without a request', async () => {
    const { app } = createOrigin({ database: createPromptDatabase(() => null) })
    const clock = createFakeClock()
    const server = await startServer({ fetch: app.fetch, host: '127.0.0.1', port: 0, clock })
    const agent = new Agent({ keepAlive: true })
    const url = `http://127.0.0.1:${server.port}/health`
    const kept = await new Promise<string | undefined>((resolve, reject) => {
      get(url, { agent }, (response) => {
        response.resume().once('end', () => resolve(response.headers.connection))
      }).once('error', reject)
    })
    expect(kept).toBe('keep-alive')
    expect(await server.stop(graceMs)).toBe(true)
    agent.destroy()
  })

  test('cuts off requests that are not done when the grace period ends, and says so', async () => {
    const { server, database, clock, load } = await startOrigin()
    const running = load()
    const failed = expect(running).rejects.toThrow()
    const call = await database.call(0)
    const stopped = server.stop(100)
    await clock.advance(100)
    expect(await stopped).toBe(false)
    await failed
    call.answer(ok(emptyPage))
  })
})

test('a thousand connections at once are all accepted and answered', { timeout: 60_000 }, async () => {
  const { app } = createOrigin({ database: createPromptDatabase(() => emptyPage) })
  const server = await startServer({ fetch: app.fetch, host: '127.0.0.1', port: 0, clock: systemClock })
  const url = `http://127.0.0.1:${server.port}/load/contact-list`
  const init = { ...listInit(), headers: headersWith(alice) }
  const responses = await Promise.all(Array.from({ length: 1_000 }, () => fetch(url, init)))
  for (const response of responses) expect([response.status, await response.json()]).toMatchObject([200, {}])
  expect(await server.stop(graceMs)).toBe(true)
})

test('a port in use is an error that says so', async () => {
  const { server } = await startOrigin()
  const parts = { fetch: () => new Response(), host: '127.0.0.1', clock: systemClock }
  await expect(startServer({ ...parts, port: server.port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  await server.stop(graceMs)
})
