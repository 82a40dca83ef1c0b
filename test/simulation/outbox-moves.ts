import type { Move } from '../../shared/tags/moves.ts'
import { bucketMove, familyMove, placeMove } from '../../shared/tags/moves.ts'
import type { SlotName } from '../../shared/tags/places.ts'
import { slotBit } from '../../shared/tags/places.ts'
import type { Contact } from './database.ts'

/**
 * The moves that the database's triggers note for a write: the contact, its assignees, and in each of its places the
 * slots of the filters that it met before or meets now. Counts are noted only if one of them changes.
 */
export function movesOfWrite(before: Contact | null, after: Contact | null): Move[] {
  const contacts = [before, after].filter((contact) => contact !== null)
  const facets = contacts.flatMap(facetsOf)
  const inPlace = maskOf([...facets, 'all', 'time'])
  return contacts
    .flatMap(({ id, assigneeId, boardId, columnId }) => [
      bucketMove('contact', id),
      ...(assigneeId === null ? [] : [bucketMove('user', assigneeId)]),
      placeMove(boardId, null, inPlace | maskOf(['search'])),
      placeMove(boardId, columnId, inPlace),
    ])
    .concat(countedOf(before) === countedOf(after) ? [] : [familyMove('counts')])
}

function facetsOf({ isOpen, isHigh, assigneeId }: Contact): SlotName[] {
  return [
    isOpen ? 'open' : 'closed',
    isHigh ? 'high_priority' : 'low_priority',
    ...(assigneeId === null ? (['unassigned'] as const) : []),
  ]
}

function maskOf(slots: readonly SlotName[]): number {
  return slots.reduce((mask, slot) => mask | slotBit(slot), 0)
}

function countedOf(contact: Contact | null): string | null {
  return contact === null ? null : JSON.stringify([facetsOf(contact), contact.assigneeId])
}
