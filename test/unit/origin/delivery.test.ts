import { describe, expect, test } from 'vitest'
import { createDelivery } from '../../../origin/outbox/delivery.ts'
import { parseOutboxRows } from '../../../origin/outbox/outbox.ts'
import { limits } from '../../../shared/limits.ts'
import { familyMove } from '../../../shared/tags/moves.ts'
import { workspaceId } from '../../support/entries.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

const event = { eventId: 'outbox:1', workspaceId, tags: [familyMove('counts')] }

/** Posts one event to a Worker that answers by `fetch`. */
function postTo(fetch: (input: Request) => Promise<Response>) {
  const clock = createFakeClock()
  const delivery = createDelivery({
    workerUrl: 'https://worker.example.com/',
    internalAuthKey: 'the internal key',
    clock,
    fetch: (input, init) => fetch(new Request(input, init)),
  })
  return { clock, posted: delivery.post([event]) }
}

const answering = (status: number, body: string) => async () => new Response(body, { status })
const envelope = (events: unknown) => JSON.stringify({ success: true, data: { events } })

describe('a delivery', () => {
  test('carries tags and event ids with the internal key', async () => {
    let seen: unknown
    await postTo(async (request) => {
      seen = [request.url, request.headers.get('Authorization'), await request.json()]
      return new Response(envelope([]))
    }).posted
    expect(seen).toEqual([
      'https://worker.example.com/api/cache/invalidate',
      'Bearer the internal key',
      { outbox: [event] },
    ])
  })

  test('counts an event as durable only if it is answered 200 by its id', async () => {
    const events = [
      { eventId: 'outbox:1', status: 200, version: 8 },
      { eventId: 'outbox:2', status: 503 },
    ]
    const { posted } = postTo(answering(207, envelope(events)))
    expect(await posted).toEqual({ ok: true, value: new Map([['outbox:1', 8]]) })
  })

  test('counts an id that two events share as durable once both are, with the greater version', async () => {
    const events = [
      { eventId: 'outbox:1', status: 200, version: 8 },
      { eventId: 'outbox:2', status: 200, version: 9 },
      { eventId: 'outbox:1', status: 503 },
      { eventId: 'outbox:2', status: 200, version: 3 },
    ]
    const { posted } = postTo(answering(207, envelope(events)))
    expect(await posted).toEqual({ ok: true, value: new Map([['outbox:2', 9]]) })
  })

  test.each([
    [200, '<html>a proxy’s page</html>', 'unreachable'],
    [200, '{"success":true,"data":{}}', 'unreachable'],
    [200, envelope([{ eventId: 'outbox:1', status: 200 }]), 'unreachable'],
    [400, '{}', 'rejected'],
    [413, '{}', 'rejected'],
    [500, '{}', 'rejected'],
    [401, '{}', 'refused'],
    [404, '{}', 'refused'],
    [429, '{}', 'unavailable'],
    [503, '{}', 'unavailable'],
    [522, '{}', 'unavailable'],
  ])('that is answered %i %s is %s', async (status, body, failure) => {
    expect(await postTo(answering(status, body)).posted).toEqual({ ok: false, error: failure })
  })

  test('to a closed port is unreachable, and one without an answer ends at its deadline', async () => {
    const refused = postTo(async () => {
      throw new TypeError('fetch failed')
    })
    expect(await refused.posted).toEqual({ ok: false, error: 'unreachable' })
    const { clock, posted } = postTo(() => new Promise(() => undefined))
    await clock.advance(limits.relayDeadlineMs)
    expect(await posted).toEqual({ ok: false, error: 'timeout' })
  })
})

describe('rows of the outbox', () => {
  const row = { id: 1, eventId: 'e', workspaceId: '15213', tags: ['place#13#1802', 'counts'], attempts: 0 }

  test('become events of the contract unchanged', () => {
    expect(parseOutboxRows([row])).toEqual({
      rows: [
        {
          key: { id: 1, eventId: 'e' },
          attempts: 0,
          event: { eventId: 'outbox:e', workspaceId, tags: ['place#13#1802', 'counts'] },
        },
      ],
      undeliverable: [],
    })
  })

  test.each([
    ['a move that is none', ['place#13', 'counts']],
    ['a family of a later version', ['parcel#1']],
    ['more moves than a row may have', Array(limits.outboxTagsMax + 1).fill('counts')],
    ['words from before there were moves', ['board:b1', 'open:b1', 'column:b1:c1']],
    ['words that the API never took', ['column:b1:späte', 'counts']],
  ])('with %s move the whole workspace', (_name, tags) => {
    const { rows } = parseOutboxRows([{ ...row, tags }])
    expect(rows[0]?.event.tags).toEqual(['workspace'])
  })

  test('with tags from before there were moves keep the words that both have in common', () => {
    const { rows } = parseOutboxRows([{ ...row, tags: ['column:b1:c1', 'open:b1', 'counts'] }])
    expect(rows[0]?.event.tags).toEqual(['workspace', 'counts'])
  })

  test('of a workspace that the API does not accept are kept apart, because nothing of it is cached', () => {
    const undeliverable = [{ id: 1, eventId: 'e' }]
    expect(parseOutboxRows([{ ...row, workspaceId: 'wörk' }])).toEqual({ rows: [], undeliverable })
    expect(parseOutboxRows([{ ...row, workspaceId: ':another' }])).toEqual({ rows: [], undeliverable })
  })
})
