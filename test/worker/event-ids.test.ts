import { reset, runInDurableObject } from 'cloudflare:test'
import { env, exports } from 'cloudflare:workers'
import { afterEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { errorBodySchema } from '../../shared/contract/errors.ts'
import { invalidationAnswerSchema, outboxAnswerSchema } from '../../shared/contract/invalidation.ts'
import { limits } from '../../shared/limits.ts'
import { familyMove } from '../../shared/tags/moves.ts'
import { nameOf } from '../../shared/tags/tags.ts'
import { Book } from '../../worker/ledger/book.ts'
import { boardTag, openTag } from '../support/tags.ts'
import { toldBy } from '../support/told.ts'
import { workerTestBindings } from '../support/worker-bindings.ts'

afterEach(reset)

async function post(body: unknown, headers: Record<string, string> = {}) {
  return exports.default.fetch('https://boardcache.test/api/cache/invalidate', {
    method: 'POST',
    headers: { Authorization: `Bearer ${workerTestBindings.INTERNAL_AUTH_KEY}`, ...headers },
    body: JSON.stringify(body),
  })
}

const answerSchema = z.object({ data: invalidationAnswerSchema })

async function taken(body: unknown, headers?: Record<string, string>) {
  const response = await post(body, headers)
  expect(response.status).toBe(200)
  return answerSchema.parse(await response.json()).data
}

async function refused(body: unknown) {
  const response = await post(body)
  const { code, details = [], conflicts } = errorBodySchema.parse(await response.json())
  return { status: response.status, code, parameters: details.map(({ parameter }) => parameter), conflicts }
}

/** The tags that the ledger has stored as moved, by name. */
async function movedTags(workspaceId = '15213') {
  const { birth, moved } = await env.LEDGER.get(env.LEDGER.idFromName(workspaceId)).since(null, 0)
  return Object.keys(toldBy({ birth, moved }))
}

const boardTagName = (boardId: string) => nameOf(boardTag(boardId))

const event = {
  workspaceId: '15213',
  boardId: 'b1',
  contactId: 'k1',
  action: 'contact_moved',
  fromColumnId: 'c1',
  toColumnId: 'c2',
  eventId: 'e1',
}

describe('an event id', () => {
  test('that comes again with the same event answers the same, whatever the order of its members', async () => {
    const first = await taken(event)
    await taken({ workspaceId: '15213', action: 'workspace_updated' })
    expect(await taken(event)).toEqual(first)
    const { workspaceId, ...rest } = Object.fromEntries(Object.entries(event).reverse())
    expect(await taken(rest, { 'X-Workspace-ID': String(workspaceId) })).toEqual(first)
  })

  test.each([
    ['another contact', { contactId: 'k2' }],
    ['no contact', { contactId: undefined }],
    ['another action', { action: 'contact_updated' }],
    ['another board', { boardId: 'b2' }],
    ['the columns the other way round', { fromColumnId: 'c2', toColumnId: 'c1' }],
    ['another member', { columnId: 'c1' }],
  ])('that is used again for an event with %s is a 409, and moves nothing', async (_name, other) => {
    await taken(event)
    const moved = await movedTags()
    expect(await refused({ ...event, ...other })).toEqual({
      status: 409,
      code: 'event_id_reused',
      parameters: ['eventId'],
      conflicts: [{ index: 0, eventId: 'e1' }],
    })
    expect(await movedTags()).toEqual(moved)
    expect((await taken({ ...event, ...other, eventId: 'e2' })).invalidated).toBeGreaterThan(0)
  })

  test('belongs to one workspace', async () => {
    await taken(event)
    await taken({ ...event, workspaceId: '15214', boardId: 'b2' })
    expect(await movedTags('15214')).toContain(nameOf(openTag('b2')))
  })
})

describe('a batch with an event under the id of another one', () => {
  const board = (boardId: string, eventId?: string) => ({
    ...{ workspaceId: '15213', action: 'board_updated', boardId },
    ...(eventId === undefined ? {} : { eventId }),
  })

  test('accepts all other events, and names each event that it refused', async () => {
    await taken(board('b0', 'used'))
    const events = [
      board('b1'),
      board('b2', 'used'),
      board('b3', 'e3'),
      board('b0', 'used'),
      board('b4', 'used'),
    ]
    expect(await refused({ events })).toEqual({
      status: 409,
      code: 'event_id_reused',
      parameters: ['events.1.eventId', 'events.4.eventId'],
      conflicts: [
        { index: 1, eventId: 'used' },
        { index: 4, eventId: 'used' },
      ],
    })
    const moved = await movedTags()
    for (const id of ['b1', 'b3']) expect(moved).toContain(boardTagName(id))
    for (const id of ['b2', 'b4']) expect(moved).not.toContain(boardTagName(id))
  })

  test('counts two equal events as one, and accepts the first of two different ones', async () => {
    const same = await taken({ events: [board('b1', 'e1'), board('b1', 'e1')] })
    expect(same).toMatchObject({ invalidated: 2, version: same.versions['15213'] })
    const answer = await refused({ events: [board('b2', 'e2'), board('b3', 'e2')] })
    expect(answer.parameters).toEqual(['events.1.eventId'])
    expect(await movedTags()).toEqual(expect.arrayContaining(['b1', 'b2'].map(boardTagName)))
    expect(await movedTags()).not.toContain(boardTagName('b3'))
  })

  test('names every refused event of the largest batch, in every workspace', async () => {
    const workspaces = ['15213', '15214']
    for (const workspaceId of workspaces) await taken({ ...board('b0', 'used'), workspaceId })
    const events = Array.from({ length: limits.invalidationEventsMax }, (_, index) => ({
      ...board(`b${index + 1}`, 'used'),
      workspaceId: workspaces[index % 2],
    }))
    const { status, conflicts } = await refused({ events })
    expect(status).toBe(409)
    expect(conflicts).toEqual(events.map(({ eventId }, index) => ({ index, eventId })))
  })

  test('answers a version that includes everything once the events come again with ids of their own', async () => {
    await taken(board('b0', 'used'))
    const events = [board('b1', 'e1'), board('b2', 'used')]
    await refused({ events })
    await taken({ workspaceId: '15213', action: 'workspace_updated' })
    // The first of the two events is an old one by now. The version is that of the newest.
    const { version } = await taken({ events: [board('b2', 'e2'), board('b1', 'e1')] })
    const ledger = await env.LEDGER.get(env.LEDGER.idFromName('15213')).since(null, 0)
    expect(version).toBe(ledger.version)
  })
})

test('an event of the outbox under the id of another one is accepted, and answers the same when it comes again', async () => {
  const outbox = [['counts'], ['place#7#4000', 'counts'], ['counts', 'place#7#4000']].map((tags) => ({
    ...{ eventId: 'outbox:1', workspaceId: '15213', tags },
  }))
  const send = async () => {
    const response = await post({ outbox })
    expect(response.status).toBe(200)
    return z.object({ data: outboxAnswerSchema }).parse(await response.json()).data.events
  }
  const first = await send()
  const versions = first.map((outcome) => (outcome.status === 200 ? outcome.version : null))
  expect(new Set(versions).size).toBe(2)
  expect(versions[1]).toBe(versions[2])
  expect(await movedTags()).toEqual(expect.arrayContaining(['counts', 'place#7.14']))
  expect(await send()).toEqual(first)
})

test('a ledger of an older version of the Worker continues in its Durable Object', async () => {
  const stub = env.LEDGER.get(env.LEDGER.idFromName('15213'))
  const { ledgerId, version } = await stub.since(null, 0)
  await runInDurableObject(stub, (_ledger, { storage }) => {
    storage.sql.exec(`
      create table book (only integer primary key, ledger_id text not null, version integer not null, floor integer not null);
      insert into book values (1, 'older', ${version + 900}, 0);
      create table outcomes (event_id text primary key, version integer not null, tags text not null, digest text) without rowid;
      insert into outcomes values ('e1', 7, '["counts"]', 'one')`)
    const open = () => new Book(storage, () => ({ ledgerId: 'another', version: 0 }))
    const counts = [familyMove('counts')]
    expect(open().since(ledgerId, version)).toMatchObject({ ledgerId: 'another', version: version + 900 })
    expect(open().advance([{ moves: counts, eventId: 'e1', digest: 'one' }]).outcomes).toEqual([
      { version: 7 },
    ])
    expect(open().advance([{ moves: counts, eventId: 'e1', digest: 'two' }]).outcomes).toEqual([
      { isIdOfAnother: true },
    ])
  })
})
