import { serve } from '@hono/node-server'
import { App } from '@supabase/lite'
import { createPostgresConnection } from '@supabase/lite/postgres'
import { z } from 'zod'

/** Supabase's REST and Auth interface on a Postgres: a process of its own, so that its noise and its load stay there. */
const environment = z
  .object({
    DATABASE_URL: z.string(),
    PORT: z.string().transform(Number),
    JWT_SECRET: z.string(),
    PUBLISHABLE_KEY: z.string(),
    SECRET_KEY: z.string(),
  })
  .parse(process.env)

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

const app = new App({
  connection: createPostgresConnection({
    url: environment.DATABASE_URL,
    postgresOptions: { types: { jsonb }, onnotice: () => undefined },
  }),
  auth: {
    enabled: true,
    jwt_secret: environment.JWT_SECRET,
    publishable_key: environment.PUBLISHABLE_KEY,
    secret_key: environment.SECRET_KEY,
  },
})
await app.ensureSystemSchema()
serve({ fetch: (request) => app.fetch(request), port: environment.PORT, hostname: '127.0.0.1' })

// The starter is gone, however it went.
process.on('disconnect', () => process.exit(0))
