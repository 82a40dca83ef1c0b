import type { TransactionSql } from 'postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Database, startDatabase } from './database.ts'
import { users } from './users.ts'

let database: Database

beforeAll(async () => {
  database = await startDatabase(2_000)
}, 120_000)

afterAll(async () => {
  await database.stop()
})

beforeEach(async () => {
  await database.sql`delete from private.outbox`
})

interface Row {
  readonly workspace_id: string
  readonly tags: readonly string[]
}

const written = () => database.sql<Row[]>`select workspace_id, tags from private.outbox order by id`

/** What a write left in the outbox, then undone: every test finds the reference data. */
async function outboxOf(write: (sql: TransactionSql) => Promise<unknown>): Promise<[string, string[]][]> {
  let rows: Row[] = []
  const undone = new Error('undone')
  const work = database.sql.begin(async (sql) => {
    await write(sql)
    rows = await sql<Row[]>`select workspace_id, tags from private.outbox order by id`
    throw undone
  })
  await work.catch((error: unknown) => {
    if (error !== undone) throw error
  })
  return rows.map((row) => [row.workspace_id, row.tags.toSorted()])
}

const columnTags = (boardId: string, ...columnIds: string[]) =>
  ['counts', `open:${boardId}`, ...columnIds.map((id) => `column:${boardId}:${id}`)].toSorted()

const insertContact = (sql: TransactionSql, workspaceId: string, board: string, column: string) =>
  sql`insert into contacts (workspace_id, id, board_id, board_column_id, name)
    values (${workspaceId}, ${`new_${board}_${column}`}, ${board}, ${column}, 'New')`

describe('a contact', () => {
  test('that is created, changed or deleted moves its column, its board’s open list and the counts', async () => {
    const moved = [['15213', columnTags('board_123', 'col_1')]]
    expect(await outboxOf((sql) => insertContact(sql, '15213', 'board_123', 'col_1'))).toEqual(moved)
    const [contact] = await database.sql`
      select id from contacts where workspace_id = '15213' and board_column_id = 'col_1' limit 1`
    const id = String(contact?.['id'])
    const update = (sql: TransactionSql) =>
      sql`update contacts set name = 'Other' where workspace_id = '15213' and id = ${id}`
    const remove = (sql: TransactionSql) =>
      sql`delete from contacts where workspace_id = '15213' and id = ${id}`
    expect(await outboxOf(update)).toEqual(moved)
    expect(await outboxOf(remove)).toEqual(moved)
  })

  test('that is moved names both columns, and both boards where it changes its board', async () => {
    const move = (board: string, column: string) => (sql: TransactionSql) =>
      sql`update contacts set board_id = ${board}, board_column_id = ${column}
        where workspace_id = '15213' and id = (select id from contacts
          where workspace_id = '15213' and board_id = 'board_123' and board_column_id = 'col_1' limit 1)`
    expect(await outboxOf(move('board_123', 'col_2'))).toEqual([
      ['15213', columnTags('board_123', 'col_1', 'col_2')],
    ])
    expect(await outboxOf(move('board_1', 'col_11'))).toEqual([
      [
        '15213',
        [
          'counts',
          'open:board_1',
          'open:board_123',
          'column:board_1:col_11',
          'column:board_123:col_1',
        ].toSorted(),
      ],
    ])
  })

  test('that nothing was done to leaves no row', async () => {
    const miss = (sql: TransactionSql) => sql`update contacts set name = 'X' where workspace_id = 'nowhere'`
    expect(await outboxOf(miss)).toEqual([])
  })
})

