import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  activityCauses,
  type WorkspaceActivityQuery,
  workspaceActivityQuerySchema,
} from '../../../shared/contract/activity.ts'
import { userIdSchema } from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'
import { familyMove, placeMove } from '../../../shared/tags/moves.ts'
import type { Book, BookLimits } from '../../../worker/ledger/book.ts'
import { packNote, unpackNote } from '../../../worker/ledger/book-notes.ts'
import { encodeBatch } from '../../../worker/ledger/book-rows.ts'
import { createBook } from '../../support/book-storage.ts'
import { moveOf } from '../../support/tags.ts'
import { toldBy } from '../../support/told.ts'

const counts = familyMove('counts')
const userId = userIdSchema.parse('00000000-0000-4000-8000-000000000002')
const byOutbox = (atMs: number) => ({ cause: 'outbox', userId: null, atMs }) as const
const asked = (query: object = {}): WorkspaceActivityQuery => workspaceActivityQuerySchema.parse(query)
const small: BookLimits = { eventIdsMax: 20, logRowsMax: 12, batchesPerSnapshot: 5 }
const versionsOf = ({ events }: ReturnType<Book['activity']>) => events.map(({ note }) => note?.version)

/** All versions of a feed, read page by page. */
function readWhole(book: Book, limit: string, nowMs = 0): unknown[] {
  const versions: unknown[] = []
  let before: string | null = null
  do {
    const page = book.activity(asked({ limit, ...(before === null ? {} : { before }) }), nowMs)
    versions.push(...versionsOf(page))
    before = page.next === null ? null : `${page.next.sequence}.${page.next.index}`
  } while (before !== null)
  return versions
}

describe("a ledger's activity", () => {
  it('says of each event when, why, by whom and under which version it was written down, the newest first', () => {
    const book = createBook()
    book.advance([{ moves: [counts, moveOf('contact#517')] }], byOutbox(1_000))
    const detail = { action: 'contact_moved', contactId: 'c1', fromColumnId: 'a', toColumnId: 'b' } as const
    book.advance([{ moves: [placeMove('b1', null, 6)], detail }], { cause: 'api', userId: null, atMs: 2_000 })
    const changes = [{ name: 'features.search', from: false, to: true }]
    book.advance([{ moves: [familyMove('settings')], detail: { changes, changesMore: 0 } }], {
      ...{ cause: 'settings', userId, atMs: 3_000 },
    })
    const { events, next, newest } = book.activity(asked(), 3_000)
    expect(events.map(({ note }) => note)).toEqual([
      { cause: 'settings', userId, atMs: 3_000, version: 3, detail: { changes, changesMore: 0 } },
      { cause: 'api', userId: null, atMs: 2_000, version: 2, detail },
      { cause: 'outbox', userId: null, atMs: 1_000, version: 1, detail: null },
    ])
    expect(events.map(({ moves }) => moves)).toEqual([
      ['settings'],
      [placeMove('b1', null, 6)],
      ['counts', 'contact#517'],
    ])
    expect([next, newest]).toEqual([null, { sequence: 3, index: 0 }])
  })

  it('is read once and in order over any pages, across the end of the ring and a beginning under another id', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 7 }),
        fc.boolean(),
        (batches, limit, goesBack) => {
          const book = createBook(small)
          for (const size of batches) {
            book.advance(
              Array.from({ length: size }, () => ({ moves: [counts] })),
              byOutbox(0),
            )
            if (goesBack) book.beginAgain(book.headNow().version)
          }
          const kept = batches.slice(-small.logRowsMax).reduce((sum, size) => sum + size, 0)
          const versions = readWhole(book, String(limit))
          expect(versions).toHaveLength(kept)
          expect(versions).toEqual(versions.toSorted((one, other) => Number(other) - Number(one)))
        },
      ),
    )
  })

  it('answers only what is newer than a position, and everything if the ledger has lost its storage since', () => {
    const book = createBook()
    for (let number = 0; number < 5; number += 1) book.advance([{ moves: [counts] }], byOutbox(0))
    expect(versionsOf(book.activity(asked({ after: '3.0' }), 0))).toEqual([5, 4])
    expect(versionsOf(book.activity(asked({ after: '5.0' }), 0))).toEqual([])
    expect(versionsOf(book.activity(asked({ after: '900.0' }), 0))).toEqual([5, 4, 3, 2, 1])
    expect(book.activity(asked({ after: '1.0', limit: '2' }), 0).next).toEqual({ sequence: 4, index: 0 })
  })

  it('finds a cause and a kind, and looks through a bounded number of rows for them', () => {
    const book = createBook()
    book.advance([{ moves: [counts] }], { cause: 'settings', userId, atMs: 0 })
    for (let number = 0; number < limits.activityRowsScannedMax; number += 1)
      book.advance([{ moves: [counts] }], byOutbox(0))
    expect(versionsOf(book.activity(asked({ cause: 'outbox', limit: '3' }), 0))).toHaveLength(3)
    const first = book.activity(asked({ kind: 'settings' }), 0)
    expect([first.events, first.next]).toEqual([[], { sequence: 2, index: 0 }])
    expect(versionsOf(book.activity(asked({ kind: 'settings', before: '2.0' }), 0))).toEqual([1])
  })

  it('begins with what had been written down by an instant', () => {
    const book = createBook()
    for (const atMs of [1_000, 2_000, 3_000]) book.advance([{ moves: [counts] }], byOutbox(atMs))
    const until = new Date(2_000).toISOString()
    expect(versionsOf(book.activity(asked({ until }), 3_000))).toEqual([2, 1])
    expect(versionsOf(book.activity(asked({ until: '1970-01-01T00:00:00Z' }), 3_000))).toEqual([])
  })

  it('ends with what is older than the bound', () => {
    const book = createBook()
    book.advance([{ moves: [counts] }], byOutbox(0))
    book.advance([{ moves: [counts] }], byOutbox(limits.activityAgeMaxMs))
    expect(versionsOf(book.activity(asked(), limits.activityAgeMaxMs + 1))).toEqual([2])
  })

  it('names a bounded number of moves, and how many there are besides', () => {
    const book = createBook()
    const moves = Array.from({ length: 60 }, (_, bucket) => moveOf(`contact#${bucket}`))
    book.advance([{ moves }], byOutbox(0))
    const [event] = book.activity(asked(), 0).events
    expect(event?.moves).toEqual(moves.slice(0, limits.activityTagsMax))
    expect(event?.movesMore).toBe(60 - limits.activityTagsMax)
  })

  it('has events of the release before without their notes', () => {
    const database = new DatabaseSync(':memory:')
    const book = createBook(undefined, database)
    book.advance([{ moves: [counts] }])
    expect(book.activity(asked(), 0).events).toMatchObject([{ note: null, moves: ['counts'] }])
  })

  it('changes nothing of what a ledger restores when it wakes up', () => {
    const database = new DatabaseSync(':memory:')
    const book = createBook(small, database)
    for (let number = 0; number < 8; number += 1) {
      const moves = [moveOf(`contact#${number}`), counts]
      book.advance([{ moves, eventId: `e${number}` }], { cause: 'api', userId, atMs: number })
    }
    expect(toldBy(createBook(small, database).since(null, 0))).toEqual(toldBy(book.since(null, 0)))
    expect(createBook(small, database).activity(asked(), 8)).toEqual(book.activity(asked(), 8))
  })
})

