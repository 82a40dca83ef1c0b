import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import postgres from 'postgres'
import { LocalError } from './local-error.ts'

export interface ContentOptions {
  readonly contacts: number
  readonly seed: number
  /** Somebody else's database, which may hold what is not ours to touch. */
  readonly isExternal: boolean
  /** Told as the work goes on, one line at a time. */
  onProgress(line: string): void
}

const origin = new URL('../', import.meta.url)
const chunk = 20_000

/**
 * Brings a database to where the stack needs it: the shim that hosted Supabase has by nature, the migrations not yet
 * run, and the reference data. What is there already stays; a load that broke off is thrown away and made again.
 */
export async function fillDatabase(url: string, options: ContentOptions): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined })
  try {
    if (options.isExternal) await assertOurs(sql)
    await discardBrokenLoad(sql, options)
    await runFile(sql, 'local/supabase-shim.sql')
    await migrate(sql, options)
    await load(sql, options)
  } finally {
    await sql.end({ timeout: 5 })
  }
}

/** Only an empty database, or one that an earlier start has filled, is ever written to. */
async function assertOurs(sql: postgres.Sql): Promise<void> {
  const rows = sql`
    select from pg_tables where schemaname = 'public'
    and not exists (select from pg_namespace where nspname = 'local_state')`
  const [row] = await rows.catch((error: Error) => {
    throw new LocalError(`The database of DATABASE_URL does not answer: ${error.message}.`)
  })
  if (row === undefined) return
  throw new LocalError(
    'The database of DATABASE_URL holds tables that no earlier start has made: name an empty database.',
  )
}

async function runFile(sql: postgres.ISql, file: string): Promise<void> {
  await sql.unsafe(await readFile(new URL(file, origin), 'utf8'))
}

interface Loaded {
  readonly seed: number
  readonly contacts: number
}

async function loadedData(sql: postgres.Sql): Promise<Loaded | null> {
  const [row] = await sql<Loaded[]>`select seed, contacts from reference_data.loaded`
  return row ?? null
}

async function hasReferenceData(sql: postgres.Sql): Promise<boolean> {
  const [row] = await sql`select 1 from pg_namespace where nspname = 'reference_data'`
  return row !== undefined
}

/** The marker is written last: where it is missing, indexes and rows are too. */
async function discardBrokenLoad(sql: postgres.Sql, { onProgress }: ContentOptions): Promise<void> {
  if (!(await hasReferenceData(sql)) || (await loadedData(sql)) !== null) return
  onProgress('an earlier load broke off: starting over')
  await sql.unsafe(`
    drop schema if exists reference_data, local_state, private, public cascade;
    create schema public;`)
}

/** A migration that has run and has changed since cannot be run again: its database belongs to another version. */
async function migrate(sql: postgres.Sql, { onProgress }: ContentOptions): Promise<void> {
  await sql.unsafe(`
    create schema if not exists local_state;
    create table if not exists local_state.migrations (name text primary key);
    alter table local_state.migrations add column if not exists digest text;`)
  const all = await migrations()
  const done = await sql<Migration[]>`select name, digest from local_state.migrations`
  const isAsItWas = (one: Migration) =>
    all.some(({ name, digest }) => name === one.name && digest === one.digest)
  if (!done.every(isAsItWas)) {
    throw new LocalError(
      'The database was made by another version of the migrations: start with --fresh to make it anew, or name an empty one.',
    )
  }
  for (const { name, digest } of all.filter((each) => !done.some((one) => one.name === each.name))) {
    onProgress(`migration ${name}`)
    await sql.begin(async (transaction) => {
      await runFile(transaction, `supabase/migrations/${name}`)
      await transaction`insert into local_state.migrations (name, digest) values (${name}, ${digest})`
    })
  }
}

interface Migration {
  readonly name: string
  /** SHA-256 of its text. */
  readonly digest: string
}

async function migrations(): Promise<readonly Migration[]> {
  const folder = new URL('supabase/migrations/', origin)
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort()
  return Promise.all(
    names.map(async (name) => ({
      name,
      digest: createHash('sha256')
        .update(await readFile(new URL(name, folder)))
        .digest('hex'),
    })),
  )
}

async function load(sql: postgres.Sql, { seed, contacts, onProgress }: ContentOptions): Promise<void> {
  if (!(await hasReferenceData(sql))) await runFile(sql, 'local/reference-data.sql')
  const loaded = await loadedData(sql)
  if (loaded !== null) {
    if (loaded.seed === seed && loaded.contacts === contacts) return
    throw new LocalError(
      `The database holds ${loaded.contacts} contacts of seed ${loaded.seed}, not ${contacts} of seed ${seed}: start with --fresh to make them anew, or with --contacts ${loaded.contacts} --seed ${loaded.seed}.`,
    )
  }
  await sql`select reference_data.prepare(${seed}, ${contacts})`
  for (let first = 1; first <= contacts; first += chunk) {
    const last = Math.min(first + chunk - 1, contacts)
    await sql`select reference_data.generate_contacts(${seed}, ${contacts}, ${first}::int, ${last}::int)`
    onProgress(`${last.toLocaleString('en')} of ${contacts.toLocaleString('en')} contacts`)
  }
  onProgress('building indexes')
  await sql`select reference_data.finish(${seed}, ${contacts})`
  await sql`vacuum analyze`
}
