import { readFile } from 'node:fs/promises'
import postgres from 'postgres'
import { z } from 'zod'
import { takeDataFolder } from '../../origin/local/data-folder.ts'
import { fillDatabase } from '../../origin/local/database-content.ts'
import { referenceContacts } from '../../origin/local/options.ts'
import { takePort } from '../../origin/local/ports.ts'
import { createPostgresPiece } from '../../origin/local/postgres.ts'

/** A Postgres of the benchmark's own, in which the reference workspace is one of many. */
export interface BenchDatabase {
  readonly sql: postgres.Sql
  readonly url: string
  /** The workspaces beside the three of the reference data, and how many contacts each has. */
  readonly others: readonly string[]
  readonly contactsEach: number
  stop(): Promise<void>
}

export interface BenchContent {
  readonly dataDirectory: string
  /**
   * The number of contacts in all workspaces together. It is never less than the reference workspace and a few
   * contacts in each other one.
   */
  readonly contacts: number
  readonly seed: number
  onProgress(line: string): void
}

/** fsync and the settings that belong to it are on, as in production. */
const settings = [
  ...['shared_buffers=4GB', 'work_mem=16MB', 'maintenance_work_mem=512MB', 'effective_cache_size=12GB'],
  ...['max_wal_size=8GB', 'checkpoint_timeout=15min', 'random_page_cost=1.1', 'max_connections=120'],
]

/** Together with the three of the reference data these make a hundred workspaces. */
const otherWorkspaces = 97
const ofTheReferenceData = referenceContacts + 2_000
const contactsEachMin = 100
const chunk = 20_000
const loaders = 2

/** The tables whose indexes are built after the load. */
const heldTables = [
  ...['contacts', 'conversations', 'messages', 'conversation_summaries', 'lead_controls'],
  ...['communications', 'communication_attachments', 'campaign_sends', 'mailbox_messages'],
].map((name) => `public.${name}`)

/** The tables beside contacts that grow with them. */
export const grownTables: readonly string[] = [
  ...['conversations', 'messages', 'conversation_summaries', 'lead_controls', 'threads', 'communications'],
  ...['communication_attachments', 'companies', 'company_domains', 'campaign_sends', 'mailbox_messages'],
]

/** Starts Postgres on the folder. Data that an earlier run loaded there are used again. */
export async function openBenchDatabase(content: BenchContent): Promise<BenchDatabase> {
  const { dataDirectory, seed, onProgress } = content
  const folder = await takeDataFolder(dataDirectory)
  const piece = createPostgresPiece(dataDirectory, await takePort(0), settings)
  const sql = postgres(piece.url, { max: loaders, onnotice: () => undefined })
  const stop = async () => {
    await sql.end()
    await piece.stop()
    await folder.release()
  }
  const share = Math.floor((content.contacts - ofTheReferenceData) / otherWorkspaces)
  const contactsEach = Math.max(contactsEachMin, share)
  const others = Array.from({ length: otherWorkspaces }, (_, number) => String(20_001 + number))
  try {
    await piece.start()
    await folder.remember([piece.pid])
    await fillDatabase(piece.url, { contacts: referenceContacts, seed, isExternal: false, onProgress })
    for (const file of ['database.sql', 'database-resources.sql'])
      await sql.unsafe(await readFile(new URL(file, import.meta.url), 'utf8'))
    await loadOthers(sql, { ...content, others, contactsEach })
  } catch (error) {
    await stop()
    throw error
  }
  return { sql, url: piece.url, others, contactsEach, stop }
}

type Others = BenchContent & Pick<BenchDatabase, 'others' | 'contactsEach'>

/**
 * Loads in the same way as the reference data: without indexes, which are built at the end. A marker is written last.
 */
