import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { versionSchema } from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'
import { families } from '../../../shared/tags/families.ts'
import type { Move } from '../../../shared/tags/moves.ts'
import { bucketMove, familyMove, placeMove } from '../../../shared/tags/moves.ts'
import { allSlotsMask, slotBit } from '../../../shared/tags/places.ts'
import { familyTag } from '../../../shared/tags/tags.ts'
import { digestOf } from '../../../worker/ledger/book-rows.ts'
import type { LedgerEvent } from '../../../worker/ledger/ledger-messages.ts'
import { advanceCopy, hasMovedPast } from '../../../worker/ledger/moved-tags.ts'
import { createBook } from '../../support/book-storage.ts'
import { createDice } from '../../support/dice.ts'
import { createRandom } from '../../support/random.ts'

/**
 * The writes that the busiest workspace of the hit rate's trace has in a day (test/bench/hitrate-trace.ts: one write to 200 of 500
 * reads a second, a workspace in proportion to its rank to the power of -0.8), over 10 million contacts.
 */
const day = { writes: 12_000, contacts: 10_000_000, boards: 40, columns: 5, users: 500 }

function* writesOfADay(): Generator<LedgerEvent> {
  const dice = createDice(createRandom(12))
  for (let number = 0; number < day.writes; number += 1) {
    const board = `board_${dice.between(1, day.boards)}`
    const place = () => {
      const mask = slotBit('all') | slotBit('time') | dice.between(0, 0x7ff)
      return [
        placeMove(board, null, mask | slotBit('search')),
        placeMove(board, `col_${dice.between(1, day.columns)}`, mask),
      ]
    }
    const moves: Move[] = [
      bucketMove('contact', `contact_${dice.between(1, day.contacts)}`),
      bucketMove('user', `user_${dice.between(1, day.users)}`),
      ...place(),
      ...(dice.happens(0.1) ? place() : []),
      ...(dice.happens(0.3) ? [familyMove('counts')] : []),
    ]
    yield { moves, eventId: `write-${number}`, digest: digestOf(`${number}`) }
  }
}

/** One event for each way in which a bulk change can be told: each family whole, and as many of its buckets as a row names. */
const everything: LedgerEvent[] = families.flatMap(({ name, buckets }): LedgerEvent[] => {
  const whole = { moves: [familyMove(name)] }
  if (buckets === 0) return [whole]
  const named = Array.from({ length: limits.bucketsNamedMax }, (_, place) => `${name}-${place}`)
  const moves =
    name === 'place'
      ? named.map((value) => placeMove(value, null, allSlotsMask))
      : named.map((value) => bucketMove(name, value))
  return [whole, { moves: [...new Set(moves)] }]
})

const allAtOnce: LedgerEvent = { moves: families.map(({ name }) => familyMove(name)) }

/** The rows of the ledger, and the largest of each table in bytes. */
function sizesOf(database: DatabaseSync) {
  const one = (query: string) => Number(Object.values(database.prepare(query).get() ?? {})[0])
  return {
    logRows: one('select count(*) from log'),
    snapshotRows: one('select count(*) from snapshot'),
    logRowBytes: one('select max(length(batch)) from log'),
    snapshotRowBytes: one('select max(length(distances) + length(events)) from snapshot'),
  }
}

describe("the ledger of 10 million contacts, after a day's writes and a bulk change of every family,", () => {
  const database = new DatabaseSync(':memory:')
  const book = createBook(undefined, database)
  for (const event of writesOfADay()) book.advance([event])
  for (const event of everything) book.advance([event])
  const { version } = book.advance([allAtOnce])

  it('keeps its rows and their bytes within the bounds', () => {
    const sizes = sizesOf(database)
    expect(sizes.logRows).toBe(limits.ledgerLogRowsMax)
    expect(sizes.snapshotRows).toBe(1)
    expect(sizes.logRowBytes).toBeLessThanOrEqual(limits.ledgerRowBytesMax)
    expect(sizes.snapshotRowBytes).toBeLessThanOrEqual(limits.ledgerRowBytesMax)
  })

  it('costs a view its four bytes a tag, and tells a reader of any version no more than that', () => {
    const whole = limits.ledgerTagsMax * 4
    const view = advanceCopy(null, book.since(null, 0))
    expect(view.distances.byteLength).toBeLessThanOrEqual(whole)
    for (const behind of [0, 1, 100, version - 1]) {
      const { tags, distances } = book.since('ledger', version - behind).moved
      expect((tags?.byteLength ?? 0) + distances.byteLength).toBeLessThanOrEqual(whole)
    }
  })

  it('has the birth that it began with, so that what was read under any of its versions can still be judged', () => {
    expect(version).toBe(day.writes + everything.length + 1)
    expect(book.since('ledger', 0)).toMatchObject({ birth: 0, ledgerId: 'ledger' })
    for (const family of families.map(({ name }) => familyTag(name)))
      expect(
        hasMovedPast(advanceCopy(null, book.since(null, 0)), family, versionSchema.parse(version - 1)),
      ).toBe(true)
  })

  it('wakes up as it fell asleep', () => {
    expect(createBook(undefined, database).since(null, 0)).toEqual(book.since(null, 0))
  })
})
