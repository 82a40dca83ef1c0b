import { afterAll, beforeAll, expect, test } from 'vitest'
import { referenceCounts } from '../support/reference-counts.ts'
import { pageOf, queryCounts, queryPage } from './answers.ts'
import { type Database, startDatabase } from './database.ts'
import { countOfFilter } from './filter-conditions.ts'
import { users } from './users.ts'

let database: Database

beforeAll(async () => {
  database = await startDatabase(191_663)
}, 120_000)

afterAll(async () => {
  await database.stop()
})

test('the reference workspace has the counts of SPEC 3, to the digit', async () => {
  const answer = await queryCounts(await database.as(users.admin))
  expect(answer).toEqual({
    outcome: 'ok',
    counts: referenceCounts,
    assignees: expect.any(Object),
    computedAt: expect.any(String),
    isComplete: true,
  })
})

test('the reference workspace has 40 assigned contacts, none of them a default user’s', async () => {
  const answer = await queryCounts(await database.as(users.member))
  if (answer.outcome !== 'ok') throw new Error(answer.outcome)
  const assigned = Object.values(answer.assignees).reduce((sum, contacts) => sum + contacts, 0)
  expect(assigned).toBe(40)
  for (const { sub } of Object.values(users)) expect(answer.assignees).not.toHaveProperty(sub)
})

test('the two other workspaces have 1,000 contacts each', async () => {
  for (const workspaceId of ['15214', '15215']) {
    const claims = { sub: 'backoffice', app_metadata: { workspaces: { [workspaceId]: 'member' } } }
    const answer = await queryCounts(await database.as(claims), workspaceId)
    expect(answer).toMatchObject({ outcome: 'ok', counts: { total: 1_000 } })
  }
})

test('every board’s total of a filter, added up, is the workspace’s count', async () => {
  const client = await database.as(users.admin)
  const answer = await queryCounts(client)
  if (answer.outcome !== 'ok') throw new Error(answer.outcome)
  for (const [filter, count] of Object.entries(countOfFilter)) {
    let total = 0
    for (const p_board of ['board_123', 'board_1', 'board_2'])
      total += pageOf(await queryPage(client, { p_board, p_filter: filter, p_per_page: 1 })).total
    expect([filter, total]).toEqual([filter, answer.counts[count]])
  }
})

test('no contact of the reference data is younger than its base date', async () => {
  const [row] = await database.sql`
    select count(*)::int as late from public.contacts
    where greatest(created_at, updated_at, last_activity_at) > '2025-07-01T00:00:00Z' or updated_at < created_at
  `
  expect(row).toEqual({ late: 0 })
})

test('a page of fifty is some 20 to 40 kB of JSON', async () => {
  const page = pageOf(await queryPage(await database.as(users.admin)))
  const bytes = Buffer.byteLength(JSON.stringify(page.contacts))
  expect(bytes).toBeGreaterThan(20_000)
  expect(bytes).toBeLessThan(40_000)
})

test('pages and totals are found in an index, whatever the order', async () => {
  const plans = await database.sql.begin(async (sql) => {
    await sql`set local role authenticated`
    await sql`select set_config('request.jwt.claims', ${JSON.stringify(users.admin)}, true)`
    const texts: string[] = []
    for (const column of ['created_at', 'updated_at', 'name', 'last_activity_at'])
      for (const direction of ['asc', 'desc']) {
        const rows = await sql.unsafe(`
          explain select c.id from public.contacts c
          where c.workspace_id = '15213' and c.board_id = 'board_123'
          order by c.${column} ${direction}, c.id ${direction} limit 51
        `)
        texts.push(rows.map((row) => row['QUERY PLAN']).join('\n'))
      }
    return texts
  })
  for (const plan of plans) {
    expect(plan).toContain('Index Only Scan')
    expect(plan).not.toContain('Sort')
  }
})
