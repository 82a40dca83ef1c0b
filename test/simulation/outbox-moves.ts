import type { Move } from '../../shared/tags/moves.ts'
import { bucketMove, familyMove, orderMove, placeMove, shownMoves } from '../../shared/tags/moves.ts'
import type { SlotName } from '../../shared/tags/places.ts'
import { slotBit } from '../../shared/tags/places.ts'
import type { Contact } from './database.ts'

/**
 * The moves that the database's triggers note for a write: the contact, its assignees, and in each of its places the
 * slots of the filters that it met before or meets now, and of the lists that it enters or leaves. Counts are noted only if one of
 * them changes.
 */
export function movesOfWrite(before: Contact | null, after: Contact | null): Move[] {
  const contacts = [before, after].filter((contact) => contact !== null)
  const facets = contacts.flatMap(facetsOf)
  const inPlace = maskOf([...facets, 'all', 'time'])
  return contacts
    .flatMap(({ id, assigneeId, boardId, columnId }) => [
      ...shownMoves(id),
      ...(assigneeId === null ? [] : [bucketMove('user', assigneeId)]),
      placeMove(boardId, null, inPlace | maskOf(['search'])),
      placeMove(boardId, columnId, inPlace),
    ])
    .concat(orderMovesOf(before, after))
    .concat(countedOf(before) === countedOf(after) ? [] : [familyMove('counts')])
}

/** The moves that a row has as well if it is told while another one waits: of every list that the contact met or meets. */
export function movesAmongUntold(before: Contact | null, after: Contact | null): Move[] {
  return [before, after].flatMap((contact) => {
    if (contact === null) return []
    const mask = maskOf([before, after].flatMap((each) => (each === null ? [] : [...facetsOf(each), 'all'])))
    return [null, contact.columnId].map((columnId) => orderMove(contact.boardId, columnId, mask))
  })
}

function orderMovesOf(before: Contact | null, after: Contact | null): Move[] {
  const [was, is] = [before, after].map((contact) =>
    contact === null ? 0 : maskOf([...facetsOf(contact), 'all']),
  )
  const stays = (isThere: boolean) => (isThere ? (was ?? 0) ^ (is ?? 0) : null)
  const onBoard = stays(before?.boardId === after?.boardId)
  const inColumn = stays(before?.boardId === after?.boardId && before?.columnId === after?.columnId)
  return [before, after].flatMap((contact, index) => {
    if (contact === null) return []
    const whole = [was, is][index] ?? 0
    const moves: readonly (readonly [string | null, number])[] = [
      [null, onBoard ?? whole],
      [contact.columnId, inColumn ?? whole],
    ]
    return moves
      .filter(([, mask]) => mask !== 0)
      .map(([columnId, mask]) => orderMove(contact.boardId, columnId, mask))
  })
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
