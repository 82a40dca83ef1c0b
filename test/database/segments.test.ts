import fc from 'fast-check'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { limits } from '../../shared/limits.ts'
import { bucketMove, familyMove } from '../../shared/tags/moves.ts'
import { type Database, startDatabase } from './database.ts'
import { filterConditions } from './filter-conditions.ts'
import { outboxIn } from './moved.ts'
import { changes, textOf } from './random-changes.ts'
import { asBackend, undone } from './undone.ts'

let database: Database

beforeAll(async () => {
  database = await startDatabase(500)
}, 120_000)

afterAll(async () => {
  await database.stop()
})

const { new_customers: _new, recent_activity: _recent, ...facetConditions } = filterConditions
type Filter = keyof typeof facetConditions
const filters = Object.keys(facetConditions).filter((name): name is Filter => name in facetConditions)

interface Segment {
  readonly workspace_id: string
  readonly id: string
  readonly board_id: string | null
  readonly board_column_id: string | null
  readonly filters: readonly Filter[]
  readonly excluded_filters: readonly Filter[]
}

const segments: fc.Arbitrary<readonly Segment[]> = fc
  .array(
    fc.record({
      workspace_id: fc.constantFrom('15213', '15213', '15214'),
      place: fc.constantFrom(
        [null, null],
        [null, null],
        ['board_123', null],
        ['board_1', null],
        ['board_123', 'col_1'],
        ['board_1', 'col_11'],
        ['board_2', 'col_21'],
      ),
      filters: fc.subarray(filters, { maxLength: 2 }),
      excluded_filters: fc.subarray(
        filters.filter((filter) => filter !== 'all'),
        { maxLength: 2 },
      ),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((drawn) =>
    drawn.map(({ place: [board = null, column = null], ...segment }, number) => ({
      ...{ ...segment, id: `segment_${number}`, board_id: board, board_column_id: column },
    })),
  )

async function create(sql: postgres.TransactionSql, made: readonly Segment[]): Promise<void> {
  for (const { filters: required, excluded_filters: excluded, ...segment } of made) {
    const row = { ...segment, name: segment.id, filters: [...required], excluded_filters: [...excluded] }
    await sql`insert into public.segments ${sql(row)}`
  }
}

const countsOf = async (sql: postgres.TransactionSql, made: readonly Segment[]) => {
  const counts: unknown[] = []
  for (const { workspace_id, id } of made)
    counts.push(await asBackend(sql, 'segment_count', workspace_id, id))
  return counts
}

/** The counts from a scan of all contacts. */
async function scanned(sql: postgres.TransactionSql, made: readonly Segment[]) {
  const counts: unknown[] = []
  for (const segment of made) {
    const conditions = [
      `workspace_id = '${segment.workspace_id}'`,
      ...(segment.board_id === null ? [] : [`board_id = '${segment.board_id}'`]),
      ...(segment.board_column_id === null ? [] : [`board_column_id = '${segment.board_column_id}'`]),
      ...segment.filters.map((filter) => facetConditions[filter]),
      ...segment.excluded_filters.map((filter) => `(${facetConditions[filter]}) is not true`),
    ]
    const [row] = await sql.unsafe(
      `select count(*)::int as count from public.contacts where ${conditions.join(' and ')}`,
    )
    counts.push({ outcome: 'ok', count: row?.['count'] })
  }
  return counts
}

const movesOfSegments = async (sql: postgres.TransactionSql) =>
  (await outboxIn(sql)).flatMap(([workspaceId, moves]) =>
    moves.filter((move) => move.startsWith('segment')).map((move) => `${workspaceId} ${move}`),
  )

describe('the count of a segment', () => {
  test('equals a scan after any writes of contacts, and a write moves exactly the segments whose count it changes', async () => {
    const property = fc.asyncProperty(
      segments,
      fc.array(changes, { minLength: 1, maxLength: 4 }),
      (made, writes) =>
        undone(database.sql, async (sql) => {
          await create(sql, made)
          let before = await scanned(sql, made)
          expect(await countsOf(sql, made)).toEqual(before)
          for (const write of writes) {
            await sql`delete from private.outbox`
            await sql.unsafe(textOf(write))
            const after = await scanned(sql, made)
            expect(await countsOf(sql, made)).toEqual(after)
            const changed = made.filter(
              (_segment, place) => JSON.stringify(before[place]) !== JSON.stringify(after[place]),
            )
            const expected = changed.map(
              ({ workspace_id, id }) => `${workspace_id} ${bucketMove('segment', id)}`,
            )
            const moved = await movesOfSegments(sql)
            expect(moved).toEqual(expect.arrayContaining(expected))
            // Its three statements each move what they change.
            if (write.kind !== 'delete a column') expect(new Set(moved)).toEqual(new Set(expected))
            before = after
          }
        }),
    )
    await fc.assert(property, { seed: 13, numRuns: 12 })
  }, 60_000)

  test('is absent until the segment is created, which moves it, as its change and its deletion do', async () => {
    await undone(database.sql, async (sql) => {
      const ask = () => asBackend(sql, 'segment_count', '15213', 'new')
      const movedBy = async (statement: string) => {
        await sql`delete from private.outbox`
        await sql.unsafe(statement)
        return outboxIn(sql)
      }
      const own = [['15213', [bucketMove('segment', 'new')]]]
      expect(await ask()).toEqual({ outcome: 'not_found' })
      expect(
        await movedBy(`insert into public.segments (workspace_id, id, name) values ('15213', 'new', 'New')`),
      ).toEqual(own)
      expect(await ask()).toEqual({ outcome: 'ok', count: 500 })
      expect(await asBackend(sql, 'segment_count', '15214', 'new')).toEqual({ outcome: 'not_found' })
      expect(await movedBy(`update public.segments set filters = '{open,closed}' where id = 'new'`)).toEqual(
        own,
      )
      expect(await ask()).toEqual({ outcome: 'ok', count: 0 })
      expect(await movedBy(`delete from public.segments where id = 'new'`)).toEqual(own)
      expect(await ask()).toEqual({ outcome: 'not_found' })
    })
  })

  test('is moved by reconcile_counts if that changes it', async () => {
    await undone(database.sql, async (sql) => {
      await sql`
        insert into public.segments (workspace_id, id, name, filters)
        values ('15213', 'lost', 'Lost', '{closed}'), ('15213', 'high', 'High', '{high_priority,closed}')`
      await sql`insert into private.contact_tallies values ('15213', 'board_1', 'col_11', 2 | 16, 7)`
      await sql`delete from private.outbox`
      expect(await asBackend(sql, 'reconcile_counts', '15213')).toMatchObject({ outcome: 'ok' })
      expect(await movesOfSegments(sql)).toEqual([`15213 ${bucketMove('segment', 'lost')}`])
    })
  })

  test('moves with its whole family if a statement changes the count of very many segments', async () => {
    await undone(database.sql, async (sql) => {
      await sql`
        insert into public.segments (workspace_id, id, name)
        select '15213', 'all_' || n, 'All' from generate_series(1, ${limits.segmentsMax}) n`
      await sql`delete from private.outbox`
      await sql`delete from public.contacts where workspace_id = '15213' and board_id = 'board_1'`
      expect(await movesOfSegments(sql)).toEqual([`15213 ${familyMove('segment')}`])
    })
  })
})

const insertSegments = (sql: postgres.ISql, count: number, salt: string) => sql`
  insert into public.segments (workspace_id, id, name)
  select '15213', ${salt} || n, 'Many' from generate_series(1, ${count}::int) n`

describe('the segments of a workspace', () => {
  test('are at most as many as the limit says, also when two are created at once', async () => {
    const other = postgres(database.url, { max: 1, onnotice: () => {}, connection: { lock_timeout: 50 } })
    await undone(database.sql, async (sql) => {
      await insertSegments(sql, limits.segmentsMax, 'one_')
      await expect(insertSegments(other, 1, 'other_')).rejects.toMatchObject({ code: '55P03' })
      await expect(insertSegments(sql, 1, 'more_')).rejects.toMatchObject({ code: '23514' })
    })
    await other.end()
  })

  test.each([
    ['an unknown filter', `'{opened}'`, `'{}'`],
    ['an unknown excluded filter', `'{}'`, `'{opened}'`],
    ['a filter by time', `'{recent_activity}'`, `'{}'`],
    ['a filter by user', `'{assigned_to_me}'`, `'{}'`],
    ['no filter at all in its list', `'{null}'`, `'{}'`],
    ['every contact excluded', `'{}'`, `'{all}'`],
    ['a nested list', `'{{open},{closed}}'`, `'{}'`],
    ['a list that is too long', `array_fill('open'::text, '{13}')`, `'{}'`],
  ])('have no %s', async (_what, required, excluded) => {
    const insert = database.sql.unsafe(`
      insert into public.segments (workspace_id, id, name, filters, excluded_filters)
      values ('15213', 'refused', 'Refused', ${required}, ${excluded})`)
    await expect(insert).rejects.toMatchObject({ code: '23514' })
  })
})
