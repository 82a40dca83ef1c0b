import { describe, expect, test } from 'vitest'
import type { Database } from '../../../origin/database/database.ts'
import type { OutboxRow } from '../../../origin/outbox/outbox.ts'
import { importReportSchema } from '../../../shared/contract/contacts.ts'
import { err, ok } from '../../../shared/result.ts'
import { version } from '../../support/entries.ts'
import { contactNumber } from './contact.ts'
import { alice, createOrigin, internalAuthKey, read } from './origin-under-test.ts'
import { createPromptDatabase } from './stub-database.ts'
import { createStubRelay, figures } from './stub-relay.ts'

const row = { id: 5, eventId: 'e', workspaceId: '15213', tags: ['counts'], attempts: 0 }
const written = { outcome: 'ok', contact: contactNumber(1), outbox: [row] }
const workspace = { 'X-Workspace-ID': '15213' }
const asMember = { ...workspace, Authorization: `Bearer ${alice}` }
const asBackend = { ...workspace, Authorization: `Bearer ${internalAuthKey}` }

const patch = (headers: Record<string, string>, body: unknown = { name: 'X' }): RequestInit => ({
  method: 'PATCH',
  headers,
  body: JSON.stringify(body),
})

describe('a write', () => {
  test('is made as the member, as the backend, or as the member whom the backend names', async () => {
    const tokens: (string | null)[] = []
    const database: Database = {
      callRpc: async (_name, _args, token) => {
        tokens.push(token)
        return ok(written)
      },
      probe: async () => true,
    }
    const { app } = createOrigin({ database })
    for (const headers of [asMember, asBackend, { ...asBackend, 'X-Caller-Token': alice }])
      expect((await app.request('/contacts/c1', patch(headers))).status).toBe(200)
    expect(tokens).toEqual([alice, null, alice])
  })

  test('is refused without a valid token, without a workspace, and with an invalid id', async () => {
    const { app } = createOrigin({ database: createPromptDatabase(() => written) })
    const expected: [string, Record<string, string>, number, string][] = [
      ['/contacts/c1', workspace, 401, 'token_missing'],
      ['/contacts/c1', { ...workspace, Authorization: `Bearer ${internalAuthKey}x` }, 401, 'token_invalid'],
      ['/contacts/c1', { ...workspace, Authorization: 'Basic YTpi' }, 401, 'token_invalid'],
      ['/contacts/c1', { Authorization: `Bearer ${alice}` }, 400, 'workspace_missing'],
      ['/contacts/c1', { ...asMember, 'X-Workspace-ID': 'a b' }, 400, 'invalid_parameter'],
      ['/contacts/a%20b', asMember, 400, 'invalid_parameter'],
    ]
    for (const [path, headers, status, code] of expected)
      expect(await read(await app.request(path, patch(headers)))).toMatchObject({ status, body: { code } })
  })

  test('of a contact with the name of another route as its id is refused, and other methods are a 405 that names all', async () => {
    const { app } = createOrigin({ database: createPromptDatabase(() => written) })
    for (const id of ['import', 'by-email', 'by-phone', 'me'])
      expect(await read(await app.request(`/contacts/${id}`, patch(asMember)))).toMatchObject({
        status: 400,
        body: { code: 'invalid_parameter' },
      })
    const refused = await app.request('/contacts/import', { method: 'PUT', headers: asMember })
    expect(refused.status).toBe(405)
    expect(refused.headers.get('Allow')).toBe('POST, PATCH, DELETE')
  })

  test('answers the version of its own rows of the outbox', async () => {
    const delivered: (readonly OutboxRow[])[] = []
    const relay = createStubRelay({
      async deliver(rows) {
        delivered.push(rows)
        return version(44)
      },
    })
    const { app } = createOrigin({ database: createPromptDatabase(() => written), relay })
    expect(await read(await app.request('/contacts/c1', patch(asMember)))).toMatchObject({
      body: {
        success: true,
        data: { contact: { id: written.contact.id }, version: 44, invalidation: 'done' },
      },
    })
    expect(delivered.flat().map(({ key, event }) => [key.id, event.tags])).toEqual([[5, ['counts']]])
  })

  test('is committed and pending if there is no relay or the Worker does not answer', async () => {
    const database = createPromptDatabase(() => written)
    for (const parts of [{ database }, { database, relay: createStubRelay() }])
      expect(
        await read(await createOrigin(parts).app.request('/contacts/c1', patch(asMember))),
      ).toMatchObject({
        status: 200,
        body: { data: { version: null, invalidation: 'pending' } },
      })
  })

  test('beyond a bound is a 400 that names it, whether the contract or the database finds it', async () => {
    const { app } = createOrigin({ database: createPromptDatabase(() => written) })
    const place = { board_id: 'b', board_column_id: 'c', name: 'N' }
    for (const [fields, parameter] of [
      [{ tags: ['x'.repeat(101)] }, 'tags.0'],
      [{ tags: Array(51).fill('x') }, 'tags'],
      [{ last_message: '😀'.repeat(4_001) }, 'last_message'],
      [{ tags: Array(50).fill('😀'.repeat(100)), last_message: '😀'.repeat(4_000) }, '(input)'],
    ] as const) {
      const body = { code: 'invalid_body', details: [{ parameter }] }
      for (const [path, method, sent] of [
        ['/contacts/c1', 'PATCH', fields],
        ['/contacts', 'POST', { ...place, ...fields }],
      ] as const) {
        const answer = await app.request(path, { ...patch(asMember, sent), method })
        expect(await read(answer)).toMatchObject({ status: 400, body })
      }
    }
    const refusing: Database = {
      callRpc: async () => err({ kind: 'out_of_bounds' }),
      probe: async () => true,
    }
    const answer = await createOrigin({ database: refusing }).app.request('/contacts/c1', patch(asMember))
    expect(await read(answer)).toMatchObject({ status: 400, body: { code: 'invalid_body' } })
  })

  test('with the most characters of a field is accepted, however many bytes these are', async () => {
    const { app } = createOrigin({ database: createPromptDatabase(() => written) })
    const body = { name: '😀'.repeat(200), tags: ['😀'.repeat(100)], last_message: '😀'.repeat(4_000) }
    expect((await app.request('/contacts/c1', patch(asMember, body))).status).toBe(200)
  })

  test('that fails does not wait for the Worker', async () => {
    const relay = createStubRelay({
      deliver: async () => {
        throw new Error('nothing to deliver')
      },
    })
    const database = createPromptDatabase(() => ({ outcome: 'contact_not_found' }))
    const { app } = createOrigin({ database, relay })
    expect((await app.request('/contacts/c1', patch(asMember))).status).toBe(404)
  })
})

