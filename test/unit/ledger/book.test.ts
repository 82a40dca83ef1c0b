import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Tag } from '../../../shared/tags.ts'
import type { LedgerEvent } from '../../../worker/ledger/contract.ts'
import { createBook } from '../../support/book-storage.ts'

const small = { tagsMax: 20, eventIdsMax: 20, changesPerAnswerMax: 5 }
const tagsArbitrary = fc.uniqueArray(
  fc.nat(60).map((number): Tag => `board:${number}`),
  { minLength: 1, maxLength: 4 },
)

describe('the ledger', () => {
  it('takes the next version for each event and writes it on its tags', () => {
    const book = createBook()
    expect(book.advance([{ tags: ['counts', 'board:b1'] }, { tags: ['counts'] }])).toEqual({
      version: 2,
      outcomes: [
        { version: 1, tags: ['counts', 'board:b1'] },
        { version: 2, tags: ['counts'] },
      ],
    })
    expect(book.since(null, 0)).toEqual({
      ledgerId: 'ledger',
      version: 2,
      floor: 0,
      changes: [
        { tag: 'counts', version: 2 },
        { tag: 'board:b1', version: 1 },
      ],
    })
  })

  it('changes nothing and answers the same for an event id it has seen', () => {
    const book = createBook()
    const event: LedgerEvent = { tags: ['board:b1'], eventId: 'e1', digest: 'one' }
    const first = book.advance([event])
    book.advance([{ tags: ['counts'] }])
    // What moves with it may be computed otherwise by another version of the Worker: what the event is decides.
    expect(book.advance([{ ...event, tags: ['board:b2'] }])).toEqual({ ...first, version: 2 })
    expect(book.since(null, 0).changes.map(({ tag }) => tag)).toEqual(['counts', 'board:b1'])
  })

  it('takes every event once or refuses it, whatever ids and batches they come in', () => {
    const eventsArbitrary = fc.array(
      fc.record({
        eventId: fc.constantFrom('e1', 'e2', 'e3'),
        digest: fc.constantFrom('one', 'two', 'three'),
      }),
      { maxLength: 6 },
    )
    fc.assert(
      fc.property(fc.array(eventsArbitrary, { maxLength: 6 }), (batches) => {
        const book = createBook()
        const digestOf = new Map<string, string>()
        for (const batch of batches) {
          const before = book.since(null, 0).version
          // A tag of its own for each: whether it was taken shows in what moved.
          const events = batch.map(({ eventId, digest }) => ({
            ...{ eventId, digest },
            tags: [`board:${eventId}-${digest}` as const],
          }))
          const { outcomes } = book.advance(events)
          for (const [index, { eventId, digest, tags }] of events.entries()) {
            const known = digestOf.get(eventId) ?? digest
            digestOf.set(eventId, known)
            if (known === digest) expect(outcomes[index]).toMatchObject({ tags })
            else expect(outcomes[index]).toEqual({ isIdOfAnother: true })
          }
          const taken = outcomes.map((outcome) => ('version' in outcome ? outcome.version : 0))
          const fresh = new Set(taken.filter((version) => version > before))
          expect(book.since(null, 0).version).toBe(before + fresh.size)
        }
        const moved = book.since(null, 0).changes.map(({ tag }) => tag)
        expect(new Set(moved)).toEqual(new Set([...digestOf].map(([id, digest]) => `board:${id}-${digest}`)))
      }),
    )
  })

  it('takes an event under an id that it has forgotten', () => {
    const book = createBook(small)
    book.advance([{ tags: ['counts'], eventId: 'e', digest: 'one' }])
    for (let number = 0; number < 30; number += 1) book.advance([{ tags: ['counts'], eventId: `e${number}` }])
    expect(book.advance([{ tags: ['counts'], eventId: 'e', digest: 'two' }]).version).toBe(32)
  })

  it('writes all events of a call or none', () => {
    const book = createBook()
    book.advance([{ tags: ['counts'] }])
    const broken = { tags: [undefined as unknown as Tag] }
    expect(() => book.advance([{ tags: ['board:b1'] }, broken])).toThrow()
    expect(book.since(null, 0)).toMatchObject({ version: 1, changes: [{ tag: 'counts', version: 1 }] })
  })

  it('remembers everything when it is opened again', () => {
    const database = new DatabaseSync(':memory:')
    const first = createBook(small, database, { ledgerId: 'first', version: 0 })
    first.advance([{ tags: ['counts'], eventId: 'e1' }])
    const reopened = createBook(small, database, { ledgerId: 'second', version: 9 })
    expect(reopened.since('first', 0)).toMatchObject({ ledgerId: 'first', version: 1 })
    expect(reopened.advance([{ tags: ['counts'], eventId: 'e1' }]).version).toBe(1)
  })

  it('hands out only versions above the one it was born with', () => {
    const book = createBook(small, new DatabaseSync(':memory:'), { ledgerId: 'born', version: 700 })
    expect(book.since(null, 0)).toEqual({ ledgerId: 'born', version: 700, floor: 0, changes: [] })
    expect(book.advance([{ tags: ['counts'] }]).version).toBe(701)
  })

  it('tells a reader of another ledger everything, whatever version it has', () => {
    const book = createBook()
    book.advance([{ tags: ['counts'] }])
    expect(book.since('another', 900).changes).toEqual([{ tag: 'counts', version: 1 }])
  })

  it('never lets a moved tag be taken for unmoved, however many tags it had to forget', () => {
    fc.assert(
      fc.property(fc.array(tagsArbitrary, { maxLength: 80 }), fc.nat(100), (writes, from) => {
        const book = createBook(small)
        const truth = new Map<Tag, number>()
        for (const tags of writes) {
          const { version } = book.advance([{ tags }])
          for (const tag of tags) truth.set(tag, version)
        }
        const after = Math.min(from, writes.length)
        const { changes, floor, version } = book.since('ledger', after)
        expect(version).toBe(writes.length)
        expect(changes.length).toBeLessThanOrEqual(small.changesPerAnswerMax)
        const told = new Map(changes.map((change) => [change.tag, change.version]))
        for (const [tag, movedAt] of truth) {
          if (movedAt <= after) continue
          // Whoever holds a stamp below the move must learn of it, from the change itself or from the floor.
          expect(told.get(tag) === movedAt || floor >= movedAt).toBe(true)
        }
      }),
    )
  })

  it('stays bounded', () => {
    const database = new DatabaseSync(':memory:')
    const book = createBook(small, database)
    for (let number = 0; number < 200; number += 1)
      book.advance([{ tags: [`board:${number}`], eventId: `e${number}` }])
    const count = (table: string) => database.prepare(`select count(*) as n from ${table}`).get()?.['n']
    expect(count('tags')).toBeLessThanOrEqual(small.tagsMax)
    expect(count('outcomes')).toBeLessThanOrEqual(small.eventIdsMax)
  })
})

