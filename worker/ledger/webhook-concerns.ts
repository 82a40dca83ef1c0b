import { z } from 'zod'
import { movedByStoredEmail } from '../../shared/contact-points/email.ts'
import { movedByStoredPhone } from '../../shared/contact-points/phone.ts'
import type { Fault } from '../../shared/contract/error-shown.ts'
import type { DatabaseWebhook } from '../../shared/contract/invalidation.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import { boardIdSchema, columnIdSchema, deploymentId, workspaceIdSchema } from '../../shared/ids.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { BucketedFamily } from '../../shared/tags/families.ts'
import type { Move } from '../../shared/tags/moves.ts'
import { bucketMove, familyMove, shownMoves } from '../../shared/tags/moves.ts'
import type { Concern } from './concerns.ts'
import { boardConcern, columnsConcern, settingsConcern, unionOf, workspaceConcern } from './concerns.ts'

type Row = Readonly<Record<string, unknown>>

const nothing: Concern = { scopes: [], moves: [] }

const placeRow = z.object({ board_id: boardIdSchema, board_column_id: columnIdSchema })
const columnRow = z.object({ board_id: boardIdSchema })
const boardRow = z.object({ id: boardIdSchema })

/**
 * The concern of a row, by table. `staysThere` says whether the statement left a row of the same id in the same workspace. Null if the
 * row names a place that no question of the API can name.
 */
const concernOfRow: Readonly<Record<string, (row: Row, staysThere: boolean) => Concern | null>> = {
  contacts(row, staysThere) {
    const parsed = placeRow.safeParse(row)
    if (!parsed.success) return null
    const places = columnsConcern(parsed.data.board_id, [parsed.data.board_column_id])
    const shown = typeof row['id'] === 'string' ? shownMoves(row['id']) : []
    // A row names no filters of segments.
    const moves = [...places.moves, ...shown, ...movesOfColumns(row, contactColumns), familyMove('segment')]
    // That there is no such lead is an answer about conversations, too.
    const conversations = staysThere ? [] : movesOfColumns(row, { id: 'conversation' })
    return { ...places, moves: [...moves, ...conversations] }
  },
  board_columns(row) {
    const parsed = columnRow.safeParse(row)
    return parsed.success ? boardConcern(parsed.data.board_id) : null
  },
  boards(row) {
    const parsed = boardRow.safeParse(row)
    return parsed.success ? boardConcern(parsed.data.id) : null
  },
  cache_settings: () => settingsConcern,
  memberships: (row) => ({ scopes: ['members'], moves: movesOfColumns(row, { user_id: 'members' }) }),
  workspaces: () => workspaceConcern,
}

/** The columns of a contact that have tags of their own, besides its place. */
const contactColumns = { id: 'contact', assigned_to: 'user', email: 'email', phone: 'phone' } as const

/** The buckets of a row's values. Null has no bucket. If the row does not have the column, the whole family moves. */
function movesOfColumns(row: Row, columns: Readonly<Record<string, BucketedFamily>>): Move[] {
  return Object.entries(columns).flatMap(([column, family]) => {
    const value = row[column]
    if (value === null) return []
    return typeof value === 'string' ? [moveOfValue(family, value)] : [familyMove(family)]
  })
}

function moveOfValue(family: BucketedFamily, value: string): Move {
  if (family === 'email') return movedByStoredEmail(value)
  return family === 'phone' ? movedByStoredPhone(value) : bucketMove(family, value)
}

/**
 * A row trigger on the partitioned table `public.contacts` fires on the partition with the row, and Supabase's webhook names that
 * partition: `private.contacts_00` to `private.contacts_63`.
 */
const contactsPartition = /^contacts_(?:[0-5]\d|6[0-3])$/

function tableOf({ schema, table }: DatabaseWebhook): string | null {
  if (schema === 'public' && Object.hasOwn(concernOfRow, table)) return table
  return schema === 'private' && contactsPartition.test(table) ? 'contacts' : null
}

/**
 * The concern of a database webhook, by workspace. It covers everything that the statement's outbox row moves, and more, because a
 * webhook names no facets. Both the old and the new place of the row move. Columns that are not needed may have any value. A row
 * that changes its partition is reported as two webhooks, a DELETE and an INSERT, each for its own workspace.
 */
export function webhookConcerns(webhook: DatabaseWebhook): Result<Map<WorkspaceId, Concern>, Fault> {
  const table = tableOf(webhook)
  if (table === null) {
    const names = Object.keys(concernOfRow).join(', ')
    const message = `must be one of ${names} in the schema public, or a partition of contacts`
    return err({ parameter: 'table', message })
  }
  const rows = rowsOf(webhook)
  if (rows === null) {
    const message = 'must be there for an INSERT or UPDATE, and old_record for a DELETE'
    return err({ parameter: 'record', message })
  }
  const moved = new Map<WorkspaceId, Concern>()
  const staysThere = webhook.type === 'UPDATE' && areOfOneRecord(rows)
  for (const row of rows) {
    const workspaceId = workspaceIdSchema.safeParse(row[table === 'workspaces' ? 'id' : 'workspace_id'])
    // A workspace that the API cannot name has no entries. The row's other workspace is still handled.
    if (!workspaceId.success) continue
    // If an UPDATE has only one of its two rows, the place of the other one is unknown.
    const isWhole = webhook.type !== 'UPDATE' || rows.length === 2
    const concern = (isWhole ? concernOfRow[table]?.(row, staysThere) : null) ?? workspaceConcern
    moved.set(workspaceId.data, unionOf(moved.get(workspaceId.data) ?? nothing, concern))
  }
  if (moved.size === 0) return err({ parameter: 'record', message: 'must be a row with its workspace' })
  if (table !== 'workspaces') return ok(moved)
  // The workspaces come last, so that the answer's version is one of theirs.
  return ok(new Map([[deploymentId, organizationsConcern(webhook.type, rows)], ...moved]))
}

/** The entries of the deployment show the names of workspaces, as organizations. */
function organizationsConcern(type: DatabaseWebhook['type'], rows: readonly Row[]): Concern {
  const areAll = type !== 'UPDATE' || rows.length === 2
  const moves = areAll
    ? rows.flatMap((row) => movesOfColumns(row, { id: 'company' }))
    : [familyMove('company')]
  return { scopes: [], moves: [...new Set(moves)] }
}

/** The old and the new row, of which an INSERT and a DELETE have one. Null if the row that the type needs is absent. */
function rowsOf({ type, record, old_record }: DatabaseWebhook): Row[] | null {
  if ((type === 'DELETE' ? old_record : record) === null) return null
  return [old_record, record].filter((row) => row !== null)
}

/** Whether the old and the new row have the same id in the same workspace. */
function areOfOneRecord([old, now]: readonly Row[]): boolean {
  return old?.['id'] === now?.['id'] && old?.['workspace_id'] === now?.['workspace_id']
}
