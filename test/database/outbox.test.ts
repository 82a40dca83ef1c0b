import type postgres from 'postgres'
import type { TransactionSql } from 'postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { deploymentId } from '../../shared/ids.ts'
import { bucketMove, orderMove, placeMove, shownMoves } from '../../shared/tags/moves.ts'
import { slotBit } from '../../shared/tags/places.ts'
import { type Database, startDatabase } from './database.ts'
import { outboxIn, outboxOf, slotsMoved } from './moved.ts'
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

/** The rows of workspaces. Those of the deployment have tests of their own (organizations.test.ts). */
const movedBy = async (write: (sql: TransactionSql) => Promise<unknown>) => {
  const outbox = await outboxOf(database.sql, write)
  return outbox.filter(([workspaceId]) => workspaceId !== deploymentId)
}
/** The moves of a statement that moves only workspace 15213. */
const movesOf = async (write: (sql: TransactionSql) => Promise<unknown>) => {
  const outbox = await movedBy(write)
  expect(outbox.map(([workspaceId]) => workspaceId)).toEqual(['15213'])
  return outbox[0]?.[1] ?? []
}

/** A new contact: open, unassigned, of medium priority. */
const lists = ['open', 'unassigned', 'medium_priority', 'all'] as const
const mask = [...lists, 'time'] as const
const bitsOf = (...names: readonly Parameters<typeof slotBit>[0][]) =>
  names.reduce((bits, name) => bits | slotBit(name), 0)
/** The moves of places that a change of a contact always makes, and those of the lists that it enters or leaves. */
const movesOfPlace = (board: string, column: string | null) =>
  placeMove(board, column, bitsOf(...mask, ...(column === null ? (['search'] as const) : [])))
const movesOfLists = (board: string, column: string | null) => orderMove(board, column, bitsOf(...lists))
const movesOfNew = (id: string, board: string, column: string) =>
  [
    ...shownMoves(id),
    bucketMove('conversation', id),
    ...[null, column].flatMap((at) => [movesOfPlace(board, at), movesOfLists(board, at)]),
    'counts',
  ].toSorted()

const insertContact = (sql: postgres.ISql, id: string, board = 'board_123', column = 'col_1') =>
  sql`insert into contacts (workspace_id, id, board_id, board_column_id, name)
    values ('15213', ${id}, ${board}, ${column}, 'New')`

