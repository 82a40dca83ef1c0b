import postgres from 'postgres'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { limits } from '../../shared/limits.ts'
import { eventually } from '../support/eventually.ts'
import { call } from './answers.ts'
import { type Database, startDatabase } from './database.ts'

let database: Database
/** The connection that looks, and the one that writes meanwhile. */
let looker: postgres.Sql
let writer: postgres.Sql

const connect = () => postgres(database.url, { max: 1, onnotice: () => {} })

beforeAll(async () => {
  database = await startDatabase(100)
  looker = connect()
  writer = connect()
}, 120_000)

afterAll(async () => {
  await looker?.end()
  await writer?.end()
  await database?.stop()
})

beforeEach(async () => {
  await database.sql`delete from private.outbox`
})

afterEach(() => eventually(async () => !(await isLooking())))

const answerSchema = z.object({ outcome: z.literal('ok'), said: z.enum(['rows', 'none', 'busy']) })

async function look(
  waitMs: number = limits.outboxWaitMs,
  sql: postgres.Sql | postgres.TransactionSql = looker,
) {
  const [row] = await sql`select public.outbox_wait(${waitMs}) as answer`
  return answerSchema.parse(row?.['answer']).said
}

const write = (sql: postgres.Sql | postgres.TransactionSql) =>
  sql`update boards set name = md5(name) where workspace_id = '15213'`
const claim = (leaseMs: number) =>
  call(database.service, 'outbox_claim', { p_rows_max: 10, p_lease_ms: leaseMs })

/** Whether some connection holds the lock of the one that looks. */
async function isLooking(): Promise<boolean> {
  const rows = await database.sql`select from pg_locks where locktype = 'advisory' and granted`
  return rows.length > 0
}

/** The answer of a look at an empty outbox during which this happens. Null if it ended before, because the machine was slow. */
async function lookDuring(happens: () => Promise<unknown>) {
  await database.sql`delete from private.outbox`
  let hasEnded = false
  const looking = look().finally(() => {
    hasEnded = true
  })
  await eventually(async () => hasEnded || (await isLooking()), { everyMs: 1 })
  const isEarly = !hasEnded
  await happens()
  const said = await looking
  return isEarly ? said : null
}

describe('a look', () => {
  test('sees a row that another connection commits while it waits, and leaves it to a claim', async () => {
    await eventually(async () => (await lookDuring(() => write(writer))) === 'rows')
    expect(await look(0)).toBe('rows')
    expect(await claim(60_000)).toMatchObject({ rows: [{ attempts: 0 }] })
    expect(await look(0)).toBe('none')
  })

  test('does not see a row before its transaction commits, and ends at its bound', async () => {
    await writer
      .begin(async (sql) => {
        await write(sql)
        expect(await look()).toBe('none')
        throw new Error('rolled back')
      })
      .catch((error: Error) => expect(error.message).toBe('rolled back'))
    expect(await look(0)).toBe('none')
  })

  test('sees a row as soon as it is due, and not before', async () => {
    await write(writer)
    await writer`update private.outbox set due_at = clock_timestamp() + interval '1 hour'`
    expect(await look(0)).toBe('none')
    await writer`update private.outbox set due_at = clock_timestamp() + interval '100 ms'`
    expect(await look()).toBe('rows')
  })

  test('sees a row that is leased or parked only once it is due again', async () => {
    await write(writer)
    await claim(60_000)
    expect(await look()).toBe('none')
    await writer`update private.outbox set attempts = 20, parked_at = clock_timestamp()`
    expect(await look(0)).toBe('none')
    await writer`update private.outbox set due_at = clock_timestamp()`
    expect(await look(0)).toBe('rows')
  })

  test.each(['repeatable read', 'serializable'])(
    'refuses to run under %s, which would never see a row',
    async (level) => {
      const looking = looker.begin(`isolation level ${level}`, (sql) => look(0, sql))
      await expect(looking).rejects.toMatchObject({ code: '25000' })
    },
  )

  test('is one of a database at a time: another one is told so at once, and may look after it', async () => {
    const busy = async () => {
      let second: string | null = null
      await lookDuring(async () => {
        second = await look(limits.outboxWaitMs, writer)
      })
      return second === 'busy'
    }
    await eventually(busy)
    expect(await look(0, writer)).toBe('none')
  })

  test('whose client is gone ends at its bound, and the next one looks', async () => {
    const gone = connect()
    const looking = look(limits.outboxWaitMs, gone).catch(() => 'lost')
    await eventually(isLooking, { everyMs: 1 })
    await gone.end({ timeout: 0 })
    await looking
    await eventually(async () => (await look(0)) === 'none')
  })

  test('is refused with more than its bound', async () => {
    await expect(look(limits.outboxWaitMs + 1)).rejects.toMatchObject({ code: '22023' })
  })

  test('reads the index of due rows, however small the outbox is, so that rows which wait make it no slower', async () => {
    await database.sql`insert into private.outbox (workspace_id, tags, due_at)
      select '15213', '{counts}', clock_timestamp() + interval '1 hour' from generate_series(1, 10000)`
    await looker.begin(async (sql) => {
      for (let glance = 0; glance < 10; glance += 1) expect(await look(0, sql)).toBe('none')
      const scans = await sql`select seq_scan::int from pg_stat_xact_user_tables
        where relid = 'private.outbox'::regclass`
      expect(scans).toMatchObject([{ seq_scan: 0 }])
    })
  })
})
