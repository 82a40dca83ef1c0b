import { limits } from '../limits.ts'

/**
 * What a page of a place (a board, or a column of one) can depend on. A slot moves when a contact that was or is in its filter
 * changes. Append only: masks of slots stand in outbox rows and in ledgers.
 *
 * - `time`: filters by time. Every write in the place moves it, since a contact that left the window may still stand on a page.
 * - `search`: searches, on the board's own place only, also for those in a column: an estimated total samples the whole board.
 * - `board`: the board's existence and what concerns all of it, on the board's own place only. Every page of the board has it.
 * - `reported`: pages of one user's contacts. An event that is reported without its facets does not say whose contact it was; the
 *   database moves the user's own tag instead.
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

/** All slots of a place: what an event moves that names a board as a whole. */
export const allSlotsMask = (1 << slots.length) - 1
/** All but the board's own: what an event moves that names columns, so that pages of other columns stay cached. */
export const placeSlotsMask = allSlotsMask & ~slotBit('board')

/** The value that names a place: the board, or the board and a column of it. */
export function placeValue(boardId: string, columnId: string | null): string {
  return columnId === null ? boardId : `${boardId}:${columnId}`
}
