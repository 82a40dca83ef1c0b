import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { bucketMove } from '../../shared/tags/moves.ts'
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

const keySchema = z.object({ id: z.int(), eventId: z.string() })
type Key = z.output<typeof keySchema>
const claimSchema = z.object({ rows: z.array(keySchema) })

async function claim(rowsMax: number, leaseMs = 60_000): Promise<Key[]> {
  const args = { p_rows_max: rowsMax, p_lease_ms: leaseMs }
  return claimSchema.parse(await call(database.service, 'outbox_claim', args)).rows
}

const fail = (keys: readonly Key[], attemptsMax: number, delayMs = 0) =>
  call(database.service, 'outbox_fail', {
    p_failures: keys.map((key) => ({ ...key, code: 'ledger_unavailable', delayMs })),
    p_attempts_max: attemptsMax,
  })
const release = (keys: readonly Key[]) =>
  call(database.service, 'outbox_release', { p_ids: keys, p_delay_ms: 0 })
const acknowledge = (keys: readonly Key[]) => call(database.service, 'outbox_acknowledge', { p_ids: keys })
const state = () => call(database.service, 'outbox_state', {})

/** Makes this many rows, one for each statement. */
async function write(rows: number): Promise<void> {
  for (let row = 0; row < rows; row += 1)
    await database.sql`update contacts set name = 'Changed' where workspace_id = '15213' and id = 'contact_000001'`
}

describe('a claim', () => {
  test('returns moves, oldest first, with an id for each event', async () => {
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
        tags: expect.arrayContaining([bucketMove('contact', 'contact_000001')]),
        attempts: 0,
      })
    expect(rows[0]?.['eventId']).not.toBe(rows[1]?.['eventId'])
  })

  test('by several relays at once gives each row to one of them', async () => {
    await write(60)
    const claims = await Promise.all(Array.from({ length: 8 }, () => claim(20)))
    const ids = claims.flat().map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    ids.push(...(await claim(60)).map(({ id }) => id))
    expect(new Set(ids).size).toBe(60)
    expect(ids).toHaveLength(60)
    expect(await claim(20)).toEqual([])
  })

  test('whose lease has ended is due again, and one whose lease holds is not', async () => {
    await write(1)
    const keys = await claim(1, 0)
    expect(await claim(1, 60_000)).toEqual(keys)
    expect(await claim(10)).toEqual([])
  })

  test('that is acknowledged is never due again, even if another relay has claimed it meanwhile', async () => {
    await write(1)
    const keys = await claim(1, 0)
    await claim(1, 0)
    expect(await acknowledge(keys)).toEqual({ outcome: 'ok', removed: 1 })
    expect(await acknowledge(keys)).toEqual({ outcome: 'ok', removed: 0 })
    expect(await claim(1)).toEqual([])
  })

  test('that is released is due at once, and counts no attempt', async () => {
    await write(1)
    const keys = await claim(1)
    await release(keys)
    expect(await claim(1)).toEqual(keys)
    expect(await database.sql`select attempts from private.outbox`).toEqual([{ attempts: 0 }])
  })
})

describe('a row that the Worker did not accept', () => {
  test('waits for the given delay, and is parked with its last attempt', async () => {
    await write(1)
    const keys = await claim(1)
    expect(await fail(keys, 3, 60_000)).toEqual({ outcome: 'ok', failed: 1, parked: 0 })
    expect(await claim(1)).toEqual([])
    await fail(keys, 3)
    expect(await state()).toMatchObject({ depth: 1, parked: 0 })
    expect(await fail(keys, 3)).toEqual({ outcome: 'ok', failed: 1, parked: 1 })
    expect(await state()).toMatchObject({ depth: 1, parked: 1, oldestAgeMs: expect.any(Number) })
  })

  test('is still due when it is parked, and can be freed by an operator', async () => {
    await write(1)
    const keys = await claim(1)
    await fail(keys, 1, 0)
    expect(await claim(1)).toEqual(keys)
    expect(await call(database.service, 'outbox_retry_parked', {})).toEqual({ outcome: 'ok', freed: 1 })
    expect(await state()).toMatchObject({ depth: 1, parked: 0 })
    expect(await claim(1)).toEqual(keys)
  })
})

