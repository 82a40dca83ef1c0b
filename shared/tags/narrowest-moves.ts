import { limits } from '../limits.ts'
import { familyAt } from './families.ts'
import type { Move } from './moves.ts'
import type { Tag } from './tags.ts'
import { nameOf, partsOf } from './tags.ts'

/**
 * Moves of the narrowest tags of an entry, with which it is loaded again and as little else as possible: those of the family that is
 * divided into the most tags. The tag of a whole family with buckets and that of the workspace are never moved. If an entry has no
 * others, there is no move.
 */
export function narrowestMoves(tags: readonly Tag[]): readonly Move[] {
  const divisions = new Map(tags.map((tag) => [tag, divisionsOf(tag)]))
  const most = Math.max(0, ...divisions.values())
  if (most === 0) return []
  return tags
    .filter((tag) => divisions.get(tag) === most)
    .slice(0, limits.healedTagsMax)
    .map(moveOfTag)
}

/** The number of tags that a tag's family is divided into; 0 for a tag that may not be moved to heal, and for a pair. */
function divisionsOf(tag: Tag): number {
  if (partsOf(tag).length > 1) return 0
  const { name, offset, buckets, slots } = familyAt(tag)
  if (tag === offset) return buckets === 0 && name !== 'workspace' ? 1 : 0
  return buckets * slots
}

function moveOfTag(tag: Tag): Move {
  const { slots } = familyAt(tag)
  const name = nameOf(tag)
  if (slots === 1) return name as Move
  const [bucket = '', slot = '0'] = name.split('.')
  return `${bucket}#${(1 << Number(slot)).toString(16).padStart(4, '0')}` as Move
}