describe('a contact', () => {
  test('that is created or deleted moves itself, its board, column and lists in the slots that it meets, and the counts', async () => {
    const moves = movesOfNew('made', 'board_123', 'col_1')
    expect(await movesOf((sql) => insertContact(sql, 'made'))).toEqual(moves)
    const remove = async (sql: TransactionSql) => {
      await insertContact(sql, 'made')
      await sql`delete from private.outbox`
      await sql`delete from contacts where workspace_id = '15213' and id = 'made'`
    }
    expect(await movesOf(remove)).toEqual(moves)
  })

  test('that is changed in a field without counts leaves the counts', async () => {
    const rename = async (sql: TransactionSql) => {
      await insertContact(sql, 'made')
      await sql`delete from private.outbox`
      await sql`update contacts set name = 'Other', email = 'other@example.com', tags = '{a}', last_message = 'Hi'
        where workspace_id = '15213' and id = 'made'`
    }
    const ofNewAlone: readonly string[] = [
      'counts',
      bucketMove('conversation', 'made'),
      movesOfLists('board_123', null),
      movesOfLists('board_123', 'col_1'),
    ]
    const moves = movesOfNew('made', 'board_123', 'col_1').filter((move) => !ofNewAlone.includes(move))
    const ofAddress = bucketMove('email', 'other@example.com')
    expect(await movesOf(rename)).toEqual([...moves, ofAddress].toSorted())
  })

  test('that is moved moves both columns and both boards and the lists that it leaves and enters, but not the counts', async () => {
    const move = (board: string, column: string) => async (sql: TransactionSql) => {
      await insertContact(sql, 'made')
      await sql`delete from private.outbox`
      await sql`update contacts set board_id = ${board}, board_column_id = ${column}
        where workspace_id = '15213' and id = 'made'`
    }
    const ofPlaces = (...at: [string, string | null][]) =>
      at.map(([board, column]) => movesOfPlace(board, column))
    const ofLists = (...at: [string, string | null][]) =>
      at.map(([board, column]) => movesOfLists(board, column))
    expect(await movesOf(move('board_123', 'col_2'))).toEqual(
      [
        ...shownMoves('made'),
        ...ofPlaces(['board_123', null], ['board_123', 'col_1'], ['board_123', 'col_2']),
        ...ofLists(['board_123', 'col_1'], ['board_123', 'col_2']),
      ].toSorted(),
    )
    const both = [
      ['board_123', null],
      ['board_123', 'col_1'],
      ['board_1', null],
      ['board_1', 'col_11'],
    ] satisfies [string, string | null][]
    expect(await movesOf(move('board_1', 'col_11'))).toEqual(
      [...shownMoves('made'), ...ofPlaces(...both), ...ofLists(...both)].toSorted(),
    )
  })

  test('that is reassigned moves the old and the new user', async () => {
    const assign = (from: string | null, to: string | null) => async (sql: TransactionSql) => {
      await insertContact(sql, 'made')
      await sql`update contacts set assigned_to = ${from} where workspace_id = '15213' and id = 'made'`
      await sql`delete from private.outbox`
      await sql`update contacts set assigned_to = ${to} where workspace_id = '15213' and id = 'made'`
    }
    const usersMoved = (moves: readonly string[]) => moves.filter((move) => move.startsWith('user#'))
    const buckets = (...ids: string[]) => ids.map((id) => bucketMove('user', id)).toSorted()
    expect(usersMoved(await movesOf(assign(null, 'ann')))).toEqual(buckets('ann'))
    expect(usersMoved(await movesOf(assign('ann', 'Bob')))).toEqual(buckets('ann', 'Bob'))
    expect(usersMoved(await movesOf(assign('Bob', null)))).toEqual(buckets('Bob'))
    expect(usersMoved(await movesOf(assign('Bob', 'Bob')))).toEqual(buckets('Bob'))
    expect(usersMoved(await movesOf(assign(null, null)))).toEqual([])
  })

  test('that no statement touches leaves no row', async () => {
    const miss = (sql: TransactionSql) => sql`update contacts set name = 'X' where workspace_id = 'nowhere'`
    expect(await movedBy(miss)).toEqual([])
  })

  test('that an upsert changes, beside one that it creates, leaves its moves once', async () => {
    const outbox = await movedBy(async (sql) => {
      await insertContact(sql, 'made')
      await sql`delete from private.outbox`
      await sql`insert into contacts (workspace_id, id, board_id, board_column_id, name)
        values ('15213', 'made', 'board_1', 'col_11', 'New'), ('15213', 'also', 'board_2', 'col_21', 'New')
        on conflict (workspace_id, id) do update set board_id = excluded.board_id, board_column_id = excluded.board_column_id`
    })
    expect(outbox).toHaveLength(2)
    const moves = outbox.flatMap(([, each]) => each)
    for (const [board, column] of [
      ['board_123', 'col_1'],
      ['board_1', 'col_11'],
      ['board_2', 'col_21'],
    ] as const)
      expect(slotsMoved(moves, board, column)).toEqual(mask)
  })
})

