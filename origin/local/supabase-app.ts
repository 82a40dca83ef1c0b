import { App } from '@supabase/lite'
import { createPostgresConnection } from '@supabase/lite/postgres'
import { withHostedRefusals } from './hosted-answers.ts'

interface SupabaseAppOptions {
  readonly databaseUrl: string
  readonly jwtSecret: string
  readonly publishableKey: string
  readonly secretKey: string
}

/** Supabase's REST and Auth interface as a `fetch` function. `close` ends its connections to Postgres. */
export interface SupabaseApp {
  fetch(request: Request): Promise<Response>
  close(): Promise<void>
}

/**
 * Supabase Lite passes a jsonb argument as text that is JSON already, and its driver would turn that into a JSON string. Hosted
 * Supabase does neither.
 */
const jsonb = {
  to: 3802,
  from: [3802],
  serialize: (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value)),
  parse: (text: string): unknown => JSON.parse(text),
}

/** Connects it to a Postgres, where it creates the schemas that it needs. */
export async function createSupabaseApp({
  databaseUrl,
  jwtSecret,
  publishableKey,
  secretKey,
}: SupabaseAppOptions): Promise<SupabaseApp> {
  const connection = createPostgresConnection({
    url: databaseUrl,
    postgresOptions: { types: { jsonb }, onnotice: () => undefined },
  })
  const app = new App({
    connection,
    auth: { enabled: true, jwt_secret: jwtSecret, publishable_key: publishableKey, secret_key: secretKey },
  })
  await app.ensureSystemSchema()
  return {
    fetch: async (request) => withHostedRefusals(await app.fetch(request)),
    close: () => connection.close(),
  }
}
