import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { limits } from '../../../shared/limits.ts'
import { families, tagsCount } from '../../../shared/tags/families.ts'
import type { Move } from '../../../shared/tags/moves.ts'
import { familyMove, placeMove, tagsMovedBy } from '../../../shared/tags/moves.ts'
import { allSlotsMask } from '../../../shared/tags/places.ts'
import { nameOf } from '../../../shared/tags/tags.ts'
import { type Birth, Book, type BookLimits } from '../../../worker/ledger/book.ts'
import type { LedgerEvent, LedgerOutcome } from '../../../worker/ledger/ledger-messages.ts'
import { createBook, createSqlStorage } from '../../support/book-storage.ts'
import { moveOf, openMove } from '../../support/tags.ts'
import { toldBy } from '../../support/told.ts'

const small: BookLimits = { eventIdsMax: 20, logRowsMax: 12, batchesPerSnapshot: 5 }
type Known = Map<string, { digest: string; version: number }>

/** A repeated event has its former version, and a new one a new version. An event with the id of another one is refused. */
function expectOutcome(
  known: Known,
  { eventId, digest }: { eventId: string; digest: string },
  outcome: LedgerOutcome | undefined,
): void {
  const first = known.get(eventId)
  if (first === undefined && outcome !== undefined && 'version' in outcome)
    known.set(eventId, { digest, version: outcome.version })
  else if (first?.digest === digest) expect(outcome).toEqual({ version: first.version })
  else expect(outcome).toEqual({ isIdOfAnother: true })
}

const counts = familyMove('counts')
const settings = familyMove('settings')
const anyMoves = fc.uniqueArray(
  fc.oneof(
    fc.nat(1_023).map((bucket) => moveOf(`contact#${bucket}`)),
    fc
      .tuple(fc.nat(40), fc.integer({ min: 1, max: allSlotsMask }))
      .map(([board, mask]) => placeMove(`b${board}`, null, mask)),
    fc.constantFrom(counts, settings, familyMove('contact')),
  ),
  { minLength: 1, maxLength: 4 },
)

/** The outcomes of a list of writes in a simple model. */
function modelOf(writes: readonly (readonly Move[])[], birth = 0): Record<string, number> {
  const versions: Record<string, number> = {}
  for (const [index, moves] of writes.entries())
    for (const tag of moves.flatMap(tagsMovedBy)) versions[nameOf(tag)] = birth + index + 1
  return versions
}

