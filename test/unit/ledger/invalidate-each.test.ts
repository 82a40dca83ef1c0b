import { describe, expect, test } from 'vitest'
import type { OutboxEvent } from '../../../shared/contract/invalidation.ts'
import { outboxBatchSchema } from '../../../shared/contract/invalidation.ts'
import { versionZero } from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'
import { err, ok } from '../../../shared/result.ts'
import { invalidateEach } from '../../../worker/ledger/invalidate.ts'
import type { LedgerClient } from '../../../worker/ledger/ledger-client.ts'
import { createBook } from '../../support/book-storage.ts'

const recorder = { record: () => undefined }
const event = (eventId: string, workspaceId: string, ...tags: string[]): OutboxEvent => {
  const [parsed] = outboxBatchSchema.parse({ outbox: [{ eventId, workspaceId, tags }] }).outbox
  if (parsed === undefined) throw new Error('the batch has one')
  return parsed
}

/** The ledgers of all workspaces. One of them does not answer. */
function ledgersWithout(lostWorkspace: string): LedgerClient {
  const books = new Map<string, ReturnType<typeof createBook>>()
  return {
    async advance(workspaceId, events) {
      if (workspaceId === lostWorkspace) return err({ kind: 'timeout' })
      const book = books.get(workspaceId) ?? createBook()
      books.set(workspaceId, book)
      return ok(book.advance(events))
    },
    since: async () => err({ kind: 'unavailable' }),
  }
}

describe('a batch of the outbox', () => {
  test('gets an outcome for each event, and a ledger that does not answer affects only its own events', async () => {
    const ledger = ledgersWithout('lost')
    const batch = [
      event('a', '15213', 'counts'),
      event('b', 'lost', 'counts'),
      event('c', '15213', 'place#7#0800'),
      event('d', '15214', 'settings'),
    ]
    const outcomes = new Map(
      (await invalidateEach(ledger, recorder, batch)).map((each) => [each.eventId, each]),
    )
    expect(outcomes.get('a')).toMatchObject({ status: 200, version: 1 })
    expect(outcomes.get('b')).toEqual({ eventId: 'b', status: 503 })
    expect(outcomes.get('c')).toMatchObject({ status: 200, version: 2 })
    expect(outcomes.get('d')).toMatchObject({ status: 200, version: 1 })
  })

  test('that is repeated gets the same answer and moves nothing', async () => {
    const ledger = ledgersWithout('none')
    const batch = [event('a', '15213', 'counts'), event('c', '15213', 'place#7#0800')]
    const first = await invalidateEach(ledger, recorder, batch)
    expect(await invalidateEach(ledger, recorder, batch.toReversed())).toEqual(first.toReversed())
  })

  test('is answered in its order, and two different events with the same id are both accepted', async () => {
    const ledger = ledgersWithout('none')
    const batch = [
      event('a', '15213', 'counts'),
      event('b', '15214', 'counts'),
      event('a', '15213', 'place#7#0800'),
      event('a', '15213', 'counts', 'counts'),
    ]
    const first = await invalidateEach(ledger, recorder, batch)
    expect(first).toEqual([
      { eventId: 'a', status: 200, version: 1 },
      { eventId: 'b', status: 200, version: 1 },
      { eventId: 'a', status: 200, version: 2 },
      { eventId: 'a', status: 200, version: 1 },
    ])
    expect(await invalidateEach(ledger, recorder, batch)).toEqual(first)
  })

  test('never gets 200 for an event that the ledger refused', async () => {
    const ledger: LedgerClient = {
      ...ledgersWithout('none'),
      advance: async (_workspaceId, events) =>
        ok({ version: versionZero, outcomes: events.map(() => ({ isIdOfAnother: true })) }),
    }
    expect(await invalidateEach(ledger, recorder, [event('a', '15213', 'counts')])).toEqual([
      { eventId: 'a', status: 503 },
    ])
  })

  test.each([
    '',
    'board',
    'board:',
    'board:a b',
    'column:b1',
    'contact#1024',
    'place#1',
    'place#1#0',
    'Counts',
  ])('with a move that is none is refused: %j', (move) => {
    const batch = { outbox: [{ eventId: 'a', workspaceId: '15213', tags: [move] }] }
    expect(outboxBatchSchema.safeParse(batch).success).toBe(false)
  })

  test('that an older deployment left, with tags by name, moves the whole workspace once', async () => {
    const ledger = ledgersWithout('none')
    const older = event('a', '15213', 'column:b1:c1', 'open:b1', 'counts')
    expect(new Set(older.tags)).toEqual(new Set(['workspace', 'counts']))
    const first = await invalidateEach(ledger, recorder, [older])
    expect(first).toEqual([{ eventId: 'a', status: 200, version: 1 }])
    expect(await invalidateEach(ledger, recorder, [older])).toEqual(first)
  })

  test('of the greatest size is accepted', () => {
    const tags = Array.from(
      { length: limits.outboxTagsMax },
      (_, index) => `conversation#${1_000 + (index % 24)}`,
    )
    const outbox = Array.from({ length: limits.relayBatchMax }, (_, index) => ({
      eventId: `outbox:${index}`,
      workspaceId: 'w'.repeat(64),
      tags,
    }))
    expect(outboxBatchSchema.safeParse({ outbox }).success).toBe(true)
    expect(JSON.stringify({ outbox }).length).toBeLessThan(limits.requestBodyBytesMax)
  })
})
