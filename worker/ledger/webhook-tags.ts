import { z } from 'zod'
import type { Fault } from '../../shared/contract/errors.ts'
import type { DatabaseWebhook } from '../../shared/contract/invalidation.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import { boardIdSchema, columnIdSchema, workspaceIdSchema } from '../../shared/ids.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { Tag } from '../../shared/tags.ts'
import { boardTag, countsTag, settingsTag, workspaceTag } from '../../shared/tags.ts'
import { columnsMoved } from './tags.ts'

type Row = Readonly<Record<string, unknown>>

const contactRow = z.object({ board_id: boardIdSchema, board_column_id: columnIdSchema })
const columnRow = z.object({ board_id: boardIdSchema })
const boardRow = z.object({ id: boardIdSchema })

/** What a row of each table moves on, or null where it names a place that no question of the API can name. */
const tagsOfRow: Readonly<Record<string, (row: Row) => Tag[] | null>> = {
  contacts(row) {
    const parsed = contactRow.safeParse(row)
    return parsed.success ? columnsMoved(parsed.data.board_id, [parsed.data.board_column_id]) : null
  },
  board_columns(row) {
    const parsed = columnRow.safeParse(row)
    return parsed.success ? [boardTag(parsed.data.board_id), countsTag] : null
  },
  boards(row) {
    const parsed = boardRow.safeParse(row)
    return parsed.success ? [boardTag(parsed.data.id), countsTag] : null
  },
  cache_settings: () => [settingsTag],
  memberships: () => [workspaceTag],
  workspaces: () => [workspaceTag],
}

/**
 * A row trigger on the partitioned table `public.contacts` fires on the partition that holds the row, and Supabase's
 * webhook names that one: `private.contacts_00` to `private.contacts_63`.
 */
const contactsPartition = /^contacts_(?:[0-5]\d|6[0-3])$/

function tableOf({ schema, table }: DatabaseWebhook): string | null {
  if (schema === 'public' && Object.hasOwn(tagsOfRow, table)) return table
  return schema === 'private' && contactsPartition.test(table) ? 'contacts' : null
}

/**
 * What a database webhook moves on, by workspace: the same as the statement's own outbox row, the union of the row's old
 * and new places, so that a row that changed hands moves both. Columns that are not needed may hold anything. A row that
 * moves from one partition to another comes as two webhooks, a DELETE and an INSERT, each for its workspace.
 */
export function webhookTags(webhook: DatabaseWebhook): Result<Map<WorkspaceId, Tag[]>, Fault> {
  const table = tableOf(webhook)
  if (table === null) {
    const names = Object.keys(tagsOfRow).join(', ')
    const message = `must be one of ${names} in the schema public, or a partition of contacts`
    return err({ parameter: 'table', message })
  }
  const rows = rowsOf(webhook)
  if (rows === null) {
    const message = 'must be there for an INSERT or UPDATE, and old_record for a DELETE'
    return err({ parameter: 'record', message })
  }
  const moved = new Map<WorkspaceId, Tag[]>()
  for (const row of rows) {
    const workspaceId = workspaceIdSchema.safeParse(row[table === 'workspaces' ? 'id' : 'workspace_id'])
    // Nothing is cached of a workspace that the API cannot name; the row's other workspace moves on all the same.
    if (!workspaceId.success) continue
    // An UPDATE with one of its two rows does not say where the other one was.
    const isWhole = webhook.type !== 'UPDATE' || rows.length === 2
    const tags = (isWhole ? tagsOfRow[table]?.(row) : null) ?? [workspaceTag]
    moved.set(workspaceId.data, [...new Set([...(moved.get(workspaceId.data) ?? []), ...tags])])
  }
  return moved.size === 0
    ? err({ parameter: 'record', message: 'must be a row with its workspace' })
    : ok(moved)
}

/** The row as it was and as it is, of which there is one for an INSERT or DELETE; null where what must be there is not. */
function rowsOf({ type, record, old_record }: DatabaseWebhook): Row[] | null {
  if ((type === 'DELETE' ? old_record : record) === null) return null
  return [old_record, record].filter((row) => row !== null)
}
