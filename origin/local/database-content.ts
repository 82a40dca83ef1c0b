import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import postgres from 'postgres'
import { z } from 'zod'
import { LocalError } from './local-error.ts'
import { addLocalAddresses } from './mail-addresses.ts'

interface ContentOptions {
  readonly contacts: number
  readonly seed: number
  /** The contacts of workspace 15214 if it is in use (lively-data.sql). By default it is null, which leaves it small and still. */
  readonly livelyContacts?: number | null
  /** The database was not started here, so it may hold data that must not be touched. */
  readonly isExternal: boolean
  /** Receives a line for each step. */
  onProgress(line: string): void
}

const origin = new URL('../', import.meta.url)
const chunk = 20_000

/**
 * Prepares a database for the stack: roles as on hosted Supabase, the migrations that have not run yet, and the reference data.
 * Existing data stays. If an earlier load was interrupted, its data is dropped and loaded again.
 */
export async function fillDatabase(url: string, options: ContentOptions): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined })
  try {
    if (options.isExternal) await assertOurs(sql)
    await discardBrokenLoad(sql, options)
    const applied = await prepare(sql)
    if (applied.length > 0)
      options.onProgress(applied.length === 1 ? '1 migration' : `${applied.length} migrations`)
    await load(sql, options)
  } finally {
    await sql.end({ timeout: 5 })
  }
}

/** Makes the roles and runs the migrations, which `fillDatabase` does before it loads any content. */
export async function prepareDatabase(url: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined })
  await prepare(sql).finally(() => sql.end({ timeout: 5 }))
}

async function prepare(sql: postgres.Sql): Promise<readonly string[]> {
  await runFile(sql, 'local/supabase-shim.sql')
  return migrate(sql)
}

/** Accepts an empty database, or one that an earlier start has filled; no other is written to. */
async function assertOurs(sql: postgres.Sql): Promise<void> {
  const rows = sql`
    select from pg_tables where schemaname = 'public'
    and not exists (select from pg_namespace where nspname = 'local_state')`
  const [row] = await rows.catch((error: Error) => {
    throw new LocalError(`The database of DATABASE_URL cannot be reached: ${error.message}.`)
  })
  if (row === undefined) return
  throw new LocalError(
    'The database of DATABASE_URL has tables that npm start did not create. Name an empty database.',
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

/** The marker is written last. Without it, rows and indexes are missing too. */
async function discardBrokenLoad(sql: postgres.Sql, { onProgress }: ContentOptions): Promise<void> {
  if (!(await hasReferenceData(sql)) || (await loadedData(sql)) !== null) return
  onProgress('an earlier load was interrupted: starting over')
  await sql.unsafe(`
    drop schema if exists reference_data, local_state, private, public cascade;
    create schema public;`)
}

/**
 * Applies new migrations, each in a transaction of its own, to a running database that `fillDatabase` has filled, and makes
 * PostgREST read the schema again. Answers the names of those that it applied.
 */
export async function applyMigrations(url: string): Promise<readonly string[]> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined })
  try {
    return await migrate(sql)
  } finally {
    // Also after a failure: the migrations before it have been applied.
    await sql.notify('pgrst', 'reload schema')
    await sql.end({ timeout: 5 })
  }
}

/** A migration that has changed since it ran cannot run again: its database belongs to another version of the project. */
async function migrate(sql: postgres.Sql): Promise<readonly string[]> {
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
      'A migration has changed since this database was created. Restore it and put the change into a new migration, or start with --fresh to create the database again.',
    )
  }
  const fresh = all.filter((each) => !done.some((one) => one.name === each.name))
  for (const { name, digest } of fresh) {
    const applied = sql.begin(async (transaction) => {
      await runFile(transaction, `supabase/migrations/${name}`)
      await transaction`insert into local_state.migrations (name, digest) values (${name}, ${digest})`
    })
    await applied.catch((error: Error) => {
      if (!(error instanceof postgres.PostgresError)) throw error
      throw new LocalError(`The migration ${name} failed and changed nothing: ${error.message}.`)
    })
  }
  return fresh.map(({ name }) => name)
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

async function load(sql: postgres.Sql, options: ContentOptions): Promise<void> {
  const { seed, contacts, livelyContacts = null, onProgress } = options
  if (!(await hasReferenceData(sql))) await runFile(sql, 'local/reference-data.sql')
  const loaded = await loadedData(sql)
  if (loaded !== null) {
    if (loaded.seed === seed && loaded.contacts === contacts) return addLocalAddresses(sql)
    throw new LocalError(
      `The database holds ${loaded.contacts} contacts made with seed ${loaded.seed}, and this start wants ${contacts} with seed ${seed}. Start with --fresh to load them, or with --contacts ${loaded.contacts} --seed ${loaded.seed} to keep what is there.`,
    )
  }
  await sql`select reference_data.prepare(${seed}, ${contacts}, ${livelyContacts !== null})`
  for (let first = 1; first <= contacts; first += chunk) {
    const last = Math.min(first + chunk - 1, contacts)
    await sql`select reference_data.generate_contacts(${seed}, ${contacts}, ${first}::int, ${last}::int)`
    onProgress(`${last.toLocaleString('en')} of ${contacts.toLocaleString('en')} contacts`)
  }
  if (livelyContacts !== null) onProgress(await enliven(sql, seed, livelyContacts))
  await addLocalAddresses(sql)
  onProgress('building indexes')
  await sql`select reference_data.finish(${seed}, ${contacts})`
  await sql`vacuum analyze`
}

/** Fills workspace 15214, relative to now. Answers a line with what the database counts in it. */
async function enliven(sql: postgres.Sql, seed: number, contacts: number): Promise<string> {
  await runFile(sql, 'local/lively-data.sql')
  const [row] = await sql`select reference_data.enliven(${seed}, ${contacts}, now()) as counts`
  const counts = z.record(z.string(), z.int()).parse(row?.['counts'])
  const listed = (['contacts', 'messages', 'communications'] as const).map(
    (name) => `${(counts[name] ?? 0).toLocaleString('en')} ${name}`,
  )
  return `workspace 15214 with ${listed.join(', ')}`
}
