import postgres from 'postgres'
import { z } from 'zod'
import { referenceContacts } from '../../origin/local/options.ts'
import type { BenchDatabase } from './database-content.ts'

const timesSchema = z.array(z.number())

export interface Times {
  readonly kept: readonly number[]
  readonly bare: readonly number[]
}

/** Times of single-row updates, each committed, with the triggers and without any, in turn. */
export async function measureUpdates({ sql }: BenchDatabase): Promise<Times> {
  const turns = 8
  const roundsATurn = 250
  const measured = { kept: [] as number[], bare: [] as number[] }
  const update = async (first: number) => {
    const [row] = await sql`
      call bench.update_contacts('15213', ${referenceContacts}, ${first}::int, ${roundsATurn}::int, null)`
    return timesSchema.parse(row?.['p_times'])
  }
  await update(1)
  for (let turn = 1; turn <= turns; turn++) {
    measured.kept.push(...(await update(2 * turn * roundsATurn)))
    await withoutTriggers(sql, 'contacts', async () => {
      measured.bare.push(...(await update((2 * turn + 1) * roundsATurn)))
    })
  }
  await repair(sql)
  return measured
}

/** Times of messages that are inserted one by one, each committed, with the triggers and without any, in turn. */
export async function measureMessages({ sql, others, contactsEach }: BenchDatabase): Promise<Times> {
  const turns = 8
  const roundsATurn = 250
  const measured = { kept: [] as number[], bare: [] as number[] }
  const insert = async (first: number) => {
    const [row] = await sql`
      call bench.insert_messages(${others}::text[], ${contactsEach}::int, ${first}::int, ${roundsATurn}::int, null)`
    return timesSchema.parse(row?.['p_times'])
  }
  await insert(0)
  for (let turn = 1; turn <= turns; turn++) {
    measured.kept.push(...(await insert(2 * turn * roundsATurn)))
    await withoutTriggers(sql, 'messages', async () => {
      measured.bare.push(...(await insert((2 * turn + 1) * roundsATurn)))
    })
  }
  await sql`delete from public.messages where workspace_id = any (${others}::text[]) and id ^@ 'bench_'`
  await sql`vacuum public.messages`
  return measured
}

async function withoutTriggers(
  sql: postgres.Sql,
  table: 'contacts' | 'messages',
  work: () => Promise<void>,
): Promise<void> {
  await sql`alter table ${sql(`public.${table}`)} disable trigger user`
  try {
    await work()
  } finally {
    await sql`alter table ${sql(`public.${table}`)} enable trigger user`
  }
}

const repairedSchema = z.object({ outcome: z.literal('ok'), drift: z.array(z.unknown()) })

/** Answers how many counts were wrong. */
async function repair(sql: postgres.Sql, workspace = '15213'): Promise<number> {
  await sql`select public.fold_counts(100000)`
  const [row] = await sql`select public.reconcile_counts(${workspace}) as answer`
  return repairedSchema.parse(row?.['answer']).drift.length
}

const importedRows = 100_000
const importedWorkspace = '20001'

/**
 * Milliseconds of an import of 100,000 contacts as one statement, with the triggers and without any. The better of
 * two runs counts.
 */
export async function measureImport({ sql }: BenchDatabase): Promise<{ kept: number; bare: number }> {
  await sql`create unlogged table bench.batch as select * from public.contacts with no data`
  await sql`alter table bench.batch drop column facets, drop column search_text`
  const [columns] = await sql`
    select string_agg(attname, ', ' order by attnum) as names from pg_attribute
    where attrelid = 'bench.batch'::regclass and attnum > 0 and not attisdropped`
  const names = z.string().parse(columns?.['names'])
  await sql.unsafe(`
    insert into bench.batch (${names}) select ${names} from public.contacts
    where workspace_id = '15213' order by id limit ${importedRows}`)
  await sql`
    update bench.batch set workspace_id = ${importedWorkspace}, id = 'imported_' || id, board_id = 'board_1',
      board_column_id = 'col_11'`
  const load = async () => {
    const [row] = await sql`
      select bench.time_of(${`insert into public.contacts (${names}) select ${names} from bench.batch`}) as ms`
    await sql`delete from public.contacts where workspace_id = ${importedWorkspace} and id like 'imported_%'`
    await sql`vacuum public.contacts`
    return z.number().parse(row?.['ms'])
  }
  const kept: number[] = []
  const bare: number[] = []
  for (let turn = 0; turn < 2; turn++) {
    kept.push(await load())
    await withoutTriggers(sql, 'contacts', async () => void bare.push(await load()))
  }
  await sql`drop table bench.batch`
  await repair(sql, importedWorkspace)
  return { kept: Math.min(...kept), bare: Math.min(...bare) }
}

const writers = 50
const secondsATurn = 8
const turns = 3

export interface Writers {
  /** Updates a second by 50 writers. */
  readonly inOneWorkspace: number
  readonly inFifty: number
  /** The number of counts that were wrong afterwards. */
  readonly drift: number
}

/**
 * Fifty connections each update one contact in a transaction, all in one workspace or each in its own, in turn.
 * Answers the median turn. Meanwhile the appended tallies are folded, as the origin does it.
 */
export async function measureWriters(database: BenchDatabase): Promise<Writers> {
  const { sql, others, contactsEach } = database
  const connections = Array.from({ length: writers }, () =>
    postgres(database.url, { max: 1, onnotice: () => {} }),
  )
  const turn = async (workspaceOf: (writer: number) => string, contacts: number, shares: number) => {
    let isOver = false
    const folding = (async () => {
      while (!isOver) await sql`select public.fold_counts(5000), pg_sleep(0.5)`
    })()
    const written = await Promise.all(
      connections.map(async (connection, writer) => {
        const [row] = await connection`
          call bench.write(${workspaceOf(writer)}, ${contacts}::int, ${writer % shares}::int, ${shares}::int,
            ${secondsATurn}::int, null)`
        return z.int().parse(row?.['p_writes'])
      }),
    )
    isOver = true
    await folding
    return written.reduce((sum, writes) => sum + writes, 0) / secondsATurn
  }
  const one: number[] = []
  const fifty: number[] = []
  const [crowded = ''] = others
  for (let round = 0; round < turns; round++) {
    one.push(await turn(() => crowded, contactsEach, writers))
    fifty.push(await turn((writer) => others[writer] ?? crowded, contactsEach, 1))
  }
  await Promise.all(connections.map((connection) => connection.end()))
  let drift = 0
  for (const workspace of others.slice(0, writers)) drift += await repair(sql, workspace)
  return { inOneWorkspace: median(one), inFifty: median(fifty), drift }
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0
