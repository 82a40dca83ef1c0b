import type { Version } from '../../shared/ids.ts'
import { versionSchema, versionZero } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Tag } from '../../shared/tags/tags.ts'
import { partsOf, tagAt } from '../../shared/tags/tags.ts'
import type { LedgerChanges, MovedTags } from './ledger-messages.ts'

/** An isolate's copy of a ledger's tags. It is immutable, so that views in which nothing moved share one array. */
export interface Copy {
  readonly ledgerId: string
  readonly birth: Version
  readonly version: Version
  /** For each tag, the version that last moved it, as its distance from `birth`; 0 if none did. */
  readonly distances: Uint32Array
  /** The version after which this copy can hand on every change to other isolates. */
  readonly recentSince: Version
}

const noneMoved = new Uint32Array(limits.ledgerTagsMax)

/** The copy after changes, from the ledger or from another isolate. The array is only copied if a tag moved. */
export function advanceCopy(before: Copy | null, changes: LedgerChanges): Copy {
  const known = before?.ledgerId === changes.ledgerId ? before : null
  const distances = withMoved(known?.distances ?? noneMoved, changes.moved)
  const { ledgerId, birth, version } = changes
  const copy = { ledgerId, birth, version, distances }
  if (known === null) return { ...copy, recentSince: version }
  if (distances === known.distances) return { ...copy, recentSince: known.recentSince }
  const isFew = (since: Version) => countAfter(distances, since - birth) <= limits.sharedChangesMax
  return { ...copy, recentSince: [known.recentSince, known.version].find(isFew) ?? version }
}

/** The version that last moved a tag, both tags of a pair; 0 if none did since the ledger's birth. */
export function movedAt({ birth, distances }: Copy, tag: Tag): Version {
  const distance = Math.min(...partsOf(tag).map((part) => distances[part] ?? 0))
  return distance === 0 ? versionZero : versionSchema.parse(birth + distance)
}

/** Whether a tag moved past a version. Every tag may have moved past a version from before the ledger's birth. */
export function hasMovedPast({ birth, distances }: Copy, tag: Tag, version: Version): boolean {
  const distance = version - birth
  // This runs for each tag of each entry that is read.
  if (tag < distances.length) return (distances[tag] ?? 0) > distance
  return partsOf(tag).every((part) => (distances[part] ?? 0) > distance)
}

/** The changes of a copy after its `recentSince`, as pairs of a tag and a distance. */
export function recentChanges({ birth, version, distances, recentSince }: Copy): (readonly [Tag, number])[] {
  const changes: (readonly [Tag, number])[] = []
  if (recentSince === version) return changes
  // By index: entries() would allocate a pair for each of the tags, at every refresh of every view.
  for (let tag = 0; tag < distances.length; tag += 1) {
    const distance = distances[tag] ?? 0
    if (distance > recentSince - birth) changes.push([tagAt(tag), distance])
  }
  return changes
}

/** Converts pairs into the form of a ledger's answer. */
export function movedOf(changes: readonly (readonly [Tag, number])[]): MovedTags {
  return {
    tags: Uint16Array.from(changes, ([tag]) => tag),
    distances: Uint32Array.from(changes, ([, distance]) => distance),
  }
}

function withMoved(known: Uint32Array, { tags, distances }: MovedTags): Uint32Array {
  if (tags === null) return distances
  if (tags.length === 0) return known
  const moved = known.slice()
  for (const [index, tag] of tags.entries()) moved[tag] = distances[index] ?? 0
  return moved
}

function countAfter(distances: Uint32Array, after: number): number {
  let count = 0
  for (const distance of distances) if (distance > after) count += 1
  return count
}
