import postgres from 'postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { outboxRowsSchema } from '../../origin/outbox/outbox.ts'
import { shownMoves } from '../../shared/tags/moves.ts'
import type { SlotName } from '../../shared/tags/places.ts'
import { call } from './answers.ts'
import { type Database, startDatabase } from './database.ts'
import { ordersMoved } from './moved.ts'
import { users } from './users.ts'

let database: Database
/** A writer with a connection of its own, whose transaction stays open beside others. */
let other: postgres.Sql

beforeAll(async () => {
  database = await startDatabase(100)
  other = postgres(database.url, { max: 1, onnotice: () => undefined })
}, 120_000)

afterAll(async () => {
  await other.end()
  await database.stop()
})

const place = { board_id: 'board_1', board_column_id: 'col_11', name: 'One' }
const one = {
  workspace_id: '15213',
  id: 'one',
  ...place,
  status: 'open',
  priority: 'low',
  assigned_to: 'ann',
}
const two = { ...one, id: 'two' }
/** The lists of the contact `one`. */
const listsOfOne: readonly SlotName[] = ['open', 'low_priority', 'all']

beforeEach(async () => {
  const { sql } = database
  await sql`delete from contacts where workspace_id = '15213' and id in ('one', 'two')`
  await sql`insert into contacts ${sql([one, two])}`
  await sql`delete from private.outbox`
})

type Row = z.output<typeof outboxRowsSchema>[number]
const claimSchema = z.object({ rows: outboxRowsSchema })
const markedSchema = z.object({ database: z.string(), position: z.string() })
type Marked = z.output<typeof markedSchema>
/** A mark of this database, as it is now. */
const mark = async (): Promise<Marked> =>
  markedSchema.parse(await call(database.service, 'mark_take', { p_workspaces_max: 0 }))
const argumentsOf = (marked: Marked | null) =>
  marked === null ? {} : { p_database: marked.database, p_position: marked.position }
/** Claims rows as a relay that knows of a mark, by default of the newest one. */
const claim = async (rowsMax = 100, marked?: Marked | null): Promise<Row[]> => {
  const bounds = { p_rows_max: rowsMax, p_lease_ms: 60_000 }
  const known = argumentsOf(marked === undefined ? await mark() : marked)
  return claimSchema.parse(await call(database.service, 'outbox_claim', { ...bounds, ...known })).rows
}
const read = async (rows: readonly Row[], marked?: Marked | null): Promise<Row[]> => {
  const known = argumentsOf(marked === undefined ? await mark() : marked)
  const keys = { p_ids: rows.map(keyOf) }
  return claimSchema.parse(await call(database.service, 'outbox_read', { ...keys, ...known })).rows
}
const keyOf = ({ id, eventId }: Row) => ({ id, eventId })
const fail = (rows: readonly Row[], attemptsMax: number) =>
  call(database.service, 'outbox_fail', {
    p_failures: rows.map((row) => ({ ...keyOf(row), code: 'ledger_unavailable', delayMs: 3_600_000 })),
    p_attempts_max: attemptsMax,
  })
const acknowledge = (rows: readonly Row[]) =>
  call(database.service, 'outbox_acknowledge', { p_ids: rows.map(keyOf) })

/** Changes `one` in a transaction that commits when `meanwhile` is over, which begins after the statement. */
async function changeOne(meanwhile: () => Promise<unknown> = async () => undefined): Promise<void> {
  await other.begin(async (sql) => {
    await sql`update contacts set name = 'Changed' where workspace_id = '15213' and id = 'one'`
    await meanwhile()
  })
}
const deleteTwo = () => database.sql`delete from contacts where workspace_id = '15213' and id = 'two'`

/** Rows move these lists on the board and in the column, which are the same here. */
function listsMoved(rows: readonly Row[]): SlotName[] {
  const moves = rows.flatMap(({ tags }) => tags)
  const [onBoard, inColumn] = [null, 'col_11'].map((column) => ordersMoved(moves, 'board_1', column))
  expect(inColumn).toEqual(onBoard)
  return onBoard ?? []
}

