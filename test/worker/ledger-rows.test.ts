import { reset, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, expect, test } from 'vitest'
import { limits } from '../../shared/limits.ts'
import type { Move } from '../../shared/tags/moves.ts'
import { familyMove } from '../../shared/tags/moves.ts'
import { Book, type BookLimits } from '../../worker/ledger/book.ts'
import type { LedgerEvent } from '../../worker/ledger/ledger-messages.ts'
import { countRows, type Rows } from '../support/counted-rows.ts'
import { moveOf } from '../support/tags.ts'
import { toldBy } from '../support/told.ts'

afterEach(reset)

const counts = familyMove('counts')

/** Runs work in a Durable Object with a book over its storage, and the rows that SQLite reports for its calls. */
async function withBook(work: (open: () => { book: Book; rows: Rows }) => void, bounds?: BookLimits) {
  const stub = env.LEDGER.get(env.LEDGER.idFromName('rows'))
  await stub.since(null, 0)
  await runInDurableObject(stub, (_ledger, { storage }) => {
    work(() => {
      const { counted, rows } = countRows(storage)
      const birth = () => ({ ledgerId: crypto.randomUUID(), version: Date.now() })
      return { book: new Book(counted, birth, bounds), rows }
    })
  })
}

const write = (number: number): LedgerEvent => ({
  moves: [moveOf(`contact#${number % 1_024}`), moveOf(`place#${number % 512}#1802`), counts],
  eventId: `outbox:${number}`,
  digest: `${number}`,
})

test('a write is billed at most 1.5 written rows, in a ring that has been overwritten, and a `since` at most 5 read ones', async () => {
  const bounds = { eventIdsMax: 2_000, logRowsMax: 1_000, batchesPerSnapshot: 500 }
  await withBook((open) => {
    const { book, rows } = open()
    for (let number = 0; number < 1_000; number += 1) book.advance([write(number)])
    const before = { ...rows }
    for (let number = 1_000; number < 3_000; number += 1) book.advance([write(number)])
    expect((rows.written - before.written) / 2_000).toBeLessThanOrEqual(1.5)
    expect((rows.read - before.read) / 2_000).toBeLessThanOrEqual(5)

    const { ledgerId, version } = book.since(null, 0)
    const asked = { ...rows }
    book.since(ledgerId, version - 100)
    book.since('another', 0)
    expect(rows).toEqual(asked)
    // An event that comes again is answered from memory.
    expect(book.advance([write(2_999)]).version).toBe(version)
    expect(rows).toEqual(asked)
  }, bounds)
})

test('waking up reads the snapshot and the batches after it, and writes nothing', async () => {
  const bounds = { eventIdsMax: 2_000, logRowsMax: 1_000, batchesPerSnapshot: 100 }
  await withBook((open) => {
    const { book } = open()
    for (let number = 0; number < 1_099; number += 1) book.advance([write(number)])
    const { book: awake, rows } = open()
    expect(rows.written).toBe(0)
    expect(rows.read).toBeLessThanOrEqual(bounds.batchesPerSnapshot + 20)
    expect(toldBy(awake.since(null, 0))).toEqual(toldBy(book.since(null, 0)))
  }, bounds)
})

test('the largest batch of events and a full snapshot fit in rows of the platform', async () => {
  await withBook((open) => {
    const { book } = open()
    const widest = Array.from(
      { length: limits.outboxTagsMax },
      (_, index): Move => moveOf(index < 224 ? `place#${index}#ffff` : `thread#${1_000 + index - 224}`),
    )
    const batch = (round: number, moves: readonly Move[]) =>
      Array.from({ length: limits.invalidationEventsMax }, (_, index) => ({
        moves,
        eventId: `${round}-${index}-${'x'.repeat(limits.eventIdCharactersMax - 12)}`,
      }))
    book.advance(batch(0, widest))
    for (let round = 1; round * limits.invalidationEventsMax < limits.ledgerEventIdsMax; round += 1)
      book.advance(batch(round, [counts]))
    const { ledgerId, version } = book.since(null, 0)
    // Makes the ledger notice that it went back, and so write a snapshot of everything that it remembers.
    expect(book.since(ledgerId, version + 1).ledgerId).not.toBe(ledgerId)
    const { book: awake } = open()
    // All of them are remembered: sent again, none takes a version.
    awake.advance(batch(0, widest))
    awake.advance(batch(1, [counts]))
    expect(awake.since(null, 0).version).toBe(book.since(null, 0).version)
  })
})
