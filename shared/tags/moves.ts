import { z } from 'zod'
import { limits } from '../limits.ts'
import type { BucketedFamily, FamilyName } from './families.ts'
import { familyAt, findFamily } from './families.ts'
import { allSlotsMask, orderValue, placeValue } from './places.ts'
import type { Tag } from './tags.ts'
import { bucketNumber, shownAt, tagAt } from './tags.ts'

/**
 * A change, as written in outbox rows and sent to ledgers: `counts` or `contact` (a whole family), `contact#517` (a bucket), or
 * `place#13#1802` (a bucket, and a mask of its slots in at most four hexadecimal digits). One move of a place moves up to 16 tags.
 */
export type Move = string & { readonly brand: 'Move' }

const moveText = /^([a-z]+)(?:#(0|[1-9]\d{0,4})(?:#([0-9a-f]{1,4}))?)?$/

/** A move as numbers. Bit 0 of the mask stands for the tag at `offset`, bit 1 for the next one, and so on. */
export interface MoveParts {
  readonly offset: number
  readonly mask: number
}

/** The parts of a move; null if the text is not a move. */
export function parseMove(text: string): MoveParts | null {
  const [, familyName = '', bucketText, maskText] = moveText.exec(text) ?? []
  const family = findFamily(familyName)
  if (family === undefined) return null
  if (bucketText === undefined) return { offset: family.offset, mask: 1 }
  const bucket = Number(bucketText)
  const hasMask = maskText !== undefined
  if (bucket >= family.buckets || hasMask !== family.slots > 1) return null
  const mask = hasMask ? Number.parseInt(maskText, 16) : 1
  return mask === 0 ? null : { offset: family.offset + 1 + bucket * family.slots, mask }
}

const moveRule = 'must name a family, a bucket of it, or slots of a place'

/** A move from outside. */
export const moveSchema = z
  .string()
  .max(limits.moveCharactersMax)
  .refine((text) => parseMove(text) !== null, moveRule)
  .transform((text) => text as Move)

/** A tag in the form that outbox rows had before there were moves. It counts as a move of the whole workspace. */
const olderTag = z
  .string()
  .max(limits.olderTagCharactersMax)
  .regex(/^(?:(?:board|open):[!-.0-9;-~]{1,128}|column:[!-.0-9;-~]{1,128}:[!-.0-9;-~]{1,128})$/)
  .transform(() => familyMove('workspace'))

/** A move of an outbox row, which an older deployment may have written. */
export const outboxMoveSchema = z.union([moveSchema, olderTag], moveRule)

/** The tags that a move moves. */
export function tagsMovedBy(move: Move): Tag[] {
  const parts = parseMove(move)
  if (parts === null) throw new Error('moves.ts: a malformed move')
  return tagsOfParts(parts)
}

function tagsOfParts({ offset, mask }: MoveParts): Tag[] {
  const tags: Tag[] = []
  for (let bit = 0; mask >> bit > 0; bit += 1) if ((mask >> bit) & 1) tags.push(tagAt(offset + bit))
  return tags
}

/** The move with these parts, which must be those of a move. */
export function moveOfParts({ offset, mask }: MoveParts): Move {
  const family = familyAt(offset)
  if (offset === family.offset) return familyMove(family.name)
  const bucket = Math.floor((offset - family.offset - 1) / family.slots)
  return family.slots > 1 ? slotsMove(bucket, mask) : (`${family.name}#${bucket}` as Move)
}

/** The move of a whole family. */
export function familyMove(family: FamilyName): Move {
  return family as string as Move
}

/** The move of the bucket of a value. */
export function bucketMove(family: BucketedFamily, value: string): Move {
  return `${family}#${bucketNumber(family, value)}` as Move
}

/** The move of slots of a board's place, or of a column's if one is given. */
export function placeMove(boardId: string, columnId: string | null, mask: number): Move {
  return slotsMove(bucketNumber('place', placeValue(boardId, columnId)), mask)
}

/** The move of the order of lists, by slots: of the board's, or of a column's if one is given. */
export function orderMove(boardId: string, columnId: string | null, mask: number): Move {
  return slotsMove(bucketNumber('place', orderValue(boardId, columnId)), mask)
}

/** The moves of a contact wherever a list shows it (`shownTag`). */
export function shownMoves(contactId: string): readonly [Move, Move] {
  const { bucket, slot } = shownAt(contactId)
  return [bucketMove('contact', contactId), slotsMove(bucket, 1 << slot)]
}

function slotsMove(bucket: number, mask: number): Move {
  return `place#${bucket}#${(mask & allSlotsMask).toString(16).padStart(4, '0')}` as Move
}