describe('an import', () => {
  const importing = (body: string) => ({ method: 'POST', headers: asMember, body })

  test('of no lines is done at once', async () => {
    const answer = { outcome: 'ok', created: 0, updated: 0, rejected: [], outbox: [] }
    const { app } = createOrigin({ database: createPromptDatabase(() => answer) })
    const response = await app.request('/contacts/import', importing(''))
    expect(response.headers.get('Content-Type')).toBe('application/x-ndjson')
    expect(importReportSchema.parse(JSON.parse(await response.text()))).toEqual({
      type: 'done',
      lines: 0,
      created: 0,
      updated: 0,
      rejected: 0,
      version: null,
      invalidation: 'done',
    })
  })

  test('of a stranger is refused with a status, before a line is read', async () => {
    const { app } = createOrigin({ database: createPromptDatabase(() => ({ outcome: 'forbidden' })) })
    expect(await read(await app.request('/contacts/import', importing('{}')))).toMatchObject({
      status: 403,
      body: { code: 'not_a_member' },
    })
  })
})

test('the metrics have the work of the relay and the rows that wait', async () => {
  const { request } = createOrigin({ database: createPromptDatabase(() => null), relay: createStubRelay() })
  expect(await read(await request('/metrics'))).toMatchObject({ status: 200, body: { outbox: figures } })
})
