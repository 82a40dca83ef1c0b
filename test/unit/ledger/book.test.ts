import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Tag } from '../../../shared/tags.ts'
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
    const first = book.advance([{ tags: ['board:b1'], eventId: 'e1' }])
    book.advance([{ tags: ['counts'] }])
    expect(book.advance([{ tags: ['board:b2'], eventId: 'e1' }])).toEqual({ ...first, version: 2 })
    expect(book.since(null, 0).changes.map(({ tag }) => tag)).toEqual(['counts', 'board:b1'])
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
    expect(count('events')).toBeLessThanOrEqual(small.eventIdsMax)
  })
})
