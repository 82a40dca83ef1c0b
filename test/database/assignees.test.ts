import type { SupabaseClient } from '@supabase/supabase-js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { limits } from '../../shared/limits.ts'
import { contactCounts } from '../../shared/resources/contacts/contact-counts.ts'
import { call, queryCounts } from './answers.ts'
import { type Database, startDatabase } from './database.ts'
import { users } from './users.ts'

let database: Database
let member: SupabaseClient

beforeAll(async () => {
  database = await startDatabase(100)
  member = await database.as(users.member)
}, 120_000)

afterAll(async () => {
  await database.stop()
})

/** Assigns contacts of 15213 to `assignees` distinct users: one to each, but three to the first `busy`. */
async function assign(assignees: number, busy: number, prefix = 'user_'): Promise<void> {
  await database.sql`
    insert into public.contacts (workspace_id, id, board_id, board_column_id, name, assigned_to)
    select '15213', ${`${prefix}c_`} || n || '_' || k, 'board_1', 'col_11', 'Assigned', ${prefix} || n
    from generate_series(1, ${assignees}::int) n
    cross join lateral generate_series(1, case when n <= ${busy} then 3 else 1 end) k`
}

async function shared() {
  const answer = await queryCounts(member)
  if (answer.outcome !== 'ok') throw new Error(answer.outcome)
  return answer
}

const ownAnswer = contactCounts.data.extend({ outcome: z.literal('ok') })

async function own(userId: string) {
  const args = { p_workspace: '15213', p_user: userId }
  return ownAnswer.parse(await call(member, 'contact_counts_of', args))
}

const foldAll = () => database.sql`select public.fold_counts(100000)`
const clear = () =>
  database.sql`delete from public.contacts where workspace_id = '15213' and name = 'Assigned'`
const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value))

describe('assignees', () => {
  test('are all named up to the bound and not beyond it, folded or not', async () => {
    const { assignees } = await shared()
    const room = limits.countedAssigneesMax - Object.keys(assignees).length
    await assign(room, 3)
    for (const _time of ['unfolded', 'folded']) {
      const full = await shared()
      expect(full.isComplete).toBe(true)
      expect(Object.keys(full.assignees)).toHaveLength(limits.countedAssigneesMax)
      expect(full.assignees).toMatchObject({ user_1: 3, user_4: 1 })
      await foldAll()
    }
    await assign(1, 0, 'one_more_')
    expect((await shared()).isComplete).toBe(false)
    await foldAll()
    expect((await shared()).isComplete).toBe(false)
    await clear()
    expect((await shared()).isComplete).toBe(true)
    await foldAll()
    expect((await shared()).isComplete).toBe(true)
  })

  test('are folded, sixty thousand new ones, each call within the origin’s deadline, also with older plans', async () => {
    await database.sql`alter table private.assignee_tallies set (autovacuum_enabled = false)`
    for (let call = 0; call < 10; call++) await database.sql`select public.fold_counts(${limits.foldRowsMax})`
    await assign(60_000, 20)
    await database.sql.begin(async (sql) => {
      await sql.unsafe(`set local statement_timeout = ${limits.queryDeadlineMs}`)
      for (let call = 0; call < 14; call++) await sql`select public.fold_counts(${limits.foldRowsMax})`
    })
    const [row] = await database.sql`
      select count(*) filter (where not is_folded)::int as unfolded, sum(contacts)::int as contacts
      from private.assignee_tallies where assigned_to like 'user_%'`
    expect(row).toEqual({ unfolded: 0, contacts: 60_040 })
  })

  test('leave the shared answer small, sixty thousand of them, with the busiest in it and each one’s own count exact', async () => {
    const answer = await shared()
    expect(answer.isComplete).toBe(false)
    expect(Object.keys(answer.assignees).length).toBeLessThanOrEqual(limits.countedAssigneesMax)
    expect(bytesOf(answer)).toBeLessThan(limits.countsBytesMax)
    for (let n = 1; n <= 20; n++) expect(answer.assignees[`user_${n}`]).toBe(3)
    for (const [userId, contacts] of [
      ['user_1', 3],
      ['user_21', 1],
      ['user_60000', 1],
      ['nobody', 0],
    ] as const) {
      const mine = await own(userId)
      expect(mine).toMatchObject({
        counts: answer.counts,
        assignees: { [userId]: contacts },
        isComplete: false,
      })
      expect(mine.assignees[userId]).toBeLessThanOrEqual(mine.counts.total)
    }
  })

  test('are found without reading the tallies of all others', async () => {
    await database.sql`vacuum analyze private.assignee_tallies`
    const readFor = async (question: string): Promise<number> => {
      const reads = () => database.sql`
        select coalesce(sum(idx_tup_read), 0)::int + (
          select seq_tup_read from pg_stat_user_tables where relid = 'private.assignee_tallies'::regclass
        )::int as rows
        from pg_stat_user_indexes where relid = 'private.assignee_tallies'::regclass`
      await database.sql`select pg_stat_force_next_flush()`
      const [before] = await reads()
      await database.sql.unsafe(question)
      await database.sql`select pg_stat_force_next_flush()`
      const [after] = await reads()
      return Number(after?.['rows']) - Number(before?.['rows'])
    }
    const all = await readFor(`select private.assignee_counts('15213', ${limits.countedAssigneesMax})`)
    expect(all).toBeGreaterThan(0)
    expect(all).toBeLessThan(4 * limits.countedAssigneesMax)
    expect(await readFor(`select private.contacts_of('15213', 'user_60000')`)).toBeLessThan(10)
  })

  test('with ids that no token can hold are left out of the answer, however long these are', async () => {
    await clear()
    await database.sql`
      insert into public.contacts (workspace_id, id, board_id, board_column_id, name, assigned_to)
      select '15213', 'long_' || n, 'board_1', 'col_11', 'Assigned', left(n || repeat(chr(9), 128), 128)
      from generate_series(1, 300) n`
    const answer = await shared()
    expect(Object.keys(answer.assignees).filter((each) => each.includes('\t'))).toEqual([])
    expect(bytesOf(answer)).toBeLessThan(limits.countsBytesMax)
    await clear()
  })

  test('with the longest ids that a token can hold fit into an entry', async () => {
    await database.sql`
      insert into public.contacts (workspace_id, id, board_id, board_column_id, name, assigned_to)
      select '15213', 'quoted_' || n, 'board_1', 'col_11', 'Assigned', left(n || repeat('"', 128), 128)
      from generate_series(1, 700) n`
    await foldAll()
    expect(bytesOf(await shared())).toBeLessThan(limits.countsBytesMax)
    await clear()
  })
})

test('cannot read their own counts as strangers or without a token', async () => {
  const args = { p_workspace: '15213', p_user: users.admin.sub }
  for (const claims of [users.stranger, users.otherAdmin])
    expect(await call(await database.as(claims), 'contact_counts_of', args)).toEqual({
      outcome: 'forbidden',
    })
  await expect(call(await database.as(null), 'contact_counts_of', args)).rejects.toThrow('permission denied')
})
