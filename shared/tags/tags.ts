import type { UserId } from '../ids.ts'
import { bucketOf, foldCase } from './bucket.ts'
import type { BucketedFamily, FamilyName } from './families.ts'
import { familyAt, familyNamed, findFamily, tagsCount } from './families.ts'
import type { SlotName } from './places.ts'
import { placeValue, slots } from './places.ts'

/**
 * What an entry depends on: an offset in the versions that a ledger and a view keep. An entry is outdated once one of its tags
 * moved past its stamp. Tags are scoped to their workspace, which has a ledger of its own. They hold digests only, so that no
 * address, number, name or search text can be read from one.
 */
export type Tag = number & { readonly brand: 'Tag' }

/** Whether a value from outside is a tag. */
export function isTag(value: unknown): value is Tag {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < tagsCount
}

/** A number that is known to be a tag's offset. */
export function tagAt(offset: number): Tag {
  if (!isTag(offset)) throw new Error(`tags.ts: ${offset} is no tag`)
  return offset
}

/** A family as a whole: it moves where more of it changed than can be named. Who depends on a bucket depends on this too. */
export function familyTag(family: FamilyName): Tag {
  return tagAt(familyNamed(family).offset)
}

/** Everything of the workspace. Every entry has it. */
export const workspaceTag = familyTag('workspace')
export const settingsTag = familyTag('settings')
export const countsTag = familyTag('counts')

/** Families whose values people type. */
const typed: ReadonlySet<BucketedFamily> = new Set<BucketedFamily>(['email', 'phone', 'domain'])

/** The bucket number of a value in its family, folded where people type such values. */
export function bucketNumber(family: BucketedFamily | 'place', value: string): number {
  const isTyped = family !== 'place' && typed.has(family)
  return bucketOf(isTyped ? foldCase(value) : value, familyNamed(family).buckets)
}

/** One thing of a family (with those that share its bucket). */
export function bucketTag(family: BucketedFamily, value: string): Tag {
  return tagAt(familyNamed(family).offset + 1 + bucketNumber(family, value))
}

/** One slot of a board's place, or of a column's. */
export function slotTag(boardId: string, columnId: string | null, slot: SlotName): Tag {
  const bucket = bucketNumber('place', placeValue(boardId, columnId))
  return slotAt(bucket, slots.indexOf(slot))
}

/** A slot by its numbers, both of which must be within their bounds. */
function slotAt(bucket: number, slot: number): Tag {
  const { offset, slots: slotsEach } = familyNamed('place')
  return tagAt(offset + 1 + bucket * slotsEach + slot)
}

/** The two tags of what belongs to one user: their bucket, and all users. */
export function userTags(userId: UserId): readonly Tag[] {
  return [familyTag('user'), bucketTag('user', userId)]
}

/** A tag for people: `counts`, `contact`, `contact#517`, `place#13.2` (bucket and slot). */
export function nameOf(tag: Tag): string {
  const family = familyAt(tag)
  if (tag === family.offset) return family.name
  const within = tag - family.offset - 1
  if (family.slots === 1) return `${family.name}#${within}`
  return `${family.name}#${Math.floor(within / family.slots)}.${within % family.slots}`
}

const tagName = /^([a-z]+)(?:#(0|[1-9]\d{0,4})(?:\.(0|[1-9]\d?))?)?$/

/** The tag of a name as `nameOf` writes it; null where it names none. */
export function parseTag(name: string): Tag | null {
  const [, familyName = '', bucketText, slotText] = tagName.exec(name) ?? []
  const family = findFamily(familyName)
  if (family === undefined) return null
  if (bucketText === undefined) return tagAt(family.offset)
  const [bucket, slot] = [Number(bucketText), Number(slotText ?? 0)]
  const hasSlot = slotText !== undefined
  if (bucket >= family.buckets || slot >= family.slots || hasSlot !== family.slots > 1) return null
  return tagAt(family.offset + 1 + bucket * family.slots + slot)
}
