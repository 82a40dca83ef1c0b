import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { limits } from '../../../shared/limits.ts'
import { bucketOf, foldCase } from '../../../shared/tags/bucket.ts'
import { type BucketedFamily, families, tagsCount } from '../../../shared/tags/families.ts'
import {
  bucketMove,
  familyMove,
  moveSchema,
  outboxMoveSchema,
  parseMove,
  placeMove,
  tagsMovedBy,
} from '../../../shared/tags/moves.ts'
import { allSlotsMask, placeSlotsMask, slotBit, slots } from '../../../shared/tags/places.ts'
import {
  bucketTag,
  familyTag,
  isTag,
  nameOf,
  parseTag,
  slotTag,
  tagAt,
  workspaceTag,
} from '../../../shared/tags/tags.ts'

const bucketed = families.flatMap((family) =>
  family.buckets === 0 || family.name === 'place' ? [] : [family.name],
)
const anyFamily = fc.constantFrom<BucketedFamily>(...bucketed)
const anyValue = fc.string({ unit: 'binary', maxLength: 200 })
const anyTag = fc.nat(tagsCount - 1).map(tagAt)

describe('tags', () => {
  it('have a fixed number: every value of every family is one of them', () => {
    expect(tagsCount).toBeLessThanOrEqual(limits.ledgerTagsMax)
    fc.assert(
      fc.property(anyFamily, anyValue, fc.constantFrom(...slots), (family, value, slot) => {
        expect(isTag(bucketTag(family, value))).toBe(true)
        expect(isTag(slotTag(value, null, slot))).toBe(true)
        expect(isTag(slotTag(value, value, slot))).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })

  it('keep their offsets, which ledgers and entries contain', () => {
    expect(Object.fromEntries(families.map(({ name }) => [name, Number(familyTag(name))]))).toEqual({
      ...{ workspace: 0, settings: 1, counts: 2, contact: 3, conversation: 1_028, email: 2_053 },
      ...{ phone: 3_078, thread: 4_103, company: 5_128, domain: 5_641, communication: 6_154 },
      ...{ user: 6_667, campaign: 6_924, segment: 7_181, mailbox: 7_438, place: 7_695 },
      ...{ members: 15_888, call: 15_953, config: 16_018, sources: 16_019, analytics: 16_020 },
    })
    expect(tagsCount).toBe(16_021)
  })

  it('of one bucket, family or slot are never those of another', () => {
    fc.assert(
      fc.property(anyTag, (tag) => {
        expect(parseTag(nameOf(tag))).toBe(tag)
      }),
      { numRuns: 3_000 },
    )
    expect(new Set(Array.from({ length: tagsCount }, (_, offset) => nameOf(tagAt(offset)))).size).toBe(
      tagsCount,
    )
  })

  it('have readable names that reveal no value', () => {
    expect(nameOf(workspaceTag)).toBe('workspace')
    expect(nameOf(bucketTag('email', 'john@example.com'))).toMatch(/^email#\d{1,4}$/)
    expect(nameOf(slotTag('board_123', 'col_1', 'unassigned'))).toMatch(/^place#\d{1,3}\.2$/)
  })

  it.each(['', 'board', 'contact#1024', 'contact#01', 'counts#0', 'place#1', 'place#1.16', 'contact#1.1'])(
    'have no name %j',
    (name) => expect(parseTag(name)).toBeNull(),
  )
})

describe('the bucket of a value', () => {
  it('follows from SHA-256 as in any other implementation of it', () => {
    fc.assert(
      fc.property(anyValue, fc.constantFrom(1_024, 512, 256, 64), (value, buckets) => {
        const digest = createHash('sha256').update(value, 'utf8').digest()
        expect(bucketOf(value, buckets)).toBe(digest.readUInt16BE(0) % buckets)
      }),
    )
  })

  it('is the same for typed values in capitals, and only A to Z are folded', () => {
    expect(bucketTag('email', 'John@Example.COM')).toBe(bucketTag('email', 'john@example.com'))
    expect(foldCase('ΑΣ İI ÀZ')).toBe('ΑΣ İi Àz')
    fc.assert(
      fc.property(anyValue, (value) => {
        const folded = foldCase(value)
        expect(foldCase(folded)).toBe(folded)
        for (const [index, letter] of [...value].entries())
          expect([...folded][index]).toBe(/^[A-Z]$/.test(letter) ? letter.toLowerCase() : letter)
      }),
    )
  })
})

describe('a move', () => {
  it('moves the tags that it names, all of them and no other', () => {
    expect(tagsMovedBy(familyMove('counts'))).toEqual([familyTag('counts')])
    expect(tagsMovedBy(bucketMove('contact', 'k1'))).toEqual([bucketTag('contact', 'k1')])
    fc.assert(
      fc.property(fc.integer({ min: 1, max: allSlotsMask }), anyValue, (mask, boardId) => {
        const named = slots.filter((slot) => (mask & slotBit(slot)) !== 0)
        expect(tagsMovedBy(placeMove(boardId, null, mask))).toEqual(
          named.map((slot) => slotTag(boardId, null, slot)),
        )
      }),
    )
    expect(tagsMovedBy(placeMove('b', 'c', placeSlotsMask))).toHaveLength(15)
  })

  it('is accepted with a mask of one to four digits, as the database may write it', () => {
    expect(parseMove('place#13#1802')).toEqual({ offset: 7_695 + 1 + 13 * 16, mask: 0x1802 })
    expect(parseMove('place#13#2')).toEqual(parseMove('place#13#0002'))
  })

  it.each([
    ...[
      '',
      'workspace#0',
      'contact#1024',
      'contact#-1',
      'contact#1#1',
      'place#1',
      'place#512#1',
      'place#1#0',
    ],
    ...['place#1#0000', 'place#1#10000', 'place#1#FFFF', 'board:b1', 'contact#1 ', 'Contact', 'constructor'],
  ])('is refused where it names nothing: %j', (text) => {
    expect(moveSchema.safeParse(text).success).toBe(false)
  })

  it.each([
    ...[
      `board:${'x'.repeat(128)}`,
      'open:b1',
      'column:b1:c1',
      `column:${'~'.repeat(128)}:${'!'.repeat(128)}`,
    ],
  ])('of an outbox row from before there were moves is one of the whole workspace: %s', (text) => {
    expect(outboxMoveSchema.parse(text)).toBe('workspace')
  })

  it('of an outbox row in neither form is refused', () => {
    for (const text of ['workspace', 'counts', 'settings', 'contact#7'])
      expect(outboxMoveSchema.parse(text)).toBe(text)
    for (const text of ['board', 'board:', 'board:a b', 'column:b1', 'column:a:b:c', 'everything'])
      expect(outboxMoveSchema.safeParse(text).success).toBe(false)
  })

  it('fits within its limit', () => {
    for (const { name, buckets } of families)
      expect(`${name}#${buckets - 1}`.length).toBeLessThanOrEqual(limits.moveCharactersMax)
    expect(`place#${limits.placeBuckets - 1}#ffff`.length).toBeLessThanOrEqual(limits.moveCharactersMax)
  })
})
