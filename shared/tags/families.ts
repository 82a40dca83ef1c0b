import { limits } from '../limits.ts'

const { tagBucketsMost, tagBucketsMany, tagBucketsSome, tagBucketsFew, placeBuckets, placeSlots } = limits

/**
 * Every kind of thing that an answer can depend on, in the order of its tags. The database's functions have the same table.
 *
 * The list is append-only. A tag is an offset that follows from all families before its own, and ledgers, views and entries keep such
 * offsets. A new family goes to the end, and an unused family keeps its place.
 *
 * `buckets` is 0 for a family that is a single thing. A family with buckets has one tag for the whole family, followed by one tag for
 * each bucket; a place has one for each slot of each bucket.
 */
export const families = [
  { name: 'workspace', buckets: 0, slots: 1 },
  { name: 'settings', buckets: 0, slots: 1 },
  { name: 'counts', buckets: 0, slots: 1 },
  { name: 'contact', buckets: tagBucketsMost, slots: 1 },
  { name: 'conversation', buckets: tagBucketsMost, slots: 1 },
  { name: 'email', buckets: tagBucketsMost, slots: 1 },
  { name: 'phone', buckets: tagBucketsMost, slots: 1 },
  { name: 'thread', buckets: tagBucketsMost, slots: 1 },
  { name: 'company', buckets: tagBucketsMany, slots: 1 },
  { name: 'domain', buckets: tagBucketsMany, slots: 1 },
  { name: 'communication', buckets: tagBucketsMany, slots: 1 },
  { name: 'user', buckets: tagBucketsSome, slots: 1 },
  { name: 'campaign', buckets: tagBucketsSome, slots: 1 },
  { name: 'segment', buckets: tagBucketsSome, slots: 1 },
  { name: 'mailbox', buckets: tagBucketsSome, slots: 1 },
  { name: 'place', buckets: placeBuckets, slots: placeSlots },
  { name: 'members', buckets: tagBucketsFew, slots: 1 },
  { name: 'call', buckets: tagBucketsFew, slots: 1 },
  { name: 'config', buckets: 0, slots: 1 },
  { name: 'sources', buckets: 0, slots: 1 },
  { name: 'analytics', buckets: 0, slots: 1 },
] as const

export type FamilyName = (typeof families)[number]['name']
/** A family that is a single thing, without buckets. */
type SingleFamily = Extract<(typeof families)[number], { buckets: 0 }>['name']
/** A family of buckets, each of which is one tag. */
export type BucketedFamily = Exclude<FamilyName, SingleFamily | 'place'>

/** A family with the place of its tags. `offset` is the tag of the whole family, and those of its buckets follow. */
interface Family {
  readonly name: FamilyName
  readonly buckets: number
  readonly slots: number
  readonly offset: number
}

const placed: Family[] = []
let next = 0
for (const family of families) {
  if (`${family.name}#${family.buckets}`.length > limits.moveCharactersMax)
    throw new Error(`families.ts: a move of ${family.name} is longer than a move may be`)
  placed.push({ ...family, offset: next })
  next += 1 + family.buckets * family.slots
}

/** The number of tags, which is the same for every workspace. */
export const tagsCount = next
if (tagsCount > limits.ledgerTagsMax) throw new Error('families.ts: the tags do not fit in a ledger')

const byName: ReadonlyMap<string, Family> = new Map(placed.map((family) => [family.name, family]))

export function familyNamed(name: FamilyName): Family {
  const family = byName.get(name)
  if (family === undefined) throw new Error(`families.ts: there is no family ${name}`)
  return family
}

/** The family with this name; undefined if there is none. */
export function findFamily(name: string): Family | undefined {
  return byName.get(name)
}

/** The family that an offset belongs to. The offset must be that of a tag. */
export function familyAt(offset: number): Family {
  const family = placed.findLast((each) => each.offset <= offset)
  if (family === undefined) throw new Error('families.ts: an offset below 0')
  return family
}
