import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { familyMove } from '../../../shared/tags/moves.ts'
import { Book, type BookLimits } from '../../../worker/ledger/book.ts'
import type { LedgerEvent } from '../../../worker/ledger/ledger-messages.ts'
import type { SqlStorage } from '../../../worker/platform/sql-storage.ts'
import { createSqlStorage } from '../../support/book-storage.ts'
import { moveOf } from '../../support/tags.ts'
import { toldBy } from '../../support/told.ts'

const small: BookLimits = { eventIdsMax: 8, logRowsMax: 7, batchesPerSnapshot: 3 }

class Crash extends Error {}

/** A storage that fails once, before or after the statement with a number or at the end of its transaction. */
function crashing(
  database: DatabaseSync,
  crash: { atStatement: number; when: 'before' | 'after' | 'commit' },
) {
  const storage = createSqlStorage(database)
  let statements = 0
  let isDue = false
  const failing: SqlStorage = {
    sql: {
      exec(statement, ...values) {
        statements += 1
        const isIt = statements === crash.atStatement
        if (isIt && crash.when === 'before') throw new Crash()
        const rows = storage.sql.exec(statement, ...values)
        if (isIt && crash.when === 'after') throw new Crash()
        isDue ||= isIt
        return rows
      },
    },
    transactionSync: (work) =>
      storage.transactionSync(() => {
        const value = work()
        if (isDue) throw new Crash()
        return value
      }),
  }
  return failing
}

const anyEvent = fc.record({
  moves: fc.uniqueArray(
    fc.constantFrom(
      familyMove('counts'),
      familyMove('settings'),
      moveOf('contact#7'),
      moveOf('place#3#1802'),
    ),
    { minLength: 1, maxLength: 3 },
  ),
  eventId: fc.option(fc.constantFrom('e1', 'e2', 'e3', 'e4'), { nil: undefined }),
})
const anyBatch = fc.array(anyEvent, { minLength: 1, maxLength: 3 })

function eventOf({
  moves,
  eventId,
}: {
  moves: LedgerEvent['moves']
  eventId: string | undefined
}): LedgerEvent {
  return eventId === undefined ? { moves } : { moves, eventId, digest: eventId }
}

/** All answers of a ledger, which must be equal before and after a crash, except for the batch that was being written. */
function saidBy(book: Book) {
  const changes = book.since(null, 0)
  return { ledgerId: changes.ledgerId, version: changes.version, moved: toldBy(changes) }
}

function answerOf(book: Book, events: LedgerEvent[]) {
  try {
    return book.advance(events)
  } catch (error) {
    if (error instanceof Crash) return null
    throw error
  }
}

it('a crash between any two statements loses nothing that was answered, and answers nothing that was not written', () => {
  const crashes = fc.record({
    atStatement: fc.integer({ min: 1, max: 24 }),
    when: fc.constantFrom('before' as const, 'after' as const, 'commit' as const),
  })
  fc.assert(
    fc.property(fc.array(anyBatch, { minLength: 1, maxLength: 12 }), crashes, (batches, crash) => {
      const database = new DatabaseSync(':memory:')
      const birth = () => ({ ledgerId: 'ledger', version: 100 })
      const model = new Book(createSqlStorage(), birth, small)
      const open = (storage: SqlStorage) => {
        try {
          return new Book(storage, birth, small)
        } catch (error) {
          if (error instanceof Crash) return null
          throw error
        }
      }
      // The first ledger may crash while it begins, and the next one finds the storage as it was left.
      let book = open(crashing(database, crash)) ?? new Book(createSqlStorage(database), birth, small)
      for (const batch of batches) {
        const events = batch.map(eventOf)
        const answered = answerOf(book, events)
        if (answered === null) {
          expect(saidBy(book)).toEqual(saidBy(model))
          book = new Book(createSqlStorage(database), birth, small)
          expect(saidBy(book)).toEqual(saidBy(model))
          // A caller without an answer sends its events again, and gets an answer as if there had been no crash.
          expect(book.advance(events)).toEqual(model.advance(events))
        } else expect(answered).toEqual(model.advance(events))
      }
      expect(saidBy(new Book(createSqlStorage(database), birth, small))).toEqual(saidBy(model))
    }),
    { numRuns: 100 },
  )
})
