import postgres from 'postgres'
import type { Place } from '../resources/cases/case.ts'
import { board, sharedContent } from '../resources/cases/case.ts'
import { cases } from '../resources/cases/index.ts'
import { validateBounds as bounds } from './bounds.ts'
import { Unmet } from './check-endings.ts'
import type { Given } from './given.ts'

/** The rows of the canary workspace: those of every resource's case (test/resources/cases). */
export interface CanaryRows {
  readonly place: Place
  readonly board: { readonly boardId: string; readonly columnId: string }
  /** Runs statements of the cases in one transaction, and answers when they are committed. */
  execute(sql: string): Promise<void>
  rename(contactId: string, name: string): Promise<void>
  /** Removes every row of the canary but its memberships and settings. Answers the tables that still have some. */
  remove(): Promise<string[]>
  end(): Promise<void>
}

/** Tables with the workspace's people and settings. Settings are restored through the API. */
const keptTables: ReadonlySet<string> = new Set(['memberships', 'cache_settings'])

/**
 * Connects to the database, and fills the canary with the rows of all cases. The canary must be empty, so that removing every row of
 * it at the end removes only what this run made. The rows of a killed run are removed first only where that is asked for, and only from a
 * workspace whose boards are those of a run.
 */
export async function fillCanary(given: Given, databaseUrl: string): Promise<CanaryRows> {
  const sql = postgres(databaseUrl, {
    max: 2,
    connect_timeout: bounds.statementDeadlineMs / 1_000,
    onnotice: () => undefined,
    // Poolers of transactions keep no prepared statements, and refuse most parameters of a session.
    prepare: false,
    connection: { application_name: 'boardcache validate' },
  })
  try {
    const { workspaceId, tokens } = given
    const place: Place = {
      ...{ workspaceId, userId: tokens.userId, mark: newMark() },
      ...{ size: 2, now: new Date().toISOString() },
    }
    const tables = await tablesOf(sql)
    const filled = await filledTables(sql, tables, workspaceId)
    if (filled.length > 0) await removeRemains(sql, given, tables, filled)
    const contents = [sharedContent(place), ...Object.values(cases).map(({ content }) => content(place))]
    await transact(sql, (transaction) => transaction.unsafe(contents.join('\n')))
    return {
      place,
      board: { boardId: board.board_id, columnId: board.board_column_id },
      execute: (text) => transact(sql, (transaction) => transaction.unsafe(text)),
      rename: (contactId, name) =>
        transact(
          sql,
          (transaction) => transaction`
            update public.contacts set name = ${name} where workspace_id = ${workspaceId} and id = ${contactId}`,
        ),
      remove: () => removeRows(sql, tables, workspaceId),
      end: () => sql.end({ timeout: 5 }),
    }
  } catch (error) {
    await sql.end({ timeout: 5 })
    throw error
  }
}

/** Letters only, because it is the name of a permission too. */
function newMark(): string {
  const letters = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) =>
    String.fromCharCode(97 + (byte % 26)),
  )
  return `zq${letters.join('')}`
}

/** Runs a statement with its deadline. */
async function transact(
  sql: postgres.Sql,
  statement: (transaction: postgres.TransactionSql) => Promise<unknown>,
): Promise<void> {
  await sql.begin(async (transaction) => {
    await transaction.unsafe(`set local statement_timeout = ${bounds.statementDeadlineMs}`)
    await statement(transaction)
  })
}

/** Every table with rows of workspaces, so that a new one is emptied too. */
async function tablesOf(sql: postgres.Sql): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select c.table_name as name from information_schema.columns c
      join information_schema.tables t on t.table_schema = c.table_schema and t.table_name = c.table_name
      where c.table_schema = 'public' and c.column_name = 'workspace_id' and t.table_type = 'BASE TABLE'
      order by c.table_name`
  return rows.map(({ name }) => name).filter((name) => !keptTables.has(name))
}

async function filledTables(
  sql: postgres.Sql,
  tables: readonly string[],
  workspaceId: string,
): Promise<string[]> {
  const filled: string[] = []
  for (const table of tables) {
    const rows = await sql`select from public.${sql(table)} where workspace_id = ${workspaceId} limit 1`
    if (rows.length > 0) filled.push(table)
  }
  return filled
}

async function removeRemains(
  sql: postgres.Sql,
  { workspaceId, mayRemoveRemains }: Given,
  tables: readonly string[],
  filled: readonly string[],
): Promise<void> {
  const others = await sql`
    select from public.boards where workspace_id = ${workspaceId} and id not in (${board.board_id}, 'later-board') limit 1`
  if (!mayRemoveRemains || others.length > 0)
    throw new Unmet(
      'the canary is empty, or holds what a killed run left and --remove-remains is given; no row of it was touched',
      `rows in ${filled.join(', ')}`,
    )
  const left = await removeRows(sql, tables, workspaceId)
  if (left.length > 0)
    throw new Unmet('the rows of a killed run can be removed', `rows in ${left.join(', ')}`)
}

/** Rows may be removed only after those that refer to them, so tables are tried in turn until a whole turn removes nothing. */
async function removeRows(
  sql: postgres.Sql,
  tables: readonly string[],
  workspaceId: string,
): Promise<string[]> {
  let waiting = [...tables]
  for (let turn = 0; turn < tables.length && waiting.length > 0; turn += 1) {
    const refused: string[] = []
    for (const table of waiting) {
      try {
        await transact(
          sql,
          (transaction) => transaction`delete from public.${sql(table)} where workspace_id = ${workspaceId}`,
        )
      } catch {
        refused.push(table)
      }
    }
    if (refused.length === waiting.length) break
    waiting = refused
  }
  return filledTables(sql, tables, workspaceId)
}
