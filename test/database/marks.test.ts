import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import postgres from 'postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { takePort } from '../../origin/local/ports.ts'
import { createPostgresPiece } from '../../origin/local/postgres.ts'
import { placeDatabase, unsafeSettings } from '../support/made-databases.ts'
import { makeDataDirectory } from '../support/run-folder.ts'
import { call } from './answers.ts'
import { type Database, startDatabase } from './database.ts'

let database: Database
let other: postgres.Sql

beforeAll(async () => {
  database = await startDatabase(100)
  other = postgres(database.url, { max: 1, onnotice: () => {} })
}, 120_000)

afterAll(async () => {
  await other?.end()
  await database?.stop()
})

beforeEach(async () => {
  await database.sql`delete from private.outbox`
})

const takenSchema = z.object({
  outcome: z.literal('ok'),
  said: z.literal('taken'),
  snapshot: z.string(),
  database: z.string().regex(/^\d+:[0-9A-F]{8}$/),
  position: z.string().regex(/^[0-9A-F]+\/[0-9A-F]+$/),
  noted: z.array(z.string()),
})
type Taken = z.output<typeof takenSchema>

const take = async () =>
  takenSchema.parse(await call(database.service, 'mark_take', { p_workspaces_max: 200 }))
const untold = (mark: Taken, changes: Partial<Taken> = {}, most = 200) => {
  const { snapshot, database: identity, position } = { ...mark, ...changes }
  return call(database.service, 'mark_untold', {
    ...{ p_snapshot: snapshot, p_database: identity, p_position: position, p_workspaces_max: most },
  })
}
const write = (sql: postgres.Sql | postgres.TransactionSql, workspace = '15213') =>
  sql`update boards set name = name || '.' where workspace_id = ${workspace}`

describe('a mark', () => {
  test('excepts a workspace with a row that was committed before it, until the row is acknowledged', async () => {
    await write(database.sql)
    const mark = await take()
    expect(mark.noted).toEqual([])
    expect(await untold(mark)).toEqual({ outcome: 'ok', said: 'untold', untold: ['15213'] })
    await database.sql`delete from private.outbox`
    expect(await untold(mark)).toEqual({ outcome: 'ok', said: 'untold', untold: [] })
  })

  test('has nothing of rows that are committed after it, whenever they were written', async () => {
    const open = await other.reserve()
    await open`begin`
    await write(open)
    await write(database.sql, '15214')
    await database.sql`delete from private.outbox where workspace_id = '15214'`
    const mark = await take()
    expect(await untold(mark)).toEqual({ outcome: 'ok', said: 'untold', untold: [] })
    await open`commit`
    open.release()
    expect(await untold(mark)).toEqual({ outcome: 'ok', said: 'untold', untold: [] })
    const later = await take()
    expect(await untold(later)).toEqual({ outcome: 'ok', said: 'untold', untold: ['15213'] })
  })

  test.each([
    ['claimed by a relay', `update private.outbox set due_at = clock_timestamp() + interval '1 hour'`],
    ['parked', `update private.outbox set parked_at = clock_timestamp(), attempts = 20`],
    ['held for its writer', `update private.outbox set due_at = clock_timestamp() + interval '2 s'`],
    ['old by its time', `update private.outbox set written_at = '2020-01-01'`],
    ['new by its time', `update private.outbox set written_at = '2099-01-01'`],
  ])('excepts a workspace whose row is %s', async (_what, change) => {
    await write(database.sql)
    await database.sql.unsafe(change)
    expect(await untold(await take())).toEqual({ outcome: 'ok', said: 'untold', untold: ['15213'] })
  })

  test('excepts a workspace while the transaction that acknowledges its row is still open', async () => {
    await write(database.sql)
    const mark = await take()
    await other
      .begin(async (sql) => {
        await sql`delete from private.outbox`
        expect(await untold(mark)).toEqual({ outcome: 'ok', said: 'untold', untold: ['15213'] })
        throw new Error('rolled back')
      })
      .catch(() => undefined)
  })

  test('names each workspace once, and one more than the bound if there are more', async () => {
    for (let row = 0; row < 3; row += 1) await write(database.sql)
    await database.sql`insert into private.outbox (workspace_id, tags, due_at)
      select 'w' || n, '{counts}', clock_timestamp() from generate_series(1, 9) n`
    const mark = await take()
    expect(z.object({ untold: z.array(z.string()) }).parse(await untold(mark)).untold).toHaveLength(10)
    expect(z.object({ untold: z.array(z.string()) }).parse(await untold(mark, {}, 4)).untold).toHaveLength(5)
  })
})

