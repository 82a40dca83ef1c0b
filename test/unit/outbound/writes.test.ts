import { afterEach, beforeEach, describe, expect, it, test, vi } from 'vitest'
import { errorBody, type WireErrorCode, wireErrors } from '../../../shared/contract/errors.ts'
import {
  boardIdSchema,
  columnIdSchema,
  contactIdSchema,
  userIdSchema,
  workspaceIdSchema,
} from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'
import { err, ok } from '../../../shared/result.ts'
import { createOrigin, type Origin } from '../../../worker/outbound/origin-client.ts'
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts'
import { contactNumber } from '../origin/contact.ts'

const caller = {
  kind: 'member',
  userId: userIdSchema.parse('alice'),
  token: 'a.b.c',
  requestId: 'request-1',
} as const
const workspaceId = workspaceIdSchema.parse('15213')
const contactId = contactIdSchema.parse('c%1')
const contact = { ...contactNumber(1), company_id: null, language: 'de', follow_up_at: null }
const written = { contact, version: 8_124, invalidation: 'done' }
const deleted = { id: 'c%1', version: null, invalidation: 'pending' }

let sent: Request[]
let answer: () => Promise<Response>
let clock: FakeClock
let origin: Origin

beforeEach(() => {
  sent = []
  clock = createFakeClock()
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
    sent.push(new Request(url, init))
    return answer()
  })
  origin = createOrigin({
    url: 'http://origin.test',
    internalAuthKey: 'a key of these tests',
    clock,
    recorder: { record: () => undefined },
  })
})
afterEach(() => {
  vi.unstubAllGlobals()
})

const place = { board_id: boardIdSchema.parse('board_123'), board_column_id: columnIdSchema.parse('col_2') }
const creation = { ...place, name: 'New' }
const create = () => origin.contacts.create(workspaceId, creation, caller)
const change = () => origin.contacts.change(workspaceId, contactId, { name: 'X' }, caller)
const move = () => origin.contacts.move(workspaceId, contactId, place, caller)
const remove = () => origin.contacts.remove(workspaceId, contactId, caller)

const saveSettings = () => origin.saveSettings(workspaceId, { cacheEnabled: true }, caller)

const writes = [
  { name: 'a creation', write: create, method: 'POST', path: '/contacts', body: creation, data: written },
  {
    name: 'a change',
    write: change,
    method: 'PATCH',
    path: '/contacts/c%251',
    body: { name: 'X' },
    data: written,
  },
  {
    name: 'a move',
    write: move,
    method: 'POST',
    path: '/contacts/c%251/move',
    body: place,
    data: written,
  },
  { name: 'a deletion', write: remove, method: 'DELETE', path: '/contacts/c%251', body: null, data: deleted },
] as const

describe.each(writes)('$name', ({ write, method, path, body, data }) => {
  it('goes to the origin in the name of the caller, and comes back with the version of the ledger', async () => {
    answer = async () => Response.json({ success: true, data })
    expect(await write()).toEqual(ok(data))
    const [request] = sent
    expect([request?.method, request?.url]).toEqual([method, `http://origin.test${path}`])
    expect(Object.fromEntries(request?.headers ?? [])).toMatchObject({
      authorization: 'Bearer a key of these tests',
      'x-caller-token': 'a.b.c',
      'x-workspace-id': '15213',
      'x-request-id': 'request-1',
    })
    expect(body === null ? await request?.text() : await request?.json()).toEqual(body ?? '')
  })
})

test('an earlier origin, which does not answer the fields that contacts have gained, confirms a write too', async () => {
  const earlier = { ...written, contact: contactNumber(1) }
  answer = async () => Response.json({ success: true, data: earlier })
  expect(await change()).toEqual(ok(earlier))
})

describe.each([...writes, { name: 'a change of settings', write: saveSettings }])('$name', ({ write }) => {
  it.each<[string, () => Promise<Response>]>([
    ['the connection breaks', () => Promise.reject(new TypeError('reset'))],
    ['a proxy answers in its place', async () => new Response('<html>', { status: 502 })],
    [
      'it is redirected',
      async () => new Response(null, { status: 307, headers: { Location: 'http://x.test' } }),
    ],
    ['the answer is none of a write', async () => Response.json({ success: true, data: {} })],
    ['the answer is too large', async () => new Response(new Uint8Array(limits.answerBytesMax + 1))],
  ])('is sent once, and its answer says that it is unconfirmed, where %s', async (_name, given) => {
    answer = given
    expect(await write()).toEqual(err({ code: 'write_unconfirmed' }))
    expect(sent.map(({ redirect }) => redirect)).toEqual(['manual'])
  })

  it('is sent once, and ended at the deadline if the origin hangs', async () => {
    answer = () => new Promise(() => undefined)
    const answered = write()
    await clock.advance(limits.originDeadlineMs)
    expect(await answered).toEqual(err({ code: 'write_unconfirmed' }))
    expect(sent).toHaveLength(1)
  })

  it.each<WireErrorCode>([
    'invalid_body',
    'not_a_member',
    'contact_not_found',
    'contact_exists',
    'body_too_large',
    'column_not_found',
    'rate_limited',
    'overloaded',
    'origin_unavailable',
    'origin_timeout',
    'auth_unavailable',
  ])('that the origin refuses as %s is refused with that code, its details and its pause', async (code) => {
    const details = [{ parameter: 'name', message: 'is wrong' }]
    const body = errorBody({ code, details, retryAfterSeconds: 7 }, 'request-1')
    answer = async () => Response.json(body, { status: wireErrors[code].status })
    expect(await write()).toEqual(err({ code, details, retryAfterSeconds: 7 }))
    expect(sent).toHaveLength(1)
  })
})

test('a Worker whose key the origin refuses has written nothing, and answers that the origin cannot be reached', async () => {
  answer = async () => Response.json(errorBody({ code: 'key_invalid' }, 'request-1'), { status: 401 })
  expect(await change()).toMatchObject(err({ code: 'origin_unavailable' }))
})

test('while the origin keeps failing no write is sent', async () => {
  answer = () => Promise.reject(new TypeError('refused'))
  while (origin.breaker().state === 'closed') await change()
  const before = sent.length
  expect(await change()).toMatchObject(err({ code: 'origin_unavailable' }))
  expect(sent).toHaveLength(before)
})