describe('a statement', () => {
  test('over several workspaces leaves one row for each', async () => {
    const rows = await movedBy((sql) => sql`update contacts set name = 'Same' where id = 'contact_000001'`)
    expect(rows.map(([workspaceId]) => workspaceId).toSorted()).toEqual(['15213', '15214', '15215'])
    for (const [, moves] of rows) expect(moves).toContain(bucketMove('contact', 'contact_000001'))
  })

  test('over 20,000 contacts of a few columns names the columns and their lists, and contacts as a family', async () => {
    const moves = await movesOf(
      (sql) => sql`insert into contacts (workspace_id, id, board_id, board_column_id, name)
        select '15213', 'bulk_' || n, 'board_123', 'col_' || 1 + n % 3, 'Bulk' from generate_series(1, 20000) n`,
    )
    const places = [null, 'col_1', 'col_2', 'col_3'].flatMap((column) => [
      movesOfPlace('board_123', column),
      movesOfLists('board_123', column),
    ])
    expect(moves).toEqual(['contact', 'conversation', 'counts', ...places].toSorted())
  })

  test('over more than 32 buckets of a family names the family, and the buckets of the others', async () => {
    const spread = (contacts: number, columns: number, assignees: number) => async (sql: TransactionSql) => {
      await sql`insert into boards (workspace_id, id, name) values ('15213', 'wide', 'Wide')`
      await sql`insert into board_columns (workspace_id, board_id, id, name)
        select '15213', 'wide', 'c' || c, 'C' from generate_series(1, ${columns}::int) c`
      await sql`delete from private.outbox`
      await sql`insert into contacts (workspace_id, id, board_id, board_column_id, name, assigned_to)
        select '15213', 'wide_' || n, 'wide', 'c' || 1 + n % ${columns}::int, 'C', 'user-' || n % ${assignees}::int
        from generate_series(1, ${contacts}::int) n`
    }
    const families = (moves: readonly string[]) =>
      Object.fromEntries(
        ['contact', 'user', 'place'].map((family) => [
          family,
          moves.includes(family) ? 'all' : moves.filter((move) => move.startsWith(`${family}#`)).length,
        ]),
      )
    expect(families(await movesOf(spread(10, 3, 2)))).toEqual({ contact: 10, user: 2, place: 8 })
    expect(families(await movesOf(spread(300, 3, 2)))).toEqual({ contact: 'all', user: 2, place: 8 })
    expect(families(await movesOf(spread(300, 3, 100)))).toEqual({ contact: 'all', user: 'all', place: 8 })
    expect(families(await movesOf(spread(300, 200, 100)))).toEqual({
      ...{ contact: 'all', user: 'all', place: 'all' },
    })
  })

  test('that is rolled back leaves nothing, and another one in the committed transaction does', async () => {
    await database.sql.begin(async (sql) => {
      await sql`update contacts set name = 'Kept' where workspace_id = '15214' and id = 'contact_000001'`
      await sql
        .savepoint(async (inner) => {
          await inner`update contacts set name = 'Gone' where workspace_id = '15215' and id = 'contact_000001'`
          throw new Error('rolled back')
        })
        .catch(() => undefined)
    })
    expect((await outboxIn(database.sql)).map(([workspaceId]) => workspaceId)).toEqual(['15214'])
  })

  test('of a member leaves its row too, although the member may not see the outbox', async () => {
    const member = await database.as(users.member)
    await member.from('contacts').update({ name: 'By hand' }).eq('id', 'contact_000001')
    expect((await outboxIn(database.sql)).map(([workspaceId]) => workspaceId)).toEqual(['15213'])
  })

  test('leaves no id, name, address or number of a contact in the outbox', async () => {
    const outbox = await movedBy(async (sql) => {
      await sql`insert into boards (workspace_id, id, name) values ('15213', 'marked_board', 'marked')`
      await sql`insert into board_columns (workspace_id, board_id, id, name)
        values ('15213', 'marked_board', 'marked_column', 'marked')`
      await sql`insert into memberships (workspace_id, user_id) values ('15213', 'marked_user')`
      await sql`insert into contacts (workspace_id, id, board_id, board_column_id, name, email, phone, assigned_to)
        values ('15213', 'marked_contact', 'marked_board', 'marked_column', 'marked', 'marked@example.com', '+1 555 0100',
          'marked_user')`
      await sql`delete from boards where workspace_id = '15213' and id = 'marked_board'`
    })
    expect(outbox.length).toBeGreaterThan(5)
    expect(JSON.stringify(outbox)).not.toMatch(/marked|555/)
  })
})