async function loadOthers(sql: postgres.Sql, content: Others): Promise<void> {
  const { dataDirectory, seed, others, contactsEach, onProgress } = content
  await sql`create table if not exists bench.loaded (contacts_each integer not null)`
  const [loaded] = await sql`select contacts_each from bench.loaded`
  if (loaded !== undefined) {
    if (loaded['contacts_each'] === contactsEach) return
    throw new Error(`${dataDirectory} holds another number of contacts: choose another folder with --data`)
  }
  const [started] = await sql`select from public.workspaces where id = ${others[0] ?? ''}`
  if (started !== undefined) throw new Error(`A load of ${dataDirectory} broke off: remove the folder`)

  await sql`select reference_data.hold(${heldTables}::text[]::regclass[])`
  await sql`insert into public.workspaces (id, name) select id, 'Bench ' || id from unnest(${others}::text[]) id`
  await sql`
    insert into public.boards (workspace_id, id, name)
    select w, b, b from unnest(${others}::text[]) w cross join lateral unnest(array['board_' || right(w, 3), 'board_1']) b`
  await sql`
    insert into public.board_columns (workspace_id, board_id, id, name, position)
    select b.workspace_id, b.id, 'col_' || n, 'Column ' || n, n
    from public.boards b
    cross join unnest(case when b.id = 'board_1' then array[11, 12] else array[1, 2, 3] end) n
    where b.workspace_id = any (${others}::text[])`
  const chunks = others.flatMap((workspace) =>
    Array.from({ length: Math.ceil(contactsEach / chunk) }, (_, part) => ({
      workspace,
      first: part * chunk + 1,
    })),
  )
  await sql.unsafe(`
    create trigger be_lead before insert on public.contacts for each row execute function bench.be_lead(${contactsEach})`)
  await atOnce(chunks, async ({ workspace, first }, number) => {
    if (first === 1)
      await sql`select reference_data.mark_the_few(${seed}, ${workspace}, ${contactsEach}::int)`
    const last = Math.min(first + chunk - 1, contactsEach)
    await sql`select reference_data.insert_contacts(${seed}, ${workspace}, ${first}::int, ${last}::int)`
    if (number % 50 === 0) onProgress(`${number} of ${chunks.length} parts loaded`)
  })
  await sql`drop trigger be_lead on public.contacts`
  await loadRest(sql, content)
  const held = z
    .array(z.object({ statement: z.string() }))
    .parse(await sql`select statement from reference_data.held order by statement not like '% USING gin %'`)
  const isIndex = ({ statement }: { statement: string }) => statement.startsWith('CREATE INDEX')
  await atOnce(held.filter(isIndex), async ({ statement }) => {
    await sql.unsafe(statement)
    onProgress(statement.split(' ON ')[0] ?? statement)
  })
  for (const { statement } of held.filter((each) => !isIndex(each))) await sql.unsafe(statement)
  await sql`delete from reference_data.held`
  await sql`select public.fold_counts(100000)`
  await sql`truncate private.outbox`
  onProgress('vacuum')
  await sql`vacuum analyze`
  await sql`insert into bench.loaded values (${contactsEach})`
}

/** The rows of the tables beside contacts. The reference workspaces have none. */
async function loadRest(sql: postgres.Sql, { others, contactsEach, onProgress }: Others): Promise<void> {
  await sql`select bench.insert_the_large(${others[0] ?? ''})`
  await atOnce(others, async (workspace, number) => {
    for (const rows of ['companies', 'conversations', 'communications', 'figures', 'office'])
      await sql`select ${sql(`bench.insert_${rows}`)}(${workspace}, ${contactsEach}::int)`
    if (number % 10 === 0) onProgress(`conversations and communications of ${number} workspaces loaded`)
  })
}

/** Works on as many items at a time as there are connections. */
async function atOnce<Item>(items: readonly Item[], work: (item: Item, number: number) => Promise<void>) {
  const entries = items.entries()
  const worker = async () => {
    for (const [number, item] of entries) await work(item, number)
  }
  await Promise.all(Array.from({ length: loaders }, worker))
}

/** The bytes of each table that grows and of each of its indexes, and the levels of an index. Partitions count as one. */
export async function sizesOf(
  sql: postgres.Sql,
): Promise<readonly { name: string; bytes: number; levels: number | null }[]> {
  await sql`create extension if not exists pageinspect schema bench`
  return sql<{ name: string; bytes: number; levels: number | null }[]>`
    with relations as (
      select
        c.relname = any (${[...grownTables]}) or c.relname ~ '^contacts_[0-9][0-9]$' as is_table,
        c.oid, coalesce(up.inhparent::regclass::oid, c.oid) as shown, c.relkind, c.relam
      from pg_class c
      left join pg_inherits up on up.inhrelid = c.oid
      where c.relkind in ('r', 'i')
    ), parts as (
      select shown, pg_table_size(oid) as bytes, null::integer as levels from relations where relkind = 'r' and is_table
      union all
      select x.shown, pg_relation_size(x.oid), case when a.amname = 'btree' then (bench.bt_metap(x.oid::regclass::text)).level + 1 end
      from relations x
      join pg_index i on i.indexrelid = x.oid
      join relations t on t.oid = i.indrelid and t.is_table
      join pg_am a on a.oid = x.relam
    )
    select c.relname as name, sum(p.bytes)::float8 as bytes, max(p.levels)::integer as levels
    from parts p
    join pg_class c on c.oid = p.shown
    group by 1 order by 2 desc`
}
