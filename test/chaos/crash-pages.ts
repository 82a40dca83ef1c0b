import type { Sql } from 'postgres'
import type { ApiClient } from '../support/api-client.ts'
import { eventually } from '../support/eventually.ts'

/**
 * Whether a page at the edge becomes equal to the database, read as any client reads it. A page that is marked as
 * stale claims nothing, so the check waits for it: the piece that came back last may still be opening its
 * connections.
 */
export async function pageFaults({ api, sql, workspaceId }: Asking, page: Page): Promise<string[]> {
  const { boardId, columnId } = page
  const subject = `${workspaceId} ${boardId} ${columnId ?? ''}`
  const truth = await sql`
    select id, name, board_column_id from contacts
    where workspace_id = ${workspaceId} and board_id = ${boardId}
      and (${columnId}::text is null or board_column_id = ${columnId})
    order by updated_at desc, id desc limit ${perPage}`
  const expected = JSON.stringify(truth.map((row) => [row['id'], row['name'], row['board_column_id']]))
  const startedAtMs = performance.now()
  let seen = 'nothing'
  try {
    return await eventually(
      async () => {
        const { contacts, _cache } = await api.page(boardId, queryOf(page))
        seen = JSON.stringify(contacts.map((contact) => [contact.id, contact.name, contact.board_column_id]))
        if (seen === expected) return []
        const isLate = performance.now() - startedAtMs > currentDeadlineMs
        if (!isLate || _cache.status === 'STALE') return false
        return [`${subject}: the edge has ${JSON.stringify(_cache)} ${differing(seen, expected)}`]
      },
      { deadlineMs: staleDeadlineMs, everyMs: 50 },
    )
  } catch (error) {
    return [
      `${subject}: ${staleDeadlineMs} ms later the edge has still ${differing(seen, expected)} (${error})`,
    ]
  }
}

/** A board, or one of its columns. */
export interface Page {
  readonly boardId: string
  readonly columnId: string | null
}

/** The query of a page, for readers and for the check. */
export function queryOf({ columnId }: Page): string {
  return `per_page=${perPage}&sort_by=updated_at${columnId === null ? '' : `&column_id=${columnId}`}`
}

interface Asking {
  readonly api: ApiClient
  readonly sql: Sql
  readonly workspaceId: string
}

const perPage = 50
/**
 * How long a page may claim to be current without being so, and how long the check waits for a page that says it is
 * stale.
 */
const currentDeadlineMs = 3_000
const staleDeadlineMs = 40_000

function differing(seen: string, expected: string): string {
  return `${seen.slice(0, 200)}, the database ${expected.slice(0, 200)}`
}