describe('the other tables', () => {
  const boardMove = (id: string) => placeMove(id, null, slotBit('board'))
  const writes: [string, string, string[]][] = [
    ['boards', `insert into boards (workspace_id, id, name) values ('15213', 'b', 'B')`, [boardMove('b')]],
    [
      'boards',
      `update boards set name = 'B' where workspace_id = '15213' and id = 'board_2'`,
      [boardMove('board_2')],
    ],
    [
      'board_columns',
      `insert into board_columns (workspace_id, board_id, id, name) values ('15213', 'board_2', 'c', 'C')`,
      [boardMove('board_2')],
    ],
    [
      'board_columns',
      `update board_columns set position = 9 where workspace_id = '15213' and board_id = 'board_1'`,
      [boardMove('board_1')],
    ],
    [
      'memberships',
      `insert into memberships (workspace_id, user_id) values ('15213', 'somebody')`,
      [bucketMove('members', 'somebody')],
    ],
    [
      'memberships',
      `update memberships set role = 'member' where workspace_id = '15213' and user_id = '${users.admin.sub}'`,
      [bucketMove('members', users.admin.sub)],
    ],
    [
      'memberships',
      `update memberships set user_id = 'other' where workspace_id = '15213' and user_id = '${users.admin.sub}'`,
      [bucketMove('members', users.admin.sub), bucketMove('members', 'other')],
    ],
    [
      'memberships',
      `delete from memberships where workspace_id = '15213' and user_id = '${users.member.sub}'`,
      [bucketMove('members', users.member.sub)],
    ],
    [
      'memberships',
      `insert into memberships (workspace_id, user_id) select '15213', 'user-' || n from generate_series(1, 200) n`,
      ['members'],
    ],
    ['cache_settings', `insert into cache_settings (workspace_id) values ('15213')`, ['settings']],
    ['workspaces', `update workspaces set name = 'W' where id = '15213'`, ['settings']],
  ]

  test.each(writes)('%s: %s', async (_table, statement, moves) => {
    expect(await movesOf((sql) => sql.unsafe(statement))).toEqual(moves.toSorted())
  })

  test('a workspace moves as a whole only when it is deleted', async () => {
    const remove = (sql: TransactionSql) => sql`delete from workspaces where id = '15214'`
    expect((await movedBy(remove)).map(([id, moves]) => [id, moves.includes('workspace')])).toContainEqual([
      '15214',
      true,
    ])
    const rename = async (sql: TransactionSql) => {
      await sql`insert into workspaces (id, name) values ('old', 'Old')`
      await sql`update workspaces set id = 'new' where id = 'old'`
    }
    expect((await movedBy(rename)).toSorted()).toEqual([
      ['new', ['settings']],
      ['old', ['settings']],
      ['old', ['workspace']],
    ])
  })

  test('a board that is deleted moves itself, its columns and their contacts', async () => {
    const rows = await movedBy(
      (sql) => sql`delete from boards where workspace_id = '15213' and id = 'board_2'`,
    )
    const moves = rows.flatMap(([, each]) => each)
    expect(new Set(rows.map(([workspaceId]) => workspaceId))).toEqual(new Set(['15213']))
    expect(slotsMoved(moves, 'board_2', null)).toEqual(
      expect.arrayContaining(['medium_priority', 'all', 'time', 'search', 'board']),
    )
    expect(slotsMoved(moves, 'board_2', 'col_21')).toEqual(expect.arrayContaining(['all', 'time']))
    expect(moves).toContain('counts')
    expect(moves).not.toContain('workspace')
  })
})
