import { rm } from 'node:fs/promises'
import { createClient, type SupabaseClient } from '@supabase/supabase-js'
import { SignJWT } from 'jose'
import postgres from 'postgres'
import { vi } from 'vitest'
import { takePort } from '../../origin/local/ports.ts'
import { createPostgresPiece } from '../../origin/local/postgres.ts'
import { createSupabaseApp, type SupabaseApp } from '../../origin/local/supabase-app.ts'
import { placeDatabase, unsafeSettings } from '../support/made-databases.ts'
import { makeDataDirectory } from '../support/run-folder.ts'

/** A real Postgres with the migrations and reference data. Tests query it as the origin does: by rpc, with a user's token. */
export interface Database {
  /** The owner's own connection, to which no policy applies. */
  readonly sql: postgres.Sql
  /** The address for further connections of the owner. */
  readonly url: string
  /** A client with the token of `claims`; null is a caller without a token. */
  as(claims: Claims | null): Promise<SupabaseClient>
  /** A client with the secret key: the service role. */
  readonly service: SupabaseClient
  /** Ends every process and removes every file. */
  stop(): Promise<void>
}

export interface Claims {
  readonly sub: string
  readonly app_metadata?: Readonly<Record<string, unknown>>
}

const jwtSecret = 'a secret of this test database alone, long enough'
const publishableKey = 'sb_publishable_database_tests'
const secretKey = 'sb_secret_database_tests'

/** Starts a database whose workspace 15213 has `contacts` contacts. Everything is gone after `stop`. */
export async function startDatabase(contacts: number): Promise<Database> {
  const folder = await makeDataDirectory()
  await placeDatabase(folder, { contacts, seed: 1 })
  const server = createPostgresPiece(folder, await takePort(0), unsafeSettings)
  await server.start()
  const { url } = server
  const sql = postgres(url, { max: 1, onnotice: () => {} })

  // Supabase Lite prints errors of clients with a stack.
  const noise = vi.spyOn(console, 'error').mockImplementation(() => {})
  const app = await createSupabaseApp({ databaseUrl: url, jwtSecret, publishableKey, secretKey })
  return {
    sql,
    url,
    as: async (claims) => clientOf(app, publishableKey, await headersOf(claims)),
    service: clientOf(app, secretKey, {}),
    stop: async () => {
      noise.mockRestore()
      await app.close()
      await sql.end()
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function headersOf(claims: Claims | null): Promise<Record<string, string>> {
  return claims === null ? {} : { Authorization: `Bearer ${await signed(claims)}` }
}

function clientOf(app: SupabaseApp, key: string, headers: Record<string, string>): SupabaseClient {
  return createClient('http://database.test', key, {
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