describe('a note', () => {
  it('is read as it was written, whatever is in it', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...activityCauses),
        fc.nat(),
        fc.maxSafeNat(),
        fc.option(fc.string({ maxLength: 128 })),
        fc.option(fc.string({ maxLength: 40 })),
        (cause, atMs, version, user, boardId) => {
          const detail = boardId === null ? null : ({ action: 'board_updated', boardId } as const)
          const note = { cause, atMs, version, userId: user, detail }
          expect(unpackNote(packNote(note))).toEqual(note)
        },
      ),
    )
  })

  it('keeps its time, cause and user if its details are too long', () => {
    const boardId = 'b'.repeat(limits.activityNoteBytesMax)
    const note = { cause: 'api', atMs: 5, version: 6, userId: 'u', detail: null } as const
    expect(unpackNote(packNote({ ...note, detail: { action: 'board_updated', boardId } }))).toEqual(note)
  })

  it('moves nothing when the release before reads its row, and does not confuse this one if it is damaged', () => {
    const note = packNote({ cause: 'api', atMs: 5, version: 6, userId: null, detail: null })
    expect(note.every(({ mask }) => mask === 0)).toBe(true)
    expect(unpackNote(note.slice(1))).toBeNull()
    expect(unpackNote(note.with(0, { offset: 0xffff, mask: 0 }))).toBeNull()
    const broken = packNote({ cause: 'api', atMs: 5, version: 6, userId: 'u', detail: null }).slice(0, -2)
    expect(unpackNote(broken)).toBeNull()
  })

  it('adds forty bytes at most to the row of a write that the outbox reports', () => {
    const write = { moves: [{ offset: 5, mask: 1 }], identity: null }
    const bare = encodeBatch([{ ...write, note: [] }]).byteLength
    const note = packNote({ ...byOutbox(1), version: 2, detail: null })
    expect(encodeBatch([{ ...write, note }]).byteLength - bare).toBeLessThanOrEqual(40)
  })
})
