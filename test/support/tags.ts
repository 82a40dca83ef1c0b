import type { Move } from '../../shared/tags/moves.ts'
import { moveSchema, placeMove } from '../../shared/tags/moves.ts'
import { slotBit } from '../../shared/tags/places.ts'
import type { Tag } from '../../shared/tags/tags.ts'
import { slotTag, workspaceTag } from '../../shared/tags/tags.ts'

/** The tag of a whole board, for pages without a column or filter. */
export const boardTag = (boardId: string): Tag => slotTag(boardId, null, 'board')
export const openTag = (boardId: string): Tag => slotTag(boardId, null, 'all')

/** A move of one of these tags and of no other. */
export const boardMove = (boardId: string): Move => placeMove(boardId, null, slotBit('board'))
export const openMove = (boardId: string): Move => placeMove(boardId, null, slotBit('all'))
export const columnMove = (boardId: string, columnId: string): Move =>
  placeMove(boardId, columnId, slotBit('all'))

/** Parses the text of a move. */
export const moveOf = (text: string): Move => moveSchema.parse(text)

/** The tags of a page of the board `b1`. */
export const pageTags: readonly Tag[] = [workspaceTag, boardTag('b1'), openTag('b1')]
