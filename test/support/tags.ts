import type { Move } from '../../shared/tags/moves.ts'
import { moveSchema, placeMove } from '../../shared/tags/moves.ts'
import { slotBit } from '../../shared/tags/places.ts'
import type { Tag } from '../../shared/tags/tags.ts'
import { slotTag, workspaceTag } from '../../shared/tags/tags.ts'

/** The board as a whole, and its pages without a column or filter. */
export const boardTag = (boardId: string): Tag => slotTag(boardId, null, 'board')
export const openTag = (boardId: string): Tag => slotTag(boardId, null, 'all')

/** What moves one of these, and nothing else. */
export const boardMove = (boardId: string): Move => placeMove(boardId, null, slotBit('board'))
export const openMove = (boardId: string): Move => placeMove(boardId, null, slotBit('all'))
export const columnMove = (boardId: string, columnId: string): Move =>
  placeMove(boardId, columnId, slotBit('all'))

/** A move by its text. */
export const moveOf = (text: string): Move => moveSchema.parse(text)

/** What a page of the board `b1` depends on. */
export const pageTags: readonly Tag[] = [workspaceTag, boardTag('b1'), openTag('b1')]
