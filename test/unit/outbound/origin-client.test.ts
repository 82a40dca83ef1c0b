import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { errorBody, type WireErrorCode } from '../../../shared/contract/errors.ts'
import { userIdSchema, workspaceIdSchema } from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'
import { contactCounts } from '../../../shared/resources/contacts/contact-counts.ts'
import { err, ok } from '../../../shared/result.ts'
import type { CacheEvent } from '../../../worker/events.ts'
import { createOrigin, type Origin } from '../../../worker/outbound/origin-client.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

const chunkBytes = 65_536
const userId = userIdSchema.parse('alice')
const caller = { kind: 'member', userId, token: 'a.b.c', requestId: 'request-1' } as const
const workspaceId = workspaceIdSchema.parse('15213')
let origin: Origin
let counted: CacheEvent[]
let sentBytes: number
let status: number

/** An answer of the given length, generated while it is read. */
function answerOf(lengthBytes: number): Response {
  let leftBytes = lengthBytes
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const piece = new Uint8Array(Math.min(chunkBytes, leftBytes)).fill(0x20)
        leftBytes -= piece.length
        sentBytes += piece.length
        if (piece.length > 0) controller.enqueue(piece)
        if (leftBytes === 0) controller.close()
      },
    },
    { highWaterMark: 0 },
  )
  return new Response(body, { status })
}

let lengthBytes: number
beforeEach(() => {
  counted = []
  sentBytes = 0
  status = 200
  vi.stubGlobal('fetch', async () => answerOf(lengthBytes))
  origin = createOrigin({
    url: 'http://127.0.0.1:1',
    internalAuthKey: 'a key of these tests',
    clock: createFakeClock(),
    recorder: { record: (event) => counted.push(event) },
  })
})
afterEach(() => {
  vi.unstubAllGlobals()
})

const load = () =>
  origin.load(contactCounts.questionOf({}), { workspaceId, userId: null, version: 'l:1' }, caller)

it('an answer of the largest size is accepted', async () => {
  lengthBytes = limits.answerBytesMax
  const loaded = await load()
  expect(loaded.ok && loaded.value?.length).toBe(limits.answerBytesMax)
})

it('a larger answer is an error of its own, is not read to its end, is counted, and is no failure of the origin', async () => {
  lengthBytes = 20 * limits.answerBytesMax
  for (let each = 1; each <= 10; each += 1) {
    expect(await load()).toEqual(err({ code: 'answer_too_large' }))
    expect(sentBytes).toBeLessThanOrEqual(each * (limits.answerBytesMax + chunkBytes))
  }
  expect(counted.map((event) => event.kind === 'origin' && event.outcome)).toEqual(
    Array.from({ length: 10 }, () => 'too-large'),
  )
  expect(origin.breaker().state).toBe('closed')
})

it.each([200, 403, 500])('every other answer of the origin with status %s is bounded too', async (given) => {
  status = given
  lengthBytes = 20 * limits.answerBytesMax
  expect(await origin.membership(workspaceId, null, caller)).toEqual(err({ code: 'answer_too_large' }))
  expect(await origin.boards(workspaceId, caller)).toEqual(err({ code: 'answer_too_large' }))
  expect(await origin.settings(workspaceId, caller)).toEqual(err({ code: 'answer_too_large' }))
  expect(await origin.probe()).toEqual({ origin: false, database: false, health: null })
  expect(sentBytes).toBeLessThanOrEqual(4 * (limits.answerBytesMax + chunkBytes))
})

it.each<WireErrorCode>(['board_not_found', 'contact_not_found', 'not_found'])(
  'a 404 with %s is absence',
  async (code) => {
    vi.stubGlobal('fetch', async () => Response.json(errorBody({ code }, 'request-1'), { status: 404 }))
    expect(await load()).toEqual(ok(null))
    expect(counted.map((event) => event.kind === 'origin' && event.outcome)).toEqual(['not-found'])
  },
)

it('a 400 of a load comes back with the faults that say why, and is no failure of the origin', async () => {
  const refused = {
    code: 'invalid_parameter',
    details: [{ parameter: 'phone', message: 'is no number of GB' }],
  } as const
  vi.stubGlobal('fetch', async () => Response.json(errorBody(refused, 'request-1'), { status: 400 }))
  for (let each = 1; each <= 10; each += 1) expect(await load()).toEqual(err(refused))
  expect(counted.map((event) => event.kind === 'origin' && event.outcome)).toEqual(
    Array.from({ length: 10 }, () => 'refused'),
  )
  expect(origin.breaker().state).toBe('closed')
})

it('a 404 for an unknown route is not absence', async () => {
  vi.stubGlobal('fetch', async () =>
    Response.json(errorBody({ code: 'route_not_found' }, 'request-1'), { status: 404 }),
  )
  expect(await load()).toMatchObject(err({ code: 'route_not_found' }))
})

it('only the backend calls the origin without a token', async () => {
  const sent: (string | null)[] = []
  vi.stubGlobal('fetch', async (_url: string, init: RequestInit) => {
    sent.push(new Headers(init.headers).get('X-Caller-Token'))
    return Response.json({})
  })
  const question = contactCounts.questionOf({})
  const target = { workspaceId, userId: null, version: 'l:1' }
  await origin.load(question, target, caller)
  await origin.load(question, target, { ...caller, token: '' })
  await origin.load(question, target, { kind: 'service', userId: null, requestId: 'request-2' })
  expect(sent).toEqual(['a.b.c', '', null])
})
