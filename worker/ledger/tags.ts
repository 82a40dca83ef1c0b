import type { InvalidationEvent } from '../../shared/contract/invalidation.ts'
import type { BoardId, ColumnId, WorkspaceId } from '../../shared/ids.ts'
import type { Tag } from '../../shared/tags.ts'
import { boardTag, columnTag, countsTag, openListTag, settingsTag, workspaceTag } from '../../shared/tags.ts'

/**
 * What an event moves on. What it leaves out widens it: a contact whose column is not named may stand in any of
 * the board's, and one whose board is not named in any of the workspace's. Too wide costs a load; too narrow would
 * serve what is no longer so.
 */
export function tagsOf(event: InvalidationEvent): Tag[] {
  const { action, boardId, columnId, fromColumnId, toColumnId } = event
  if (action === 'workspace_updated' || boardId === undefined) return [workspaceTag]
  const named = [columnId, fromColumnId, toColumnId].filter((id) => id !== undefined)
  // A move has two ends: knowing one of them only, the contact may have come from or gone to any other column.
  const areAllNamed =
    action === 'contact_moved' ? fromColumnId !== undefined && toColumnId !== undefined : named.length > 0
  const isOfWholeBoard = action === 'board_updated' || action === 'contacts_imported'
  return isOfWholeBoard || !areAllNamed ? [boardTag(boardId), countsTag] : columnsMoved(boardId, named)
}

/** These columns' pages, the board's open list and the counts. */
export function columnsMoved(boardId: BoardId, columnIds: readonly ColumnId[]): Tag[] {
  return [...new Set(columnIds.map((id) => columnTag(boardId, id))), openListTag(boardId), countsTag]
}

/** The key patterns a set of tags stands for, as the CRM knows them: `contacts:<workspace>:<board>:*`. */
export function patternsOf(workspaceId: WorkspaceId, tags: readonly Tag[]): string[] {
  const patterns = tags.map((tag) => {
    if (tag === workspaceTag) return `*:${workspaceId}:*`
    if (tag === countsTag) return `counts:${workspaceId}:*`
    if (tag === settingsTag) return `settings:${workspaceId}:*`
    return `contacts:${workspaceId}:${tag.split(':')[1]}:*`
  })
  return [...new Set(patterns)]
}
