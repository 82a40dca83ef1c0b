import { limits } from '../limits.ts'

/**
 * The slots of a place (a board, or a column of one), on which its pages depend. A slot moves when a contact changes that was or is
 * in its filter. The list is append-only because outbox rows and ledgers contain masks of slots.
 *
 * - `time` is for filters by time. Every write in the place moves it, because a page may still show a contact that left the window.
 * - `search` is for searches and is used on the board's own place only, also for a search in a column, because an estimated total
 *   samples the whole board.
 * - `board` is for the existence of the board and for changes of all of it, and is used on the board's own place only. Every page of
 *   the board has it.
 * - `reported` is for the pages of one user's contacts. A reported event does not name the contact's assignee, so it moves this slot.
 *   The database moves the user's own tag instead.
 */
export const slots = [
  'open',
  'closed',
  'unassigned',
  'high_priority',
  'medium_priority',
  'low_priority',
  'needs_response',
  'follow_up',
  'favorites',
  'archived',
  'unhappy_customers',
  'all',
  'time',
  'search',
  'board',
  'reported',
] as const

export type SlotName = (typeof slots)[number]

if (slots.length !== limits.placeSlots) throw new Error('places.ts: the slots are not as many as a place has')

/** The bit of a slot in a mask. */
export function slotBit(slot: SlotName): number {
  return 1 << slots.indexOf(slot)
}

/** All slots of a place. An event about a whole board moves these. */
export const allSlotsMask = (1 << slots.length) - 1
/** All slots but `board`. An event that names columns moves these, so that pages of other columns stay cached. */
export const placeSlotsMask = allSlotsMask & ~slotBit('board')

/**
 * The value of the order of a place's lists, which has slots like the place itself. A slot moves when a contact enters or leaves the
 * list of its filter or changes its position there, and not when it only changes. No id contains a colon, so no place has this value.
 */
export function orderValue(boardId: string, columnId: string | null): string {
  return `:${placeValue(boardId, columnId)}`
}

/** The value of a place, from which its bucket follows: the board, or the board and a column of it. */
export function placeValue(boardId: string, columnId: string | null): string {
  return columnId === null ? boardId : `${boardId}:${columnId}`
}
