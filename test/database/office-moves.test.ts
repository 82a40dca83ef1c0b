import type postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { deploymentId } from '../../shared/ids.ts'
import { bucketMove, familyMove } from '../../shared/tags/moves.ts'
import { type Database, startDatabase } from './database.ts'
import { outboxOf } from './moved.ts'

let database: Database

beforeAll(async () => {
  database = await startDatabase(500)
}, 120_000)

afterAll(async () => {
  await database.stop()
})

interface Moving {
  readonly table: string
  readonly insert: string
  readonly update: string
  /** The moves of the row as it is inserted, and those of the row after the update. */
  readonly before: readonly string[]
  readonly after: readonly string[]
}

const mailbox = (folder: string) => [bucketMove('mailbox', `ann:${folder}`)]
const folders = `insert into mailbox_folders (workspace_id, user_id, folder)
  values ('15213', 'ann', 'inbox'), ('15213', 'ann', 'sent')`

const moving: readonly Moving[] = [
  {
    table: 'workspace_configurations',
    insert: `values ('15213', 'de', 'DE', 'Europe/Berlin')`,
    update: `set language = 'en'`,
    ...{ before: [familyMove('config')], after: [familyMove('config')] },
  },
  {
    table: 'webhook_sources',
    insert: `values ('15213', 'h1', 'Payments', 'stripe')`,
    update: `set is_active = false`,
    ...{ before: [familyMove('sources')], after: [familyMove('sources')] },
  },
  {
    table: 'role_permissions',
    insert: `values ('15213', 'member', 'contacts.export')`,
    update: `set is_allowed = false`,
    ...{ before: [familyMove('members')], after: [familyMove('members')] },
  },
  {
    table: 'mailbox_folders',
    insert: `values ('15213', 'ann', 'archive')`,
    update: `set folder = 'old'`,
    ...{ before: mailbox('archive'), after: mailbox('old') },
  },
  {
    table: 'mailbox_messages',
    insert: `(workspace_id, user_id, folder, id, from_address, received_at)
      values ('15213', 'ann', 'inbox', 'n1', 'ilse@alder.example', now())`,
    update: `set folder = 'sent'`,
    ...{ before: mailbox('inbox'), after: mailbox('sent') },
  },
]

describe.each(moving)('a row of $table', ({ table, insert, update, before, after }) => {
  const prepare = async (sql: postgres.TransactionSql, isThere: boolean) => {
    if (table === 'mailbox_messages') await sql.unsafe(folders)
    if (isThere) await sql.unsafe(`insert into ${table} ${insert}`)
    await sql`delete from private.outbox`
  }
  /** The moves of workspaces. Those of the deployment have tests of their own (organizations.test.ts). */
  const movesOf = async (statement: string, isThere: boolean, role = 'origin') => {
    const outbox = await outboxOf(database.sql, async (sql) => {
      await prepare(sql, isThere)
      await sql.unsafe(`set local session_replication_role = ${role}`)
      await sql.unsafe(statement)
    })
    return outbox
      .filter(([workspaceId]) => workspaceId !== deploymentId)
      .flatMap(([workspaceId, moves]) => moves.map((move) => [workspaceId, move]))
  }
  const ofWorkspace = (moves: readonly string[]) =>
    [...new Set(moves)].toSorted().map((move) => ['15213', move])

  test.each(['origin', 'replica'])(
    'moves its tag when it appears, changes and vanishes, by old and new values, in a session with the role %s',
    async (role) => {
      expect(await movesOf(`insert into ${table} ${insert}`, false, role)).toEqual(ofWorkspace(before))
      expect(await movesOf(`update ${table} ${update} where workspace_id = '15213'`, true, role)).toEqual(
        ofWorkspace([...before, ...after]),
      )
      expect(await movesOf(`delete from ${table} where workspace_id = '15213'`, true, role)).toEqual(
        ofWorkspace(before),
      )
    },
  )

  test('moves every workspace when its table is emptied', async () => {
    const [row] = await database.sql`select count(*)::int as workspaces from workspaces`
    const moved = await movesOf(`truncate ${table} cascade`, true)
    expect(moved.filter(([, move]) => move === 'workspace')).toHaveLength(Number(row?.['workspaces']))
  })

  test('moves nothing with a statement that finds no row', async () => {
    expect(await movesOf(`update ${table} ${update} where workspace_id = 'nowhere'`, true)).toEqual([])
  })
})
