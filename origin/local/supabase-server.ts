import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { cors } from 'hono/cors'
import { z } from 'zod'
import { asHosted } from './hosted-answers.ts'
import { isOfLostConnection } from './lost-connection.ts'
import { createSignIns } from './sign-ins.ts'
import { createSupabaseApp } from './supabase-app.ts'

/** Supabase's REST and Auth interface on a Postgres: a process of its own, so that its noise and its load stay there. */
const environment = z
  .object({
    DATABASE_URL: z.string(),
    PORT: z.string().transform(Number),
    JWT_SECRET: z.string(),
    PUBLISHABLE_KEY: z.string(),
    SECRET_KEY: z.string(),
    /** Of the users who can sign in. */
    PASSWORD: z.string(),
  })
  .parse(process.env)

const app = await createSupabaseApp({
  databaseUrl: environment.DATABASE_URL,
  jwtSecret: environment.JWT_SECRET,
  publishableKey: environment.PUBLISHABLE_KEY,
  secretKey: environment.SECRET_KEY,
})
await createSignIns(environment.DATABASE_URL, environment.PASSWORD)

const hosted = { issuer: `http://127.0.0.1:${environment.PORT}/auth/v1`, jwtSecret: environment.JWT_SECRET }
const server = new Hono()
// Hosted Supabase lets browsers of every origin ask: what they may see is decided by their token.
server.use(cors({ origin: '*', maxAge: 3_600 }))
server.post('/auth/v1/token', async (context) => asHosted(await app.fetch(context.req.raw), hosted))
server.all('*', (context) => app.fetch(context.req.raw))
serve({ fetch: server.fetch, port: environment.PORT, hostname: '127.0.0.1' })

// Hosted Supabase outlives the loss of a connection, and so must this.
process.on('uncaughtException', (error) => {
  console.error(error)
  if (!isOfLostConnection(error)) process.exit(1)
})

// The starter is gone, however it went.
process.on('disconnect', () => process.exit(0))
