import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { versionSchema } from '../../../shared/ids.ts'
import { limits } from '../../../shared/limits.ts'
import { familyMove } from '../../../shared/tags/moves.ts'
import { countsTag, settingsTag } from '../../../shared/tags/tags.ts'
import type { Copy } from '../../../worker/ledger/moved-tags.ts'
import {
  advanceCopy,
  hasMovedPast,
  movedAt,
  movedOf,
  recentChanges,
} from '../../../worker/ledger/moved-tags.ts'
import { createBook } from '../../support/book-storage.ts'
import { moveOf } from '../../support/tags.ts'
import { toldBy } from '../../support/told.ts'

const version = (number: number) => versionSchema.parse(number)

function setUp(birth = 1_000) {
  const book = createBook(undefined, undefined, { ledgerId: 'ledger', version: birth })
  const renewed = (copy: Copy | null) =>
    advanceCopy(copy, book.since(copy?.ledgerId ?? null, copy?.version ?? 0))
  return { book, renewed }
}

describe('the copy of a ledger', () => {
  it('keeps its array in a refresh in which nothing moved', () => {
    const { book, renewed } = setUp()
    book.advance([{ moves: [familyMove('counts')] }])
    const first = renewed(null)
    const again = renewed(first)
    expect(again.distances).toBe(first.distances)
    // After a move, the next refresh in which nothing moved keeps the new array.
    book.advance([{ moves: [familyMove('settings')], eventId: 'e' }])
    const moved = renewed(again)
    expect(moved.distances).not.toBe(first.distances)
    expect(renewed(moved).distances).toBe(moved.distances)
  })

  it('is one array for all workspaces in which nothing has moved yet', () => {
    expect(setUp().renewed(null).distances).toBe(setUp().renewed(null).distances)
  })

  it('knows the exact version that moved a tag, and the tag did not move past a stamp of that version', () => {
    const { book, renewed } = setUp()
    const { version: at } = book.advance([{ moves: [familyMove('counts')] }])
    const copy = renewed(null)
    expect(movedAt(copy, countsTag)).toBe(at)
    expect(movedAt(copy, settingsTag)).toBe(0)
    expect(hasMovedPast(copy, countsTag, at)).toBe(false)
    expect(hasMovedPast(copy, countsTag, version(at - 1))).toBe(true)
    expect(hasMovedPast(copy, settingsTag, version(1_000))).toBe(false)
  })

  it('counts every tag as moved past a stamp from before its ledger began', () => {
    const copy = setUp().renewed(null)
    expect(hasMovedPast(copy, settingsTag, version(999))).toBe(true)
  })

  it("equals the ledger's own state, in however many steps and from whichever isolate it came", () => {
    const writes = fc.array(
      fc.record({ bucket: fc.nat(1_023), isAsked: fc.boolean(), isShared: fc.boolean() }),
      { maxLength: 60 },
    )
    fc.assert(
      fc.property(writes, (each) => {
        const { book, renewed } = setUp()
        let [own, other] = [renewed(null), renewed(null)]
        for (const { bucket, isAsked, isShared } of each) {
          book.advance([{ moves: [moveOf(`contact#${bucket}`), familyMove('counts')] }])
          if (isAsked) own = renewed(own)
          const { recentSince, ...head } = own
          const fits = recentSince <= other.version && head.version >= other.version
          if (isShared && fits) other = advanceCopy(other, { ...head, moved: movedOf(recentChanges(own)) })
        }
        const said = toldBy(book.since(null, 0))
        for (const copy of [renewed(own), renewed(other)])
          expect(toldBy({ birth: copy.birth, moved: { tags: null, distances: copy.distances } })).toEqual(
            said,
          )
      }),
      { numRuns: 60 },
    )
  })

  it('begins again if the ledger has another id, and forgets the moves of the former one', () => {
    const { book, renewed } = setUp()
    book.advance([{ moves: [familyMove('counts')] }])
    const before = renewed(null)
    const other = createBook(undefined, undefined, { ledgerId: 'other', version: 9_000 })
    const after = advanceCopy(before, other.since(before.ledgerId, before.version))
    expect(after).toMatchObject({ ledgerId: 'other', birth: 9_000, version: 9_000 })
    expect(movedAt(after, countsTag)).toBe(0)
  })

  it('has a number of bytes that is known beforehand', () => {
    const { book, renewed } = setUp()
    book.advance([{ moves: [familyMove('counts')] }])
    const { distances } = renewed(null)
    expect(distances.byteLength).toBe(4 * limits.ledgerTagsMax)
    expect(limits.isolateViewsMax * distances.byteLength).toBeLessThanOrEqual(limits.isolateViewsBytesMax)
  })
})
