import { z } from 'zod'
import type { DatabaseWebhook, InvalidationEvent } from '../../shared/contract/invalidation.ts'
import type { BoardId, ColumnId, WorkspaceId } from '../../shared/ids.ts'
import { boardIdSchema, columnIdSchema, contactIdSchema, workspaceIdSchema } from '../../shared/ids.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
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

function columnsMoved(boardId: BoardId, columnIds: readonly ColumnId[]): Tag[] {
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

const contactRow = z.object({
  workspace_id: workspaceIdSchema,
  board_id: boardIdSchema,
  board_column_id: columnIdSchema,
  id: contactIdSchema,
})
const columnRow = z.object({ workspace_id: workspaceIdSchema, board_id: boardIdSchema })
const boardRow = z.object({ workspace_id: workspaceIdSchema, id: boardIdSchema })
const workspaceRow = z.object({ workspace_id: workspaceIdSchema })
const tenantRow = z.object({ id: workspaceIdSchema })

/** One row's place in the ledger's terms, or null when it is not a row of that table. */
function rowTags(
  table: string,
  row: Record<string, unknown>,
): { workspaceId: WorkspaceId; tags: Tag[] } | null {
  switch (table) {
    case 'contacts': {
      const parsed = contactRow.safeParse(row)
      if (!parsed.success) return null
      const { workspace_id, board_id, board_column_id } = parsed.data
      return { workspaceId: workspace_id, tags: columnsMoved(board_id, [board_column_id]) }
    }
    case 'board_columns': {
      const parsed = columnRow.safeParse(row)
      return parsed.success
        ? { workspaceId: parsed.data.workspace_id, tags: [boardTag(parsed.data.board_id), countsTag] }
        : null
    }
    case 'boards': {
      const parsed = boardRow.safeParse(row)
      return parsed.success
        ? { workspaceId: parsed.data.workspace_id, tags: [boardTag(parsed.data.id), countsTag] }
        : null
    }
    case 'cache_settings': {
      const parsed = workspaceRow.safeParse(row)
      return parsed.success ? { workspaceId: parsed.data.workspace_id, tags: [settingsTag] } : null
    }
    case 'memberships': {
      const parsed = workspaceRow.safeParse(row)
      return parsed.success ? { workspaceId: parsed.data.workspace_id, tags: [workspaceTag] } : null
    }
    case 'workspaces': {
      const parsed = tenantRow.safeParse(row)
      return parsed.success ? { workspaceId: parsed.data.id, tags: [workspaceTag] } : null
    }
    default:
      return null
  }
}

/**
 * What a database webhook moves on, by workspace: the union of the row's old and new places, so that a row that
 * changed hands moves both.
 */
export function webhookTags(webhook: DatabaseWebhook): Result<Map<WorkspaceId, Tag[]>, 'not-a-known-row'> {
  const rows = [webhook.old_record, webhook.record].filter((row) => row !== null)
  const places = rows.map((row) => rowTags(webhook.table, row))
  const moved = new Map<WorkspaceId, Tag[]>()
  for (const place of places) {
    if (place === null) return err('not-a-known-row')
    const known = moved.get(place.workspaceId) ?? []
    moved.set(place.workspaceId, [...new Set([...known, ...place.tags])])
  }
  return moved.size > 0 ? ok(moved) : err('not-a-known-row')
}
