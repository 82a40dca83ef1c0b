import fc from 'fast-check'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { call, pageOf, queryCounts, queryPage } from './answers.ts'
import { type Database, startDatabase } from './database.ts'
import { countOfFilter, filterConditions, sharedFilters } from './filter-conditions.ts'
import { type Change, changes, textOf } from './random-changes.ts'
import { users } from './users.ts'

let database: Database
let writers: postgres.Sql

const writersMax = 6

beforeAll(async () => {
  database = await startDatabase(500)
  // Random writers deadlock now and then: the sooner Postgres notices, the shorter the test.
  writers = postgres(database.url, {
    max: writersMax,
    onnotice: () => {},
    connection: { deadlock_timeout: '20ms' },
  })
}, 120_000)

afterAll(async () => {
  await writers.end()
  await database.stop()
})

/** The statements of a writer in one transaction. */
interface Work {
  readonly changes: readonly Change[]
  readonly end: 'commit' | 'roll back' | 'roll back the last change' | 'fold and commit'
}

const work: fc.Arbitrary<Work> = fc.record({
  changes: fc.array(changes, { minLength: 1, maxLength: 4 }),
  end: fc.constantFrom('commit', 'commit', 'fold and commit', 'roll back', 'roll back the last change'),
})

/** Thrown to roll a transaction back. */
class Undone extends Error {}

/**
 * Postgres's codes for a transaction that it aborted because of a concurrent one: a deadlock, or the other one moved a
 * contact to another workspace. Such a transaction is rolled back.
 */
const abortedCodes = ['40P01', '40001']

/** Answers whether the transaction was committed. */
async function run({ changes, end }: Work): Promise<boolean> {
  return writers
    .begin(async (sql) => {
      for (const [place, change] of changes.entries()) {
        const isUndone = end === 'roll back the last change' && place === changes.length - 1
        await sql
          .savepoint(async (nested) => {
            await nested.unsafe(textOf(change))
            if (isUndone) throw new Undone()
          })
          .catch(unlessUndone)
      }
      if (end === 'fold and commit') await sql`select public.fold_counts(50)`
      if (end === 'roll back') throw new Undone()
      return true
    })
    .catch((error: unknown) => {
      const isGivenUp = error instanceof postgres.PostgresError && abortedCodes.includes(error.code)
      if (!isGivenUp) unlessUndone(error)
      return false
    })
}

function unlessUndone(error: unknown): void {
  if (!(error instanceof Undone)) throw error
}

/** The counts as contact_counts returns them, from a scan of all contacts. */
async function fullScan(workspaceId: string) {
  const selected = sharedFilters.map(
    (filter) => `count(*) filter (where ${filterConditions[filter]})::int as "${countOfFilter[filter]}"`,
  )
  const [counts] = await database.sql.unsafe(
    `select ${selected.join(', ')} from public.contacts where workspace_id = '${workspaceId}'`,
  )
  const assignees = await database.sql<{ user: string; contacts: number }[]>`
    select assigned_to as user, count(*)::int as contacts from public.contacts
    where workspace_id = ${workspaceId} and assigned_to is not null group by 1`
  return { counts, assignees: Object.fromEntries(assignees.map(({ user, contacts }) => [user, contacts])) }
}

/** Every (board, column, filter) that has contacts, with their number. */
async function scannedTotals(): Promise<readonly { board: string; column: string | null; total: number }[]> {
  return database.sql<{ board: string; column: string | null; total: number }[]>`
    select board_id as board, board_column_id as column, count(*)::int as total from public.contacts
    where workspace_id = '15213' and status = 'closed'
    group by grouping sets ((1), (1, 2))`
}

const workspaces = [
  { id: '15213', claims: users.admin },
  { id: '15214', claims: users.otherAdmin },
] as const

async function expectCountsOfAFullScan(): Promise<void> {
  for (const { id, claims } of workspaces)
    expect(await queryCounts(await database.as(claims), id)).toEqual({
      outcome: 'ok',
      computedAt: expect.any(String),
      isComplete: true,
      ...(await fullScan(id)),
    })
}