describe('after a restore of the database, which gives out ids again for other events,', () => {
  /** A row that was claimed before the restore, and the row that has the same id now. */
  async function restored(): Promise<{ claimed: Key[]; now: Key[] }> {
    await write(1)
    const claimed = await claim(1)
    await database.sql`update private.outbox set event_id = gen_random_uuid(), due_at = now()`
    return { claimed, now: await claim(1, 0) }
  }

  test('an acknowledgement in flight removes nothing', async () => {
    const { claimed, now } = await restored()
    expect(await acknowledge(claimed)).toEqual({ outcome: 'ok', removed: 0 })
    expect(await claim(1, 0)).toEqual(now)
    expect(await acknowledge(now)).toEqual({ outcome: 'ok', removed: 1 })
  })

  test('a release and a failure in flight change nothing', async () => {
    const { claimed, now } = await restored()
    await claim(1)
    expect(await release(claimed)).toEqual({ outcome: 'ok', released: 0 })
    expect(await fail(claimed, 1)).toEqual({ outcome: 'ok', failed: 0, parked: 0 })
    expect(await claim(1)).toEqual([])
    expect(await database.sql`select attempts, parked_at from private.outbox`).toEqual([
      { attempts: 0, parked_at: null },
    ])
    expect(await release(now)).toEqual({ outcome: 'ok', released: 1 })
  })

  test('one row of several that are acknowledged together is left, and the others are removed', async () => {
    await write(3)
    const claimed = await claim(3)
    const other = claimed[1]?.id ?? 0
    await database.sql`update private.outbox set event_id = gen_random_uuid() where id = ${other}`
    expect(await acknowledge(claimed)).toEqual({ outcome: 'ok', removed: 2 })
    expect(await database.sql`select id::int from private.outbox`).toEqual([{ id: other }])
  })
})

test('an older relay, which sends bare ids, works until a deployment replaces it', async () => {
  await write(3)
  const [first, second, third] = (await claim(3)).map(({ id }) => id)
  const answers = [
    await call(database.service, 'outbox_acknowledge', { p_ids: [first] }),
    await call(database.service, 'outbox_release', { p_ids: [second], p_delay_ms: 0 }),
    await call(database.service, 'outbox_fail', {
      p_failures: [{ id: third, code: 'rejected', delayMs: 60_000 }],
      p_attempts_max: 20,
    }),
  ]
  expect(answers).toMatchObject([{ removed: 1 }, { released: 1 }, { failed: 1, parked: 0 }])
  expect((await claim(3)).map(({ id }) => id)).toEqual([second])
})

test('an operator can move everything of every workspace and of the deployment', async () => {
  expect(await call(database.service, 'outbox_move_everything', {})).toEqual({ outcome: 'ok', workspaces: 3 })
  const rows = await database.sql`select workspace_id, tags from private.outbox order by workspace_id`
  expect(rows.map((row) => row['tags'])).toEqual(Array(4).fill(['workspace']))
})

test.each([
  ['outbox_claim', { p_rows_max: 1, p_lease_ms: 1 }],
  ['outbox_read', { p_ids: [] }],
  ['outbox_acknowledge', { p_ids: [] }],
  ['outbox_release', { p_ids: [], p_delay_ms: 0 }],
  ['outbox_fail', { p_failures: [], p_attempts_max: 1 }],
  ['outbox_state', {}],
  ['outbox_wait', { p_wait_ms: 0 }],
  ['outbox_retry_parked', {}],
  ['outbox_move_everything', {}],
  ['mark_take', { p_workspaces_max: 1 }],
] as const)('%s is for the service role alone', async (name, args) => {
  for (const claims of [users.admin, users.stranger, null])
    await expect(call(await database.as(claims), name, args)).rejects.toThrow('permission denied')
  await expect(call(database.service, name, args)).resolves.toMatchObject({ outcome: 'ok' })
})
