import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Database } from '../../../origin/database/database.ts'
import { type RunningServer, startServer } from '../../../origin/http/server.ts'
import { errorBodySchema } from '../../../shared/contract/errors.ts'
import { ok } from '../../../shared/result.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { createOrigin, internalAuthKey } from './origin-under-test.ts'

let called = 0
/** Counts the calls that would reach Postgres. */
const database: Database = {
  callRpc: async () => {
    called += 1
    return ok({})
  },
  probe: async () => true,
}

let server: RunningServer
beforeAll(async () => {
  const { app } = createOrigin({ database })
  server = await startServer({ fetch: app.fetch, host: '127.0.0.1', port: 0, clock: createFakeClock() })
})
afterAll(async () => {
  await server.stop(1_000)
})

/** Sends a path as it is written: any other client would resolve its dots first. */
function send(method: string, path: string, body: string): Promise<{ status: number; text: string }> {
  const headers = { Authorization: `Bearer ${internalAuthKey}`, 'X-Workspace-ID': '15213' }
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: server.port, method, path, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => {
        text += part
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

async function faultsOf(method: string, path: string, body: string) {
  called = 0
  const { status, text } = await send(method, path, body)
  const { code, details = [] } = errorBodySchema.parse(JSON.parse(text))
  expect(called).toBe(0)
  return { status, code, parameters: details.map(({ parameter }) => parameter) }
}

const contact = { name: 'K', board_id: 'b', board_column_id: 'c' }

describe('input that the database could not store never reaches it:', () => {
  test.each([
    ['id', { id: '.' }],
    ['id', { id: '..' }],
    ['board_id', { board_id: '..' }],
    ['board_column_id', { board_column_id: '.' }],
    ['assigned_to', { assigned_to: '..' }],
    ['created_at', { created_at: '2026-01-31T12:00:00+16:00' }],
    ['created_at', { created_at: '9999-12-31T23:59:59.9999999Z' }],
    ['last_activity_at', { last_activity_at: `2026-01-31T12:00:00.${'1'.repeat(130)}Z` }],
  ])('a new contact’s %s, as in %j', async (parameter, fault) => {
    const answer = await faultsOf('POST', '/contacts', JSON.stringify({ ...contact, ...fault }))
    expect(answer).toEqual({ status: 400, code: 'invalid_body', parameters: [parameter] })
  })

  test.each(['\\u0000', '\\ud800', 'a\\udfff'])('text with %s', async (text) => {
    for (const body of [
      `{"name":"${text}"}`,
      `{"tags":["${text}"]}`,
      `{"last_message":"${text}"}`,
      `{"${text}":1}`,
    ]) {
      const { status, code } = await faultsOf('PATCH', '/contacts/c1', body)
      expect({ status, code }).toEqual({ status: 400, code: 'invalid_body' })
    }
  })

  test.each([
    '/contacts/.',
    '/contacts/..',
    '/contacts/%2e',
    '/contacts/%2E%2e',
    '/contacts/.%2e',
    '/contacts/%00',
  ])('an id in the path %s', async (path) => {
    const { status } = await send('DELETE', path, '')
    expect([400, 404, 405]).toContain(status)
    expect(called).toBe(0)
  })

  test('a body thirty thousand deep', async () => {
    const deep = '['.repeat(30_000) + ']'.repeat(30_000)
    expect((await faultsOf('POST', '/contacts', deep)).status).toBe(400)
  })
})