describe('counts kept by writes', () => {
  test('equal a full scan after every round of random changes by concurrent writers', async () => {
    const committed: boolean[] = []
    const rounds = fc.array(work, { minLength: writersMax, maxLength: 3 * writersMax })
    for (const round of fc.sample(rounds, { seed: 20261121, numRuns: 25 })) {
      committed.push(...(await Promise.all(round.map(run))).filter((isCommitted) => isCommitted))
      await expectCountsOfAFullScan()
    }
    expect(committed.length).toBeGreaterThan(50)
    for (const { board, column, total } of await scannedTotals()) {
      const args = { p_board: board, p_column: column, p_filter: 'closed', p_per_page: 1 }
      expect(pageOf(await queryPage(await database.as(users.admin), args)).total).toBe(total)
    }
    for (const { id } of workspaces)
      expect((await database.sql`select public.reconcile_counts(${id}) as answer`)[0]).toMatchObject({
        answer: { outcome: 'ok', drift: [] },
      })
  }, 120_000)

  test('are the same before and after any number of concurrent folds', async () => {
    const before = await queryCounts(await database.as(users.admin))
    await Promise.all(Array.from({ length: 4 }, () => writers`select public.fold_counts(100000)`))
    expect(await queryCounts(await database.as(users.admin))).toEqual({
      ...before,
      computedAt: expect.any(String),
    })
    expect(await database.sql`select from private.contact_tallies where not is_folded`).toHaveLength(0)
    expect(await database.sql`select from private.assignee_tallies where not is_folded`).toHaveLength(0)
  })

  test('have one row of each kind after a fold', async () => {
    for (const id of ['first', 'second', 'third'])
      await database.sql`
        insert into public.contacts (workspace_id, id, board_id, board_column_id, name, sentiment, assigned_to)
        values ('15215', ${id}, 'board_1', 'col_11', 'Folded', 'negative', 'the-same')`
    await database.sql`select public.fold_counts(100000)`
    const rows = await database.sql`
      select contacts::int from private.contact_tallies t
      where (workspace_id, board_id, board_column_id, facets) = (
        select workspace_id, board_id, board_column_id, facets from public.contacts
        where workspace_id = '15215' and id = 'first'
      )
      union all
      select contacts::int from private.assignee_tallies where workspace_id = '15215' and assigned_to = 'the-same'`
    expect(rows).toEqual([{ contacts: 3 }, { contacts: 3 }])
  })

  test('make no writer wait for another one of the same column', async () => {
    const update = (sql: postgres.ISql, id: string) =>
      sql`update public.contacts set status = 'snoozed' where workspace_id = '15214' and id = ${id}`
    await writers.begin(async (held) => {
      await update(held, 'contact_000001')
      await held`select public.fold_counts(1000)`
      await writers.begin(async (other) => {
        await other`set local lock_timeout = '2s'`
        await update(other, 'contact_000002')
        await other`select public.fold_counts(1000)`
      })
    })
    await expectCountsOfAFullScan()
  })

  test('are zero after the table is truncated', async () => {
    await database.sql
      .begin(async (sql) => {
        await sql`truncate public.contacts cascade`
        const [row] = await sql`select count(*)::int as rows from private.contact_tallies`
        expect(row).toEqual({ rows: 0 })
        throw new Undone()
      })
      .catch(unlessUndone)
  })
})

describe('reconcile_counts', () => {
  test('reports and repairs the effect of writes without triggers', async () => {
    await database.sql.begin(async (sql) => {
      await sql`alter table public.contacts disable trigger contacts_tally_update`
      await sql`
        update public.contacts set status = 'lost', assigned_to = 'nobody-saw'
        where workspace_id = '15213' and id in (select max(id) from public.contacts where workspace_id = '15213')`
      await sql`alter table public.contacts enable always trigger contacts_tally_update`
      await sql`delete from private.assignee_tallies where workspace_id = '15214'`
    })
    const reconcile = async (id: string) =>
      (await database.sql`select public.reconcile_counts(${id}) as answer`)[0]?.['answer']
    expect(await reconcile('15213')).toMatchObject({
      outcome: 'ok',
      drift: expect.arrayContaining([expect.objectContaining({ assignee: 'nobody-saw' })]),
    })
    expect(await reconcile('15214')).toMatchObject({ outcome: 'ok' })
    await expectCountsOfAFullScan()
    for (const { id } of workspaces) expect(await reconcile(id)).toMatchObject({ drift: [] })
  })

  test('skips a workspace that another call is reconciling', async () => {
    await writers.begin(async (held) => {
      await held`select public.reconcile_counts('15213')`
      const [row] = await database.sql`select public.reconcile_counts('15213') as answer`
      expect(row).toEqual({ answer: { outcome: 'busy' } })
    })
  })
})

test.each(['fold_counts', 'reconcile_counts'])('%s cannot be called by users', async (name) => {
  const args = name === 'fold_counts' ? {} : { p_workspace: '15213' }
  for (const claims of [users.admin, users.stranger, null])
    await expect(call(await database.as(claims), name, args)).rejects.toThrow('permission denied')
})

test('users cannot read tallies and partitions by their names', async () => {
  const [partition] = await database.sql`
    select tableoid::regclass::text as name from public.contacts where workspace_id = '15213' limit 1`
  for (const role of ['anon', 'authenticated'])
    for (const table of ['private.contact_tallies', 'private.assignee_tallies', partition?.['name']]) {
      const seen = await database.sql
        .begin(async (sql) => {
          await sql.unsafe(`set local role ${role}`)
          return sql.unsafe(`select * from ${table}`)
        })
        .catch((error: postgres.PostgresError) => error.message)
      expect(typeof seen === 'string' ? seen : [...seen]).toEqual(
        typeof seen === 'string' ? expect.stringContaining('permission denied') : [],
      )
    }
})