describe('the ledger', () => {
  it('takes the next version for each event and writes it on its tags', () => {
    const book = createBook()
    expect(book.advance([{ moves: [counts, settings] }, { moves: [counts] }])).toEqual({
      version: 2,
      outcomes: [{ version: 1 }, { version: 2 }],
    })
    expect(book.since(null, 0)).toMatchObject({ ledgerId: 'ledger', birth: 0, version: 2 })
    expect(toldBy(book.since(null, 0))).toEqual({ counts: 2, settings: 1 })
  })

  it('answers the tags that moved after any version of its own, and all moved tags to a reader of another ledger', () => {
    fc.assert(
      fc.property(fc.array(anyMoves, { maxLength: 30 }), fc.nat(30), (writes, from) => {
        const book = createBook(small, undefined, { ledgerId: 'ledger', version: 700 })
        for (const moves of writes) book.advance([{ moves }])
        const after = 700 + Math.min(from, writes.length)
        const expected = Object.entries(modelOf(writes, 700)).filter(([, version]) => version > after)
        expect(toldBy(book.since('ledger', after))).toEqual(Object.fromEntries(expected))
        expect(toldBy(book.since('another', after))).toEqual(modelOf(writes, 700))
      }),
    )
  })

  it('answers a cold reader with all tags there are, once pairs of them would take more bytes', () => {
    const book = createBook()
    const everything = families.flatMap(({ name, buckets, slots }) => [
      familyMove(name),
      ...Array.from({ length: buckets }, (_, bucket) =>
        moveOf(slots === 1 ? `${name}#${bucket}` : `${name}#${bucket}#ffff`),
      ),
    ])
    const half = everything.length / 2
    book.advance(batchesOf(everything.slice(0, half / 4)))
    expect(book.since(null, 0).moved.tags).not.toBeNull()
    book.advance(batchesOf(everything.slice(half / 4)))
    const { moved } = book.since(null, 0)
    expect(moved.tags).toBeNull()
    expect(moved.distances).toHaveLength(limits.ledgerTagsMax)
    expect(moved.distances.filter((distance) => distance > 0)).toHaveLength(tagsCount)
    expect(book.since('ledger', book.since(null, 0).version).moved.tags).toHaveLength(0)
  })

  it('changes nothing for a repeated event, and gives the same answer', () => {
    const book = createBook()
    const event: LedgerEvent = { moves: [openMove('b1')], eventId: 'e1', digest: 'one' }
    const first = book.advance([event])
    book.advance([{ moves: [counts] }])
    // Another release of the Worker may compute other moves for the same event, so the event's content decides.
    expect(book.advance([{ ...event, moves: [settings] }])).toEqual({ ...first, version: 2 })
    expect(toldBy(book.since(null, 0))).not.toHaveProperty('settings')
  })

  it('accepts every event once or refuses it, whatever the ids and batches, and however often it wakes up', () => {
    const eventsArbitrary = fc.array(
      fc.record({
        eventId: fc.constantFrom('e1', 'e2', 'e3'),
        digest: fc.constantFrom('one', 'two', 'three'),
      }),
      { maxLength: 6 },
    )
    fc.assert(
      fc.property(fc.array(eventsArbitrary, { maxLength: 12 }), (batches) => {
        const database = new DatabaseSync(':memory:')
        const known: Known = new Map()
        for (const batch of batches) {
          const book = createBook(small, database)
          const before = book.since(null, 0).version
          const { outcomes } = book.advance(batch.map((event) => ({ ...event, moves: [counts] })))
          for (const [index, event] of batch.entries()) expectOutcome(known, event, outcomes[index])
          const fresh = [...known.values()].filter(({ version }) => version > before)
          expect(book.since(null, 0).version).toBe(before + fresh.length)
        }
      }),
    )
  })

  it('distinguishes events without a digest by their moves', () => {
    const book = createBook()
    book.advance([{ moves: [counts, settings], eventId: 'e1' }])
    expect(book.advance([{ moves: [settings, counts], eventId: 'e1' }]).outcomes).toEqual([{ version: 1 }])
    expect(book.advance([{ moves: [counts], eventId: 'e1' }]).outcomes).toEqual([{ isIdOfAnother: true }])
  })

  it('accepts an event under an id that it has forgotten, and remembers the last ones', () => {
    const book = createBook(small)
    const eventOf = (number: number, digest = 'one') => ({ moves: [counts], eventId: `e${number}`, digest })
    for (let number = 0; number <= small.eventIdsMax; number += 1) book.advance([eventOf(number)])
    expect(book.advance([eventOf(1, 'two')]).outcomes).toEqual([{ isIdOfAnother: true }])
    expect(book.advance([eventOf(0, 'two')]).version).toBe(small.eventIdsMax + 2)
  })

  it('writes all events of a call or none', () => {
    const book = createBook()
    book.advance([{ moves: [counts] }])
    for (const moves of [['nothing' as Move], Array<Move>(limits.outboxTagsMax + 1).fill(counts)])
      expect(() => book.advance([{ moves: [settings], eventId: 'e1' }, { moves }])).toThrow()
    const tooMany = Array.from({ length: limits.invalidationEventsMax + 1 }, () => ({ moves: [counts] }))
    expect(() => book.advance(tooMany)).toThrow()
    expect(toldBy(book.since(null, 0))).toEqual({ counts: 1 })
    expect(book.advance([{ moves: [counts], eventId: 'e1' }]).version).toBe(2)
  })

  it('hands out only versions above the one it was born with', () => {
    const book = createBook(small, new DatabaseSync(':memory:'), { ledgerId: 'born', version: 700 })
    expect(book.since(null, 0)).toMatchObject({ ledgerId: 'born', version: 700, birth: 700 })
    expect(book.advance([{ moves: [counts] }]).version).toBe(701)
  })

  it('never changes what it has handed out', () => {
    const book = createBook()
    book.advance(batchesOf(Array.from({ length: 511 }, (_, bucket) => moveOf(`place#${bucket}#ffff`))))
    for (const family of ['contact', 'email', 'phone', 'thread'])
      book.advance(batchesOf(Array.from({ length: 1_024 }, (_, bucket) => moveOf(`${family}#${bucket}`))))
    const { moved } = book.since(null, 0)
    const copy = moved.distances.slice()
    expect(moved.tags).toBeNull()
    book.advance([{ moves: [counts] }])
    expect(moved.distances).toEqual(copy)
  })
})

