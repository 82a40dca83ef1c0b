import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type postgres from 'postgres'
import { z } from 'zod'
import { childrenOf } from '../../origin/local/running-processes.ts'
import { readStackFile, type StackFile } from '../../origin/local/stack-file.ts'
import { attachMemoryProbe, type MemoryProbe } from '../bench/live-memory.ts'
import type { TestStack } from '../support/local-stack.ts'

/** A kind of figure, and the rise of it that never matters. */
export interface Kind {
  readonly unit: 'MB' | 'kB' | 'B' | 'times' | ''
  readonly floor: number
}

const megabyte = 1_048_576

export const kinds = {
  memory: { unit: 'MB', floor: 12 * megabyte },
  handles: { unit: '', floor: 20 },
  keys: { unit: '', floor: 100 },
  connections: { unit: '', floor: 8 },
  size: { unit: 'MB', floor: 2 * megabyte },
  // The overview's hour of samples takes an hour to fill.
  sqlite: { unit: 'kB', floor: 4 * megabyte },
  bytesARow: { unit: 'B', floor: 64 },
  // SQLite fills pages again that rows of other sizes have left, down to a third, over many rounds of a ring.
  filesToContent: { unit: 'times', floor: 1 },
} as const satisfies Record<string, Kind>

export interface Figure {
  readonly name: string
  readonly kind: keyof typeof kinds
  readonly value: number
  /** The bytes of all rows of a figure in bytes a row. */
  readonly ofBytes?: number
}

/** Samples everything of a stack that could grow. */
export interface Sampler {
  sample(): Promise<Figure[]>
  /** Names the programs that ended and were started again since the first call, whose figures began again with them. */
  restarted(): Promise<readonly string[]>
  close(): void
}

/**
 * The tables to which the load adds rows that are meant to stay, or to stay for days. They are judged by their bytes a row, which grow where space of
 * removed and changed rows is not used again. All other tables are judged by their size.
 */
const keptTables: readonly RegExp[] = [
  /^(contacts|conversations|conversation_summaries|messages|call_sessions|lead_controls)$/,
  /^(threads|communications|communication_texts|communication_attachments|campaign_sends|mailbox_messages)$/,
  /^(companies|company_domains)$/,
  /^private\.(inbound_\w+|email_thread_keys|ended_calls|contact_events|job_marks|job_periods)$/,
  // BullMQ keeps jobs that have ended for a day.
  /^bullmq\./,
]

/** Below this size the pages of a table are mostly empty, and its bytes a row say nothing. */
export const judgedTableBytes = 4 * megabyte
const redisDeadlineMs = 10_000

export async function createSampler(stack: TestStack): Promise<Sampler> {
  if (stack.inspectors === null) throw new Error('the stack has no inspectors')
  const folder = dirname(stack.logs)
  const probes: Readonly<Record<'worker' | 'origin', MemoryProbe>> = {
    worker: await attachMemoryProbe(stack.inspectors.worker),
    origin: await attachMemoryProbe(stack.inspectors.origin),
  }
  const { pids: firstPids } = await readStackFile(folder)
  return {
    async restarted() {
      const pids = new Map(Object.entries((await readStackFile(folder)).pids))
      return Object.entries(firstPids).flatMap(([name, pid]) => (pids.get(name) === pid ? [] : [name]))
    },
    async sample() {
      const file = await readStackFile(folder)
      const heaps = await Promise.all(
        (['worker', 'origin'] as const).map(async (name): Promise<Figure> => {
          const value = await probes[name].liveBytes()
          return { name: `${name}: heap after a garbage collection`, kind: 'memory', value }
        }),
      )
      const figures = await Promise.all([
        ofProcesses(file),
        ofPostgres(stack.sql),
        ofRedis(file.redis),
        ofObjects(folder),
      ])
      return [...heaps, ...figures.flat()]
    },
    close() {
      for (const probe of Object.values(probes)) probe.close()
    },
  }
}

/** Memory and open files of each program, with its children. */
async function ofProcesses({ pids }: StackFile): Promise<Figure[]> {
  const figures = await Promise.all(
    Object.entries(pids).map(async ([name, pid]): Promise<Figure[]> => {
      if (pid === null) return []
      const tree = await treeOf(pid)
      const [memory, handles] = await Promise.all([summed(tree, proportionalBytes), summed(tree, handlesOf)])
      return [
        { name: `${name}: memory`, kind: 'memory', value: memory },
        { name: `${name}: file handles`, kind: 'handles', value: handles },
      ]
    }),
  )
  return figures.flat()
}

async function treeOf(pid: number): Promise<number[]> {
  const children = await childrenOf(pid)
  return [pid, ...(await Promise.all(children.map((child) => treeOf(child.pid)))).flat()]
}

async function summed(pids: readonly number[], of: (pid: number) => Promise<number>): Promise<number> {
  // A process that has ended since has nothing.
  const values = await Promise.all(pids.map((pid) => of(pid).catch(() => 0)))
  return values.reduce((sum, value) => sum + value, 0)
}

