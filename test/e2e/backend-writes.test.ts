import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  callSessionWrittenSchema,
  leadControlWrittenSchema,
  leadMessageWrittenSchema,
  mailboxFolderWrittenSchema,
} from '../../shared/contract/backend-writes.ts'
import { ask } from '../support/api-client.ts'
import { startTestStack, type TestStack } from '../support/local-stack.ts'

let stack: TestStack

beforeAll(async () => {
  stack = await startTestStack({ contacts: 2_000 })
})
afterAll(async () => {
  await stack?.stop()
})

const ann = '00000000-0000-4000-8000-0000000000a1'

/** A request to the Worker: as the backend, or with a token. */
async function send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const answer = await ask(`${stack.worker}${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${stack.internalAuthKey}`,
      'X-Workspace-ID': '15213',
      'Content-Type': 'application/json',
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: answer.status, body: z.looseObject({}).parse(JSON.parse(answer.text)) }
}

async function write<Schema extends z.ZodType<{ version: number | null }>>(
  schema: Schema,
  ...request: Parameters<typeof send>
) {
  const { status, body } = await send(...request)
  expect([status, body]).toEqual([
    request[0] === 'POST' ? 201 : 200,
    expect.objectContaining({ success: true }),
  ])
  return schema.parse(body['data'])
}

/** An answer as its reader gets it, with the version of a write. */
async function readAfter(version: number | null, path: string, headers: Record<string, string> = {}) {
  const { status, body } = await send('GET', path, undefined, { 'X-Min-Version': `${version}`, ...headers })
  return { status, data: z.looseObject({}).optional().parse(body['data']) }
}

const anyWritten = z.looseObject({ version: z.number().nullable() })

describe('the backend', () => {
  it('reads each folder of a mailbox that it put next, and 404 once it is deleted', async () => {
    const path = `/api/mailboxes/${ann}/inbox`
    const read = (version: number | null) =>
      readAfter(version, '/api/mailboxes/me/inbox', { 'X-User-ID': ann })
    const letter = { from_address: 'lee@example.com', received_at: '2026-01-02T03:04:05Z' }
    expect((await send('GET', '/api/mailboxes/me/inbox', undefined, { 'X-User-ID': ann })).status).toBe(404)
    for (const ids of [['n1'], ['n1', 'n2'], ['n3']]) {
      const messages = ids.map((id) => ({ ...letter, id }))
      const put = await write(mailboxFolderWrittenSchema, 'PUT', path, { messages })
      expect(put).toMatchObject({ folder: 'inbox', messages: ids.length, invalidation: 'done' })
      const { data } = await read(put.version)
      expect(data).toMatchObject({ pagination: { total: ids.length } })
    }
    const token = await stack.tokenOf({ userId: ann, workspaces: { '15213': 'member' } })
    const own = await readAfter(null, '/api/mailboxes/me/inbox', {
      Authorization: `Bearer ${token}`,
      'X-Min-Version': '0',
    })
    expect(own.data).toMatchObject({ messages: [{ id: 'n3' }], _cache: { status: 'HIT' } })
    const gone = await write(anyWritten, 'DELETE', path)
    expect((await read(gone.version)).status).toBe(404)
  })

  it('reads who answers a lead next, and so does everybody else', async () => {
    const path = '/api/leads/contact_000001/control'
    await send('GET', path)
    for (const control of [{ answered_by: 'human', user_id: ann }, { answered_by: 'ai' }]) {
      const put = await write(leadControlWrittenSchema, 'PUT', path, control)
      expect((await readAfter(put.version, path)).data).toMatchObject(put.control)
    }
  })

  it('reads the session of a call next, from its beginning over each change to its end', async () => {
    const path = '/api/calls/call-7/session'
    expect((await send('GET', path)).status).toBe(404)
    const put = await write(callSessionWrittenSchema, 'PUT', path, { state: { step: 1, offer: 'a' } })
    expect((await readAfter(put.version, path)).data).toMatchObject(put.session)
    const changed = await write(callSessionWrittenSchema, 'PATCH', path, { state: { step: 2, offer: null } })
    expect((await readAfter(changed.version, path)).data).toMatchObject({ state: { step: 2 } })
    const ended = await write(anyWritten, 'DELETE', path)
    expect((await readAfter(ended.version, path)).status).toBe(404)
  })

  it('reads a message with a lead next, once however often it sent it', async () => {
    const path = '/api/leads/contact_000002/history'
    const message = { id: 'message-7', channel: 'voice', direction: 'inbound', body: 'Hello' }
    await send('GET', path)
    for (let times = 0; times < 2; times += 1) {
      const sent = await write(
        leadMessageWrittenSchema,
        'POST',
        '/api/leads/contact_000002/messages',
        message,
      )
      const { data } = await readAfter(sent.version, path)
      expect(data).toMatchObject({ messages: [expect.objectContaining(message)] })
    }
    const other = { ...message, body: 'Something else' }
    expect(await send('POST', '/api/leads/contact_000002/messages', other)).toMatchObject({
      status: 409,
      body: { code: 'message_exists' },
    })
  })

  it('gets an error in the form of every other answer', async () => {
    const state = { state: { a: 'x'.repeat(20_000) } }
    for (const [method, path, body, status, code] of [
      ['PUT', '/api/leads/nobody/control', { answered_by: 'ai' }, 404, 'contact_not_found'],
      [
        'POST',
        '/api/leads/nobody/messages',
        { channel: 'web', direction: 'inbound', body: 'x' },
        404,
        'contact_not_found',
      ],
      ['PATCH', '/api/calls/none/session', { state: {} }, 404, 'not_found'],
      ['DELETE', '/api/calls/none/session', undefined, 404, 'not_found'],
      ['PUT', '/api/calls/large/session', state, 400, 'invalid_body'],
    ] as const)
      expect(await send(method, path, body)).toMatchObject({ status, body: { code } })
    const elsewhere = { 'X-Workspace-ID': 'nowhere' }
    expect(await send('PUT', '/api/calls/c/session', { state: {} }, elsewhere)).toMatchObject({
      status: 404,
      body: { code: 'not_found' },
    })
  })
})

describe('an admin', () => {
  it('writes as the backend does, in the own workspace alone, and a member does not', async () => {
    const path = '/api/calls/call-8/session'
    const as = (token: string, workspaceId = '15213') => ({
      Authorization: `Bearer ${token}`,
      'X-Workspace-ID': workspaceId,
    })
    const { admin, member, otherAdmin } = stack.tokens
    expect(await send('PUT', path, { state: {} }, as(member))).toMatchObject({
      status: 403,
      body: { code: 'admin_required' },
    })
    expect(await send('PUT', path, { state: {} }, as(otherAdmin))).toMatchObject({
      status: 403,
      body: { code: 'not_a_member' },
    })
    const put = await write(callSessionWrittenSchema, 'PUT', path, { state: { by: 'an admin' } }, as(admin))
    expect((await readAfter(put.version, path, as(member))).data).toMatchObject({ state: { by: 'an admin' } })
    expect((await readAfter(null, path, { ...as(otherAdmin, '15214'), 'X-Min-Version': '0' })).status).toBe(
      404,
    )
  })
})