describe('a ledger that wakes up', () => {
  it('restores its state, wherever in the ring and between snapshots it went to sleep', () => {
    fc.assert(
      fc.property(fc.array(anyMoves, { maxLength: 40 }), (writes) => {
        const database = new DatabaseSync(':memory:')
        const wakeUp = () => createBook(small, database)
        for (const [index, moves] of writes.entries())
          expect(wakeUp().advance([{ moves, eventId: `e${index}` }]).version).toBe(index + 1)
        const awake = wakeUp()
        expect(toldBy(awake.since(null, 0))).toEqual(modelOf(writes))
        for (const [index, moves] of [...writes.entries()].slice(-small.eventIdsMax))
          expect(awake.advance([{ moves, eventId: `e${index}` }]).outcomes).toEqual([{ version: index + 1 }])
        const rows = database.prepare('select count(*) as n from log').get()
        expect(Number(rows?.['n'])).toBeLessThanOrEqual(small.logRowsMax)
      }),
      { numRuns: 40 },
    )
  })

  it('begins again under another id if its log is incomplete', () => {
    const database = new DatabaseSync(':memory:')
    const book = createBook(small, database)
    for (let number = 0; number < 4; number += 1) book.advance([{ moves: [counts] }])
    database.exec('delete from log where sequence = 2')
    const awake = createBook(small, database, { ledgerId: 'second', version: 50 })
    expect(awake.since('ledger', 4)).toMatchObject({ ledgerId: 'second', birth: 50, version: 50 })
    expect(createBook(small, database).since(null, 0)).toMatchObject({ ledgerId: 'second', version: 50 })
  })

  it('begins again above the version of a reader that knows a newer one, since its storage was restored to an earlier time', () => {
    const database = new DatabaseSync(':memory:')
    const births: Birth[] = [
      { ledgerId: 'first', version: 10 },
      { ledgerId: 'second', version: 12 },
    ]
    const open = () => new Book(createSqlStorage(database), () => births.shift() ?? fail(), small)
    const book = open()
    book.advance([{ moves: [counts], eventId: 'e1', digest: 'one' }])
    expect(book.since('first', 11).ledgerId).toBe('first')
    const found = book.since('first', 40)
    expect(found).toMatchObject({ ledgerId: 'second', birth: 41, version: 41 })
    expect(toldBy(found)).toEqual({})
    expect(book.advance([{ moves: [counts], eventId: 'e1', digest: 'one' }]).outcomes).toEqual([
      { version: 11 },
    ])
    expect(book.advance([{ moves: [settings] }]).version).toBe(42)
    expect(toldBy(open().since('second', 0))).toEqual({ settings: 42 })
  })
})

/** Moves in batches as large as an event may have. */
function batchesOf(moves: readonly Move[]): LedgerEvent[] {
  const { outboxTagsMax } = limits
  return Array.from({ length: Math.ceil(moves.length / outboxTagsMax) }, (_, index) => ({
    moves: moves.slice(index * outboxTagsMax, (index + 1) * outboxTagsMax),
  }))
}

function fail(): never {
  throw new Error('the ledger began once too often')
}