/** Pss of proc_pid_smaps(5): a page that processes share counts once, in parts. */
async function proportionalBytes(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8')
  return Number(/^Pss:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1_024
}

const handlesOf = async (pid: number) => (await readdir(`/proc/${pid}/fd`)).length

const tableSchema = z.object({
  name: z.string(),
  table_bytes: z.coerce.number(),
  index_bytes: z.coerce.number(),
  row_count: z.coerce.number(),
})

async function ofPostgres(sql: postgres.Sql): Promise<Figure[]> {
  const [connected] = await sql<{ connections: number }[]>`
    select count(*)::integer as connections from pg_stat_activity where backend_type = 'client backend'`
  const rows = await sql`
    select coalesce(pg_partition_root(relid), relid)::regclass::text as name, sum(pg_table_size(relid)) as table_bytes,
      sum(pg_indexes_size(relid)) as index_bytes, sum(n_live_tup) as row_count
    from pg_stat_user_tables group by 1`
  const tables = z.array(tableSchema).parse(rows)
  return [
    { name: 'postgres: connections', kind: 'connections', value: connected?.connections ?? 0 },
    ...tables.flatMap(ofTable),
  ]
}

function ofTable({ name, table_bytes, index_bytes, row_count }: z.output<typeof tableSchema>): Figure[] {
  if (!keptTables.some((kept) => kept.test(name)))
    return [
      { name: `${name}: table`, kind: 'size', value: table_bytes },
      { name: `${name}: indexes`, kind: 'size', value: index_bytes },
    ]
  if (row_count === 0) return []
  const ofBytes = table_bytes + index_bytes
  return [
    { name: `${name}: table, a row`, kind: 'bytesARow', value: table_bytes / row_count, ofBytes },
    { name: `${name}: indexes, a row`, kind: 'bytesARow', value: index_bytes / row_count, ofBytes },
  ]
}

const infoSchema = z.object({ result: z.string() })

async function ofRedis(redis: StackFile['redis']): Promise<Figure[]> {
  if (redis === null) return []
  const answer = await fetch(redis.url, {
    method: 'POST',
    headers: { Authorization: `Bearer ${redis.token}` },
    body: JSON.stringify(['INFO']),
    signal: AbortSignal.timeout(redisDeadlineMs),
  })
  const { result } = infoSchema.parse(await answer.json())
  const numberOf = (name: string) => Number(new RegExp(`\\b${name}[:=](\\d+)`).exec(result)?.[1] ?? 0)
  return [
    { name: 'redis: used_memory', kind: 'size', value: numberOf('used_memory') },
    { name: 'redis: connections', kind: 'connections', value: numberOf('connected_clients') },
    // Those with a lifetime come and go. Of the others nobody gets rid.
    { name: 'redis: keys without a lifetime', kind: 'keys', value: numberOf('keys') - numberOf('expires') },
  ]
}

/** The SQLite files of the Durable Objects with their write-ahead logs, summed for each class, which has a folder. */
async function ofObjects(folder: string): Promise<Figure[]> {
  const objects = join(folder, 'worker', 'do')
  const files = (await readdir(objects, { recursive: true })).filter((file) => file.includes('.sqlite'))
  const sums = new Map<string, number>()
  for (const file of files) {
    const name = basename(dirname(file)).replace('-', '')
    const { size } = await stat(join(objects, file)).catch(() => ({ size: 0 }))
    sums.set(name, (sums.get(name) ?? 0) + size)
  }
  const { Ledger: ledgerBytes = 0, ...others } = Object.fromEntries(sums)
  return [
    ...Object.entries(others).map(
      ([name, value]): Figure => ({ name: `SQLite of ${name}`, kind: 'sqlite', value }),
    ),
    ...ofLedgers(
      files.map((file) => join(objects, file)),
      ledgerBytes,
    ),
  ]
}

/**
 * A ledger's ring takes `limits.ledgerLogRowsMax` batches, and longer than the warm-up to fill. So its content is judged by its bytes a
 * batch, and its files by their ratio to the content, which rises where the space of replaced rows is not used again.
 */
function ofLedgers(files: readonly string[], bytes: number): Figure[] {
  const ledgers = files.filter((file) => isLedger.test(file)).map(contentOf)
  const sumOf = (part: 'batches' | 'content') => ledgers.reduce((sum, ledger) => sum + ledger[part], 0)
  const [batches, content] = [sumOf('batches'), sumOf('content')]
  if (batches === 0) return []
  return [
    {
      name: 'SQLite of Ledger: content, a batch',
      kind: 'bytesARow',
      value: content / batches,
      ofBytes: content,
    },
    { name: 'SQLite of Ledger: files to content', kind: 'filesToContent', value: bytes / content },
  ]
}

const isLedger = /-Ledger\/[0-9a-f]+\.sqlite$/
const contentSchema = z.object({ batches: z.int(), content: z.int() })

/** The bytes in the cells of all tables. Readers of a database with a write-ahead log keep nobody from writing it. */
function contentOf(file: string): z.output<typeof contentSchema> {
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    const statement = `select (select count(*) from log) as batches,
      (select sum(payload) from dbstat where aggregate = 1) as content`
    return contentSchema.parse(database.prepare(statement).get())
  } finally {
    database.close()
  }
}
