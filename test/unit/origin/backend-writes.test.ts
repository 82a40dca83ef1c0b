import { describe, expect, test } from 'vitest'
import type { Database } from '../../../origin/database/database.ts'
import { err, ok } from '../../../shared/result.ts'
import { version } from '../../support/entries.ts'
import { alice, createOrigin, internalAuthKey, read } from './origin-under-test.ts'
import { createPromptDatabase } from './stub-database.ts'
import { createStubRelay } from './stub-relay.ts'

const workspace = { 'X-Workspace-ID': '15213' }
const asBackend = { ...workspace, Authorization: `Bearer ${internalAuthKey}` }
const at = '2026-01-02T03:04:05.123456+00:00'
const row = { id: 5, eventId: 'e', workspaceId: '15213', tags: ['config'], attempts: 0 }

const folder = { folder: 'inbox', synced_at: at, messages: 1 }
const control = { answered_by: 'human', user_id: 'ann', since: at }
const session = { id: 'c1', contact_id: null, state: { step: 1 }, started_at: at, updated_at: at }
const message = {
  id: 'm1',
  conversation_id: 'v1',
  channel: 'web',
  direction: 'inbound',
  body: 'Hello',
  sent_at: at,
}
const letter = { id: 'n1', from_address: 'ann@example.com', received_at: at }

interface Write {
  readonly method: string
  readonly path: string
  readonly body?: unknown
  readonly called: readonly [functionName: string, args: object]
  /** The answer of the SQL function, and the part of it that the route shows. */
  readonly answered: object
  readonly shown: object
  readonly status?: 201
}

const writes: readonly Write[] = [
  {
    ...{ method: 'PUT', path: '/mailboxes/ann/inbox', body: { messages: [letter] } },
    called: [
      'mailbox_put',
      {
        ...{ p_user: 'ann', p_folder: 'inbox', p_synced_at: null },
        p_messages: [{ ...letter, from_name: null, subject: '', preview: '', is_read: false }],
      },
    ],
    ...{ answered: folder, shown: folder },
  },
  {
    ...{ method: 'DELETE', path: '/mailboxes/ann/inbox' },
    called: ['mailbox_delete', { p_user: 'ann', p_folder: 'inbox' }],
    ...{ answered: {}, shown: { folder: 'inbox' } },
  },
  {
    ...{
      method: 'PUT',
      path: '/leads/c1/control',
      body: { answered_by: 'human', user_id: 'ann', since: at },
    },
    called: ['lead_control_write', { p_contact: 'c1', p_answered_by: 'human', p_user: 'ann', p_since: at }],
    ...{ answered: { control }, shown: { control } },
  },
  {
    ...{ method: 'POST', path: '/leads/c1/messages', status: 201 },
    body: { id: 'm1', channel: 'web', direction: 'inbound', body: 'Hello' },
    called: [
      'lead_message_create',
      { p_contact: 'c1', p_message: { id: 'm1', channel: 'web', direction: 'inbound', body: 'Hello' } },
    ],
    ...{ answered: { message }, shown: { message } },
  },
  {
    ...{ method: 'PUT', path: '/calls/c1/session', body: { state: { step: 1 } } },
    called: ['call_session_put', { p_call: 'c1', p_contact: null, p_state: { step: 1 } }],
    ...{ answered: { session }, shown: { session } },
  },
  {
    ...{ method: 'PATCH', path: '/calls/c1/session', body: { state: { step: null } } },
    called: ['call_session_patch', { p_call: 'c1', p_change: { state: { step: null } } }],
    ...{ answered: { session }, shown: { session } },
  },
  {
    ...{ method: 'DELETE', path: '/calls/c1/session' },
    called: ['call_session_delete', { p_call: 'c1' }],
    ...{ answered: {}, shown: { id: 'c1' } },
  },
]

const send = (
  database: Database,
  { method, path, body }: Write,
  headers = asBackend,
  relay = createStubRelay(),
) =>
  createOrigin({ database, relay }).app.request(path, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })

describe.each(writes)('$method $path', (write) => {
  const { called, answered, shown, status = 200 } = write
  const answering = () => createPromptDatabase(() => ({ outcome: 'ok', ...answered, outbox: [row] }))

  test('calls its function once, and answers the version of its own rows of the outbox', async () => {
    const calls: unknown[] = []
    const database = createPromptDatabase((functionName, args) => {
      calls.push([functionName, args])
      return { outcome: 'ok', ...answered, outbox: [row] }
    })
    const delivered: number[] = []
    const relay = createStubRelay({
      async deliver(rows) {
        delivered.push(...rows.map(({ key }) => key.id))
        return version(44)
      },
    })
    expect(await read(await send(database, write, asBackend, relay))).toEqual({
      status,
      body: { success: true, data: { ...shown, version: 44, invalidation: 'done' } },
    })
    expect(calls).toEqual([[called[0], { p_workspace: '15213', ...called[1] }]])
    expect(delivered).toEqual([5])
  })

  test('is committed and pending if the Worker does not answer', async () => {
    expect(await read(await send(answering(), write))).toMatchObject({
      status,
      body: { data: { ...shown, version: null, invalidation: 'pending' } },
    })
  })

  test('is made as the backend, or as the user whom the Worker names', async () => {
    const tokens: (string | null)[] = []
    const database: Database = {
      callRpc: async (_name, _args, token) => {
        tokens.push(token)
        return ok({ outcome: 'ok', ...answered, outbox: [] })
      },
      probe: async () => true,
    }
    for (const headers of [asBackend, { ...asBackend, 'X-Caller-Token': alice }])
      expect((await send(database, write, headers)).status).toBe(status)
    expect(tokens).toEqual([null, alice])
  })

  test('is not open to a member with their own token, and needs a workspace', async () => {
    const asMember = { ...workspace, Authorization: `Bearer ${alice}` }
    expect(await read(await send(answering(), write, asMember))).toMatchObject({
      status: 401,
      body: { code: 'key_invalid' },
    })
    const { 'X-Workspace-ID': _none, ...without } = asBackend
    expect(
      await read(
        await createOrigin({ database: answering() }).app.request(write.path, {
          method: write.method,
          headers: without,
        }),
      ),
    ).toMatchObject({
      status: 400,
      body: { code: 'workspace_missing' },
    })
  })

  test.each([
    ['forbidden', 403, 'not_a_member'],
    ['admin_required', 403, 'admin_required'],
    ['not_found', 404, 'not_found'],
    ['contact_not_found', 404, 'contact_not_found'],
    ['message_exists', 409, 'message_exists'],
    ['conversation_exists', 409, 'conversation_exists'],
  ])('that ends as %s is a %i with the code %s, and delivers nothing', async (outcome, refused, code) => {
    const relay = createStubRelay({
      deliver: async () => {
        throw new Error('nothing to deliver')
      },
    })
    const database = createPromptDatabase(() => ({ outcome }))
    expect(await read(await send(database, write, asBackend, relay))).toMatchObject({
      status: refused,
      body: { code },
    })
  })

  test('beyond a bound of the database is a 400', async () => {
    const database: Database = {
      callRpc: async () => err({ kind: 'out_of_bounds' }),
      probe: async () => true,
    }
    expect(await read(await send(database, write))).toMatchObject({
      status: 400,
      body: { code: 'invalid_body' },
    })
  })
})

test('a message without an id gets one, so that the database always has one to tell a repetition by', async () => {
  const ids: unknown[] = []
  const database = createPromptDatabase((_name, args) => {
    ids.push(Object(args['p_message']).id)
    return { outcome: 'ok', message, outbox: [] }
  })
  const { method, path } = writes[3] ?? { method: '', path: '' }
  const body = JSON.stringify({ channel: 'web', direction: 'inbound', body: 'Hello' })
  const { app } = createOrigin({ database })
  for (let times = 0; times < 2; times += 1) await app.request(path, { method, headers: asBackend, body })
  expect(new Set(ids).size).toBe(2)
  for (const id of ids) expect(id).toMatch(/^[\da-f-]{36}$/)
})

test.each([
  ['PUT', '/mailboxes/me/inbox', { messages: [] }, 'userId'],
  ['PUT', '/mailboxes/ann/a%20b', { messages: [] }, 'folder'],
  ['PUT', '/leads/by-phone/control', { answered_by: 'ai' }, 'id'],
  ['DELETE', '/calls/a%20b/session', undefined, 'id'],
  ['PUT', '/mailboxes/ann/inbox', { messages: [letter, letter] }, 'messages'],
  ['PUT', '/mailboxes/ann/inbox', { messages: [{ ...letter, id: 'a/b' }] }, 'messages.0.id'],
  [
    'PUT',
    '/mailboxes/ann/inbox',
    { messages: [{ ...letter, workspace_id: '15214' }] },
    'messages.0.workspace_id',
  ],
  ['PUT', '/leads/c1/control', { answered_by: 'ai', user_id: 'ann' }, 'user_id'],
  ['PUT', '/leads/c1/control', { answered_by: 'robot' }, 'answered_by'],
  ['POST', '/leads/c1/messages', { channel: 'fax', direction: 'inbound', body: 'x' }, 'channel'],
  ['POST', '/leads/c1/messages', { channel: 'web', direction: 'inbound', body: '' }, 'body'],
  ['PUT', '/calls/c1/session', { state: [] }, 'state'],
  ['PUT', '/calls/c1/session', {}, 'state'],
  ['PATCH', '/calls/c1/session', {}, '(input)'],
  ['PATCH', '/calls/c1/session', { state: null }, 'state'],
])('%s %s of %j is a 400 that names %s, and writes nothing', async (method, path, body, parameter) => {
  const database = createPromptDatabase(() => {
    throw new Error('nothing is written')
  })
  const write = { method, path, body, called: ['', {}], answered: {}, shown: {} } as const
  expect(await read(await send(database, write))).toMatchObject({
    status: 400,
    body: { details: [{ parameter }] },
  })
})

test('a state keeps every member that JSON can have', async () => {
  const states: unknown[] = []
  const database = createPromptDatabase((_name, args) => {
    states.push(JSON.stringify(args['p_state']))
    return { outcome: 'ok', session, outbox: [] }
  })
  const state = '{"__proto__":{"a":1},"constructor":null,"":[[]],"toString":"x"}'
  const { app } = createOrigin({ database })
  await app.request('/calls/c1/session', { method: 'PUT', headers: asBackend, body: `{"state":${state}}` })
  expect(states).toEqual([state])
})
