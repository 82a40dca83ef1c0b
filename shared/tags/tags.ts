import type { UserId } from '../ids.ts'
import { bucketOf, bucketsOf, foldCase } from './bucket.ts'
import type { BucketedFamily, FamilyName } from './families.ts'
import { familyAt, familyNamed, findFamily, tagsCount } from './families.ts'
import type { SlotName } from './places.ts'
import { orderValue, placeValue, slots } from './places.ts'

/**
 * A thing that an entry depends on, as an offset in the versions of a ledger and of a view. An entry is outdated once one of its tags
 * moved past its stamp. Tags belong to a workspace, since each workspace has its own ledger. A tag contains at most a digest, so no
 * address, number, name or search text can be read from it.
 */
export type Tag = number & { readonly brand: 'Tag' }

/** Whether a value from outside is a tag of a ledger. */
export function isTag(value: unknown): value is Tag {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < tagsCount
}

const pairUnit = 65_536

/**
 * A tag of an entry that counts as moved once both of these tags have moved past its stamp. A change that moves both of them at once
 * is thus told from one that moves either by chance. The first one is never that of the workspace, whose offset is 0.
 */
function pairTag(first: Tag, second: Tag): Tag {
  return (first * pairUnit + second) as Tag
}

/** The tags that must all have moved for a tag of an entry to count as moved: one, or the two of a pair. */
export function partsOf(tag: Tag): readonly Tag[] {
  const [first, second] = [Math.floor(tag / pairUnit), tag % pairUnit]
  return first === 0 ? [tag] : [tagAt(first), tagAt(second)]
}

/** Whether a value from outside is a tag of an entry: one of a ledger's tags, or a pair of them. */
export function isEntryTag(value: unknown): value is Tag {
  if (isTag(value)) return true
  return typeof value === 'number' && isTag(value % pairUnit) && isTag(Math.floor(value / pairUnit))
}

/** The tag at an offset. Throws if there is none. */
export function tagAt(offset: number): Tag {
  if (!isTag(offset)) throw new Error(`tags.ts: ${offset} is no tag`)
  return offset
}

/**
 * The tag of a whole family. It moves if more of the family changed than a statement names. Every entry that depends on a bucket of
 * the family must also depend on this tag.
 */
export function familyTag(family: FamilyName): Tag {
  return tagAt(familyNamed(family).offset)
}

/** The tag of the whole workspace, which every entry has. */
export const workspaceTag = familyTag('workspace')
export const settingsTag = familyTag('settings')
export const countsTag = familyTag('counts')
export const configTag = familyTag('config')
export const sourcesTag = familyTag('sources')

/** Families whose values people type. */
const typed: ReadonlySet<BucketedFamily> = new Set<BucketedFamily>(['email', 'phone', 'domain'])

/** The bucket number of a value in its family. Values that people type are folded first. */
export function bucketNumber(family: BucketedFamily | 'place', value: string): number {
  const isTyped = family !== 'place' && typed.has(family)
  return bucketOf(isTyped ? foldCase(value) : value, familyNamed(family).buckets)
}

/** The tag of one thing of a family, shared with the other things in its bucket. */
export function bucketTag(family: BucketedFamily, value: string): Tag {
  return tagAt(familyNamed(family).offset + 1 + bucketNumber(family, value))
}

/** The tag of one slot of a board's place, or of a column's if one is given. */
export function slotTag(boardId: string, columnId: string | null, slot: SlotName): Tag {
  const bucket = bucketNumber('place', placeValue(boardId, columnId))
  return slotAt(bucket, slots.indexOf(slot))
}

/** The tag of the order of a list (`orderValue`). */
export function orderTag(boardId: string, columnId: string | null, slot: SlotName): Tag {
  return slotAt(bucketNumber('place', orderValue(boardId, columnId)), slots.indexOf(slot))
}

/**
 * The tag of a contact that a list shows: its bucket, paired with one of all slots of all places. A list shows many contacts, and one
 * of their 1,024 buckets moves soon by chance; both tags of a pair hardly ever do.
 */
export function shownTag(contactId: string): Tag {
  const { contact, bucket, slot } = shownAt(contactId)
  return pairTag(tagAt(familyNamed('contact').offset + 1 + contact), slotAt(bucket, slot))
}

/** The buckets of a contact that lists show: its own in the family of contacts, and a slot of a bucket of the places. */
export function shownAt(contactId: string): { contact: number; bucket: number; slot: number } {
  const { buckets, slots: slotsEach } = familyNamed('place')
  const [contact, second] = bucketsOf(contactId, familyNamed('contact').buckets, buckets * slotsEach)
  return { contact, bucket: second % buckets, slot: Math.floor(second / buckets) }
}

/** The tag of a slot by the number of its bucket and its own. Both must be within their bounds. */
function slotAt(bucket: number, slot: number): Tag {
  const { offset, slots: slotsEach } = familyNamed('place')
  return tagAt(offset + 1 + bucket * slotsEach + slot)
}

/** The two tags of an answer about one thing: that of its family, and that of its bucket. */
export function thingTags(family: BucketedFamily, value: string): readonly [Tag, Tag] {
  return [familyTag(family), bucketTag(family, value)]
}

/** The two tags of an answer about one user. */
export function userTags(userId: UserId): readonly Tag[] {
  return thingTags('user', userId)
}

/** The tags of the company that an answer names, whether or not it exists; none if the answer names none. */
export function companyTags(companyId: string | null): readonly Tag[] {
  return companyId === null ? [] : thingTags('company', companyId)
}

/** The tags of a user's membership in a workspace: that of the workspace, of all memberships and roles, and of the user's bucket. */
export function membershipTags(userId: UserId): readonly Tag[] {
  return [workspaceTag, ...thingTags('members', userId)]
}

/** The two tags of a folder of a user's mailbox. No id contains a colon, so no two folders have the same value. */
export function mailboxTags(userId: UserId, folder: string): readonly Tag[] {
  return thingTags('mailbox', `${userId}:${folder}`)
}

/** The readable name of a tag: `counts`, `contact`, `contact#517`, or `place#13.2` (bucket and slot). A pair has that of its first. */
export function nameOf(entryTag: Tag): string {
  const [tag = entryTag] = partsOf(entryTag)
  const family = familyAt(tag)
  if (tag === family.offset) return family.name
  const within = tag - family.offset - 1
  if (family.slots === 1) return `${family.name}#${within}`
  return `${family.name}#${Math.floor(within / family.slots)}.${within % family.slots}`
}

const tagName = /^([a-z]+)(?:#(0|[1-9]\d{0,4})(?:\.(0|[1-9]\d?))?)?$/

/** Parses a name that `nameOf` wrote; null if it is not the name of a tag. */
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