/** As ledgers were begun before the outcome of an event had a digest; the statements of that version. */
const olderSchema = `
  create table if not exists book (only integer primary key check (only = 1), ledger_id text not null,
    version integer not null, floor integer not null);
  create table if not exists tags (tag text primary key, version integer not null) without rowid;
  create index if not exists tags_by_version on tags (version);
  create table if not exists events (event_id text primary key, version integer not null, tags text not null)
    without rowid;
  create index if not exists events_by_version on events (version);`

function openOlder(database: DatabaseSync) {
  database.exec(olderSchema)
  database.exec("insert or ignore into book values (1, 'ledger', 0, 0)")
  return (eventId: string, version: number, tags: readonly Tag[]) => {
    database.prepare('update book set version = ?').run(version)
    database.prepare('insert into events values (?, ?, ?)').run(eventId, version, JSON.stringify(tags))
  }
}

describe('a ledger that an older version of the Worker began', () => {
  it('knows its events by their tags, and those that come from now on by what they are', () => {
    const database = new DatabaseSync(':memory:')
    openOlder(database)('e1', 7, ['counts', 'board:b1'])
    const book = createBook(small, database)
    const { outcomes, version } = book.advance([
      { tags: ['board:b1', 'counts'], eventId: 'e1', digest: 'one' },
      { tags: ['board:b2'], eventId: 'e1', digest: 'two' },
      { tags: ['board:b2'], eventId: 'e2', digest: 'two' },
      { tags: ['board:b2'], eventId: 'e2', digest: 'three' },
    ])
    expect(outcomes).toEqual([
      { version: 7, tags: ['counts', 'board:b1'] },
      { isIdOfAnother: true },
      { version: 8, tags: ['board:b2'] },
      { isIdOfAnother: true },
    ])
    expect(version).toBe(8)
    expect(createBook(small, database).since('ledger', 0)).toMatchObject({ ledgerId: 'ledger', version: 8 })
  })

  it('stays bounded, what it knew before included', () => {
    const database = new DatabaseSync(':memory:')
    const write = openOlder(database)
    for (let number = 1; number <= 20; number += 1) write(`old${number}`, number, ['counts'])
    const book = createBook(small, database)
    for (let number = 1; number <= 20; number += 1)
      book.advance([{ tags: ['counts'], eventId: `new${number}` }])
    const [row] = database.prepare('select count(*) as n from outcomes').all()
    expect(row?.['n']).toBeLessThanOrEqual(small.eventIdsMax)
  })

  it('serves the older version again, should that be deployed once more, and this one after it', () => {
    const database = new DatabaseSync(':memory:')
    openOlder(database)('e1', 1, ['counts'])
    createBook(small, database).advance([{ tags: ['counts'], eventId: 'e2', digest: 'two' }])
    openOlder(database)('e3', 3, ['counts'])
    const { outcomes } = createBook(small, database).advance([
      { tags: ['counts'], eventId: 'e2', digest: 'two' },
      { tags: ['counts'], eventId: 'e3', digest: 'three' },
    ])
    expect(outcomes).toEqual([
      { version: 2, tags: ['counts'] },
      { version: 4, tags: ['counts'] },
    ])
  })
})