describe('a row of a changed contact', () => {
  test('moves the contact alone if nothing else of its workspace waits', async () => {
    await changeOne()
    await database.sql`update contacts set name = 'Other' where workspace_id <> '15213'`
    const rows = (await claim()).filter(({ workspaceId }) => workspaceId === '15213')
    expect(listsMoved(rows)).toEqual([])
    expect(rows[0]?.tags).toEqual(expect.arrayContaining([...shownMoves('one')]))
  })

  test.each<[string, (marked: Marked) => Marked | null]>([
    ['its relay knows of no mark', () => null],
    ['the last mark was of another cluster', (marked) => ({ ...marked, database: `1${marked.database}` })],
    [
      'the last mark was on another timeline',
      (marked) => ({ ...marked, database: `${marked.database.split(':')[0]}:0000000F` }),
    ],
    ['its database has gone back behind the last mark', (marked) => ({ ...marked, position: 'FFFFFFFF/0' })],
  ])('moves its whole lists if %s', async (_, otherwise) => {
    const marked = await mark()
    await changeOne()
    const rows = await claim(100, otherwise(marked))
    expect(listsMoved(rows)).toEqual(listsOfOne)
    expect(listsMoved(await read(rows, otherwise(marked)))).toEqual(listsOfOne)
    expect(listsMoved(await read(rows, marked))).toEqual([])
  })

  test('moves its whole lists if a row that was committed after its statement and before its commit is being told', async () => {
    let earlier: Row[] = []
    await changeOne(async () => {
      await deleteTwo()
      earlier = await claim()
    })
    expect(earlier).toHaveLength(1)
    const rows = await claim()
    expect(rows).toHaveLength(1)
    expect(listsMoved(rows)).toEqual(listsOfOne)
    expect(rows[0]?.tags).toEqual(expect.arrayContaining([...shownMoves('one')]))
  })

  test('moves its whole lists as long as such a row is parked, and no longer', async () => {
    let parked: Row[] = []
    await changeOne(async () => {
      await deleteTwo()
      parked = await claim()
      await fail(parked, 1)
    })
    const rows = await claim()
    expect(listsMoved(rows)).toEqual(listsOfOne)
    expect(listsMoved(await read(rows))).toEqual(listsOfOne)
    await acknowledge(parked)
    expect(listsMoved(await read(rows))).toEqual([])
  })

  test('moves the contact alone if the other row is claimed with it', async () => {
    await changeOne(deleteTwo)
    const rows = await claim()
    expect(rows).toHaveLength(2)
    expect(listsMoved(rows.filter(({ tags }) => tags.includes(shownMoves('one')[0] ?? '')))).toEqual([])
  })

  test('moves its whole lists if the relay tells it apart from the row that was claimed with it', async () => {
    await changeOne(deleteTwo)
    const [first, second] = await claim()
    if (first === undefined || second === undefined) throw new Error('there are two rows')
    for (const row of [first, second]) expect(listsMoved(await read([row]))).toEqual(listsOfOne)
  })

  test('moves its whole lists if a batch has no room for the other row', async () => {
    await changeOne()
    await deleteTwo()
    expect(listsMoved(await claim(1))).toEqual(listsOfOne)
  })

  test('moves the lists that it left, too, if it is told among others', async () => {
    const change = async (fields: Readonly<Record<string, string>>) => {
      await database.sql`update contacts set ${database.sql(fields)} where workspace_id = '15213' and id = 'one'`
      return claim()
    }
    await deleteTwo()
    await claim()
    const rows = await change({ status: 'closed' })
    expect(listsMoved(rows)).toEqual(['open', 'closed', 'low_priority', 'all'])
  })
})

describe('a write of the origin’s own', () => {
  const args = { p_workspace: '15213', p_contact: 'one', p_change: { name: 'Changed' } }
  const write = async () =>
    z
      .object({ outbox: outboxRowsSchema })
      .parse(await call(await database.as(users.admin), 'contact_update', args)).outbox

  test('moves whole lists before its commit, when nobody knows what is committed before it', async () => {
    const rows = await write()
    expect(rows).toMatchObject([{ isWide: true }])
    expect(listsMoved(rows)).toEqual(listsOfOne)
  })

  test('moves the contact alone after its commit, unless another row waits', async () => {
    const rows = await write()
    expect(listsMoved(await read(rows))).toEqual([])
    await deleteTwo()
    expect(listsMoved(await read(rows))).toEqual(listsOfOne)
  })

  test('is not read if another relay has told it', async () => {
    const rows = await write()
    await acknowledge(await claim())
    expect(await read(rows)).toEqual([])
  })
})

test('a row that moves whole lists anyway brings no more moves along', async () => {
  const { sql } = database
  const many = Array.from({ length: 20 }, (_, index) => ({ ...one, id: `many-${index}` }))
  await sql`insert into contacts ${sql(many)}`
  await sql`update contacts set name = 'Other' where workspace_id = '15213' and id like 'many-%'`
  await sql`delete from contacts where workspace_id = '15213' and id like 'many-%'`
  const rows = await sql`select late_tags from private.outbox`
  expect(rows.map((row) => row['late_tags'])).toEqual([null, null, null])
})
