import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { call } from './answers.ts'
import { type Database, startDatabase } from './database.ts'
import { users } from './users.ts'

let database: Database

beforeAll(async () => {
  database = await startDatabase(100)
}, 120_000)

afterAll(async () => {
  await database.stop()
})

beforeEach(async () => {
  await database.sql`delete from private.outbox`
})

const claimSchema = z.object({ rows: z.array(z.object({ id: z.int(), attempts: z.int() })) })

async function claim(rowsMax: number, leaseMs = 60_000): Promise<number[]> {
  const args = { p_rows_max: rowsMax, p_lease_ms: leaseMs }
  const { rows } = claimSchema.parse(await call(database.service, 'outbox_claim', args))
  return rows.map(({ id }) => id)
}

const fail = (ids: readonly number[], attemptsMax: number, delayMs = 0) =>
  call(database.service, 'outbox_fail', {
    p_failures: ids.map((id) => ({ id, code: 'ledger_unavailable', delayMs })),
    p_attempts_max: attemptsMax,
  })
const state = () => call(database.service, 'outbox_state', {})

/** As many rows as statements. */
async function write(rows: number): Promise<void> {
  for (let row = 0; row < rows; row += 1)
    await database.sql`update contacts set name = 'Changed' where workspace_id = '15213' and id = 'contact_000001'`
}

describe('a claim', () => {
  test('tells what moved, oldest first, with an id of its own for each event', async () => {
    await write(2)
    const claimed = await call(database.service, 'outbox_claim', { p_rows_max: 10, p_lease_ms: 1_000 })
    const { rows } = z.object({ rows: z.array(z.record(z.string(), z.unknown())) }).parse(claimed)
    expect(rows).toHaveLength(2)
    expect(Number(rows[0]?.['id'])).toBeLessThan(Number(rows[1]?.['id']))
    for (const row of rows)
      expect(row).toEqual({
        id: expect.any(Number),
        eventId: expect.stringMatching(/^[\da-f-]{36}$/),
        workspaceId: '15213',
        tags: expect.arrayContaining(['counts', 'open:board_123']),
        attempts: 0,
      })
    expect(rows[0]?.['eventId']).not.toBe(rows[1]?.['eventId'])
  })

  test('by several relays at once gives each row to one of them', async () => {
    await write(60)
    const claims = await Promise.all(Array.from({ length: 8 }, () => claim(20)))
    const ids = claims.flat()
    expect(new Set(ids).size).toBe(ids.length)
    ids.push(...(await claim(60)))
    expect(new Set(ids).size).toBe(60)
    expect(ids).toHaveLength(60)
    expect(await claim(20)).toEqual([])
  })

  test('that runs out comes back, and one that holds does not', async () => {
    await write(1)
    const ids = await claim(1, 0)
    expect(await claim(1, 60_000)).toEqual(ids)
    expect(await claim(10)).toEqual([])
  })

  test('that is acknowledged never comes back, also when another has claimed it meanwhile', async () => {
    await write(1)
    const ids = await claim(1, 0)
    await claim(1, 0)
    const acknowledge = () => call(database.service, 'outbox_acknowledge', { p_ids: ids })
    expect(await acknowledge()).toEqual({ outcome: 'ok', removed: 1 })
    expect(await acknowledge()).toEqual({ outcome: 'ok', removed: 0 })
    expect(await claim(1)).toEqual([])
  })

  test('that is given back is due at once, and nothing is counted', async () => {
    await write(1)
    const ids = await claim(1)
    await call(database.service, 'outbox_release', { p_ids: ids, p_delay_ms: 0 })
    expect(await claim(1)).toEqual(ids)
    expect(await database.sql`select attempts from private.outbox`).toEqual([{ attempts: 0 }])
  })
})

describe('a row that was not taken', () => {
  test('waits as long as it was told, and is parked with its last attempt', async () => {
    await write(1)
    const ids = await claim(1)
    expect(await fail(ids, 3, 60_000)).toEqual({ outcome: 'ok', failed: 1, parked: 0 })
    expect(await claim(1)).toEqual([])
    await fail(ids, 3)
    expect(await state()).toMatchObject({ depth: 1, parked: 0 })
    expect(await fail(ids, 3)).toEqual({ outcome: 'ok', failed: 1, parked: 1 })
    expect(await state()).toMatchObject({ depth: 1, parked: 1, oldestAgeMs: expect.any(Number) })
  })

  test('and is parked still comes due, and is freed by an operator', async () => {
    await write(1)
    const ids = await claim(1)
    await fail(ids, 1, 0)
    expect(await claim(1)).toEqual(ids)
    expect(await call(database.service, 'outbox_retry_parked', {})).toEqual({ outcome: 'ok', freed: 1 })
    expect(await state()).toMatchObject({ depth: 1, parked: 0 })
    expect(await claim(1)).toEqual(ids)
  })
})

test('everything of every workspace is moved on for an operator who asks', async () => {
  expect(await call(database.service, 'outbox_move_everything', {})).toEqual({ outcome: 'ok', workspaces: 3 })
  const rows = await database.sql`select workspace_id, tags from private.outbox order by workspace_id`
  expect(rows.map((row) => row['tags'])).toEqual(Array(3).fill(['workspace', 'settings']))
})

test.each([
  ['outbox_claim', { p_rows_max: 1, p_lease_ms: 1 }],
  ['outbox_acknowledge', { p_ids: [] }],
  ['outbox_release', { p_ids: [], p_delay_ms: 0 }],
  ['outbox_fail', { p_failures: [], p_attempts_max: 1 }],
  ['outbox_state', {}],
  ['outbox_retry_parked', {}],
  ['outbox_move_everything', {}],
] as const)('%s is for the service role alone', async (name, args) => {
  for (const claims of [users.admin, users.stranger, null])
    await expect(call(await database.as(claims), name, args)).rejects.toThrow('permission denied')
  await expect(call(database.service, name, args)).resolves.toMatchObject({ outcome: 'ok' })
})
