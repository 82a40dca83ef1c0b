import { z } from 'zod'
import type { BoardId, ColumnId } from './ids.ts'
import { boardIdSchema, columnIdSchema } from './ids.ts'
import { limits } from './limits.ts'

/**
 * What an entry depends on. An invalidation moves tags on; an entry is outdated once one of its tags moved past
 * its stamp. A tag is scoped to its workspace: each workspace has a ledger of its own.
 */
export type Tag =
  | 'workspace'
  | 'counts'
  | 'settings'
  | `board:${string}`
  | `open:${string}`
  | `column:${string}:${string}`

/** Everything of the workspace. Every entry carries it. */
export const workspaceTag: Tag = 'workspace'
export const countsTag: Tag = 'counts'
export const settingsTag: Tag = 'settings'

/** Everything of the board, whatever its column. */
export function boardTag(boardId: BoardId): Tag {
  return `board:${boardId}`
}

/** The board's open list: its pages without a column filter. */
export function openListTag(boardId: BoardId): Tag {
  return `open:${boardId}`
}

/** One column of a board. */
export function columnTag(boardId: BoardId, columnId: ColumnId): Tag {
  return `column:${boardId}:${columnId}`
}

/** A tag as it comes from outside. */
export const tagSchema: z.ZodType<Tag, Tag> = z
  .union([
    z.enum(['workspace', 'counts', 'settings']),
    z.templateLiteral(['board:', boardIdSchema]),
    z.templateLiteral(['open:', boardIdSchema]),
    z.templateLiteral(['column:', boardIdSchema, ':', columnIdSchema]),
  ])
  .refine(
    (tag) => tag.length <= limits.olderTagCharactersMax,
    `must have at most ${limits.olderTagCharactersMax} characters`,
  )