describe("a restored database, whose rows have another cluster's transactions,", () => {
  const restore = (transaction: string) =>
    database.sql.unsafe(`insert into private.outbox (workspace_id, tags, due_at, transaction_id)
      values ('15213', '{counts}', clock_timestamp(), (${transaction})::xid8)`)

  test('notes a workspace whose row is of a transaction that has not begun here', async () => {
    await restore(`(pg_snapshot_xmax(pg_current_snapshot())::text::bigint + 1000)::text`)
    const mark = await take()
    expect(mark.noted).toEqual(['15213'])
    expect(await untold(mark)).toEqual({ outcome: 'ok', said: 'untold', untold: ['15213'] })
  })

  test('notes a workspace whose row has the number of a transaction that is open here', async () => {
    await other
      .begin(async (sql) => {
        const [row] = await sql`select pg_current_xact_id()::text as id`
        await restore(`'${row?.['id']}'`)
        const mark = await take()
        expect(mark.noted).toEqual(['15213'])
        throw new Error('rolled back')
      })
      .catch((error: Error) => expect(error.message).toBe('rolled back'))
  })
})

describe('another database than that of the mark', () => {
  test.each([
    ['another cluster', { database: '1:00000001' }],
    ['another timeline', null],
    ['a database that is behind the position of the mark', { position: 'FFFFFFFF/0' }],
  ])('is noticed: %s', async (_what, changes) => {
    const mark = await take()
    const timeline = { database: mark.database.replace(/.{8}$/, '0000000F') }
    expect(await untold(mark, changes ?? timeline)).toEqual({ outcome: 'ok', said: 'another' })
  })

  test('a replica takes no marks and loads nothing, and after its promotion it is another database', async () => {
    const folder = await makeDataDirectory()
    await placeDatabase(folder, { contacts: 100, seed: 1 })
    const port = await takePort(0)
    const primary = createPostgresPiece(folder, port, unsafeSettings)
    await primary.start()
    const first = postgres(primary.url, { max: 1, onnotice: () => {} })
    const ask = async (sql: postgres.Sql) => {
      const [row] = await sql`select public.mark_take(200) as mark`
      return row?.['mark']
    }
    const before = takenSchema.parse(await ask(first))
    await first.end()
    await primary.stop()
    await writeFile(join(folder, 'postgres', 'standby.signal'), '')
    const replica = createPostgresPiece(folder, port, unsafeSettings)
    await replica.start()
    const sql = postgres(replica.url, { max: 1, onnotice: () => {} })
    try {
      expect(await ask(sql)).toEqual({ outcome: 'ok', said: 'refused', reason: 'replica' })
      const load = () => sql`select public.workspace_membership('15213')`
      await expect(load()).rejects.toThrow('only the primary may be read')
      await sql`select pg_promote()`
      await expect(load()).resolves.toHaveLength(1)
      const after = takenSchema.parse(await ask(sql))
      expect(after.database).not.toBe(before.database)
      const [answer] = await sql`
        select public.mark_untold(${before.snapshot}, ${before.database}, ${before.position}, 200) as answer`
      expect(answer?.['answer']).toEqual({ outcome: 'ok', said: 'another' })
    } finally {
      await sql.end()
      await replica.stop()
      await rm(folder, { recursive: true, force: true })
    }
  }, 60_000)

  test('a database into which logical replication writes contacts takes no marks', async () => {
    await database.sql
      .begin(async (sql) => {
        await sql`set local allow_system_table_mods = on`
        await sql`insert into pg_catalog.pg_subscription_rel (srsubid, srrelid, srsubstate)
          values (1, 'public.contacts'::regclass, 'r')`
        const [row] = await sql`select public.mark_take(200) as mark`
        expect(row?.['mark']).toEqual({ outcome: 'ok', said: 'refused', reason: 'subscriber' })
        throw new Error('rolled back')
      })
      .catch((error: Error) => expect(error.message).toBe('rolled back'))
  })

  test('a database whose functions are forbidden says so', async () => {
    await database.sql
      .begin(async (sql) => {
        await sql`create role plain nologin`
        await sql`grant usage on schema private to plain`
        await sql`grant create on schema public, private to plain`
        await sql`revoke execute on function pg_control_system() from public`
        await sql`grant select on private.outbox to plain`
        for (const each of [
          'public.mark_take(integer)',
          'private.marks_refused()',
          'private.database_identity()',
        ])
          await sql.unsafe(`alter function ${each} owner to plain`)
        await sql`grant execute on function private.require_argument(boolean, text) to plain`
        const [row] = await sql`select public.mark_take(200) as mark`
        expect(row?.['mark']).toEqual({ outcome: 'ok', said: 'refused', reason: 'forbidden' })
        throw new Error('rolled back')
      })
      .catch((error: Error) => expect(error.message).toBe('rolled back'))
  })
})

test.each([
  ['mark_take', { p_workspaces_max: 1001 }],
  ['mark_take', { p_workspaces_max: null }],
  ['mark_untold', { p_snapshot: 'x', p_database: '1:1', p_position: '0/1', p_workspaces_max: 1 }],
  ['mark_untold', { p_snapshot: '1:2:', p_database: '1:1', p_position: 'x', p_workspaces_max: 1 }],
])('%s refuses an argument that is out of bounds: %j', async (name, args) => {
  await expect(call(database.service, name, args)).rejects.toThrow(name)
})
