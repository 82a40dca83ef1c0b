import type { Move } from '../../shared/tags/moves.ts'
import { bucketMove, familyMove, orderMove, placeMove, shownMoves } from '../../shared/tags/moves.ts'
import { slotBit, slots } from '../../shared/tags/places.ts'
import { contactIdOf, isInFilter } from './hitrate-content.ts'
import { userIdOf } from './hitrate-questions.ts'
import { filters, type TracedWrite } from './hitrate-trace.ts'

const assigned = filters.findIndex(({ name }) => name === 'assigned_to_me')
const notOfFacets: ReadonlySet<string> = new Set(['all', 'time', 'search', 'board', 'reported'])

/**
 * The moves that the database's trigger writes to the outbox for a write of a contact (20261130000500_order_moves.sql).
 * `users` are those of the workspace, one of whom an assigned contact belongs to. `isAlone` says that no earlier write of the
 * workspace is untold.
 */
export function movesOf(write: TracedWrite, users: readonly number[], isAlone = true): Move[] {
  const { board, rank, column, toColumn, action } = write
  const inPlace = facetsOf(write) | slotBit('all') | slotBit('time')
  const place = (columnId: string | null, mask: number) => placeMove(`b${board}`, columnId, mask)
  const columns = action === 'move' ? [...new Set([column, toColumn])] : [column]
  const assignee = isInFilter(write, assigned) ? users[rank % users.length] : undefined
  return [
    ...shownMoves(contactIdOf(write)),
    ...(assignee === undefined ? [] : [bucketMove('user', userIdOf(assignee))]),
    place(null, inPlace | slotBit('search')),
    ...columns.map((each) => place(`c${each}`, inPlace)),
    ...ordersOf(write, columns, isAlone),
    ...(action === 'update' || action === 'move' ? [] : [familyMove('counts')]),
  ]
}

/** The lists that the contact enters or leaves: all of its filters in some places, or two of them. */
function ordersOf(write: TracedWrite, columns: readonly number[], isAlone: boolean): Move[] {
  const { board, action } = write
  if (action === 'update' && isAlone) return []
  const mask = action === 'change-status' && isAlone ? statusSlots : facetsOf(write) | slotBit('all')
  const places = [...(action === 'move' && isAlone ? [] : [null]), ...columns.map((column) => `c${column}`)]
  return places.map((columnId) => orderMove(`b${board}`, columnId, mask))
}

const statusSlots = slotBit('open') | slotBit('closed')

/** The slots of the facets that the contact meets before the write or after it. */
function facetsOf(write: TracedWrite): number {
  let mask = write.action === 'change-status' ? statusSlots : 0
  for (const [filter, { name }] of filters.entries()) {
    const slot = slots.find((each) => each === name)
    if (slot !== undefined && !notOfFacets.has(slot) && isInFilter(write, filter)) mask |= slotBit(slot)
  }
  return mask
}