describe('a statement', () => {
  test('over several workspaces leaves one row for each', async () => {
    const rows = await outboxOf((sql) => sql`update contacts set name = 'Same' where id = 'contact_000001'`)
    expect(rows.map(([workspaceId]) => workspaceId).toSorted()).toEqual(['15213', '15214', '15215'])
  })

  test('over 20,000 contacts of a few columns leaves one row that names the columns', async () => {
    const rows = await outboxOf(
      (sql) => sql`insert into contacts (workspace_id, id, board_id, board_column_id, name)
        select '15213', 'bulk_' || n, 'board_123', 'col_' || 1 + n % 3, 'Bulk' from generate_series(1, 20000) n`,
    )
    expect(rows).toEqual([['15213', columnTags('board_123', 'col_1', 'col_2', 'col_3')]])
  })

  test('over many columns names their boards, and over many boards the workspace', async () => {
    const spread = (boards: number, columns: number) => async (sql: TransactionSql) => {
      await sql`insert into boards (workspace_id, id, name)
        select '15213', 'many_' || b, 'Many' from generate_series(1, ${boards}::int) b`
      await sql`insert into board_columns (workspace_id, board_id, id, name)
        select '15213', 'many_' || b, 'c' || c, 'C'
        from generate_series(1, ${boards}::int) b, generate_series(1, ${columns}::int) c`
      await sql`delete from private.outbox`
      await sql`insert into contacts (workspace_id, id, board_id, board_column_id, name)
        select '15213', 'many_' || b || '_' || c, 'many_' || b, 'c' || c, 'C'
        from generate_series(1, ${boards}::int) b, generate_series(1, ${columns}::int) c`
    }
    expect(await outboxOf(spread(2, 5))).toEqual([['15213', ['board:many_1', 'board:many_2', 'counts']]])
    expect(await outboxOf(spread(9, 2))).toEqual([['15213', ['workspace']]])
  })

  test('that is rolled back leaves nothing, and one beside it in a transaction that holds does', async () => {
    await database.sql.begin(async (sql) => {
      await sql`update contacts set name = 'Kept' where workspace_id = '15214' and id = 'contact_000001'`
      await sql
        .savepoint(async (inner) => {
          await inner`update contacts set name = 'Gone' where workspace_id = '15215' and id = 'contact_000001'`
          throw new Error('rolled back')
        })
        .catch(() => undefined)
    })
    expect((await written()).map((row) => row.workspace_id)).toEqual(['15214'])
  })

  test('by a member’s own token leaves its row too, though the member may not see the outbox', async () => {
    const member = await database.as(users.member)
    await member.from('contacts').update({ name: 'By hand' }).eq('id', 'contact_000001')
    expect((await written()).map((row) => row.workspace_id)).toEqual(['15213'])
  })
})

describe('the other tables', () => {
  const writes: [string, string, string[]][] = [
    [
      'boards',
      `insert into boards (workspace_id, id, name) values ('15213', 'b', 'B')`,
      ['board:b', 'counts'],
    ],
    [
      'boards',
      `update boards set name = 'B' where workspace_id = '15213' and id = 'board_2'`,
      ['board:board_2', 'counts'],
    ],
    [
      'board_columns',
      `insert into board_columns (workspace_id, board_id, id, name) values ('15213', 'board_2', 'c', 'C')`,
      ['board:board_2', 'counts'],
    ],
    [
      'board_columns',
      `update board_columns set position = 9 where workspace_id = '15213' and board_id = 'board_1'`,
      ['board:board_1', 'counts'],
    ],
    [
      'memberships',
      `insert into memberships (workspace_id, user_id) values ('15213', 'somebody')`,
      ['workspace'],
    ],
    ['memberships', `delete from memberships where workspace_id = '15213'`, ['workspace']],
    ['cache_settings', `insert into cache_settings (workspace_id) values ('15213')`, ['settings']],
    ['workspaces', `update workspaces set name = 'W' where id = '15213'`, ['workspace']],
  ]

  test.each(writes)('%s: %s', async (_table, statement, tags) => {
    expect(await outboxOf((sql) => sql.unsafe(statement))).toEqual([['15213', tags]])
  })

  test('a board that is deleted moves itself, its columns and what stood in them', async () => {
    const rows = await outboxOf(
      (sql) => sql`delete from boards where workspace_id = '15213' and id = 'board_2'`,
    )
    const tags = new Set(rows.flatMap(([, moved]) => moved))
    expect(new Set(rows.map(([workspaceId]) => workspaceId))).toEqual(new Set(['15213']))
    for (const tag of ['board:board_2', 'open:board_2', 'counts', 'column:board_2:col_21'])
      expect(tags).toContain(tag)
  })

  test('a table that is emptied moves everything of every workspace', async () => {
    const rows = await outboxOf((sql) => sql`truncate contacts`)
    expect(rows.toSorted()).toEqual(
      ['15213', '15214', '15215'].map((workspaceId) => [workspaceId, ['settings', 'workspace']]),
    )
  })
})
