import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { cors } from 'hono/cors'
import postgres from 'postgres'
import { z } from 'zod'
import { asHosted } from './hosted-answers.ts'
import { isOfLostConnection } from './lost-connection.ts'
import { createSignIns } from './sign-ins.ts'
import { createSupabaseApp } from './supabase-app.ts'

/** Supabase's REST and Auth interface in front of Postgres, in a process of its own because it prints and works a lot. */
const environment = z
  .object({
    DATABASE_URL: z.string(),
    PORT: z.string().transform(Number),
    JWT_SECRET: z.string(),
    PUBLISHABLE_KEY: z.string(),
    SECRET_KEY: z.string(),
    /** The password of all users who can sign in. */
    PASSWORD: z.string(),
  })
  .parse(process.env)

const createApp = () =>
  createSupabaseApp({
    databaseUrl: environment.DATABASE_URL,
    jwtSecret: environment.JWT_SECRET,
    publishableKey: environment.PUBLISHABLE_KEY,
    secretKey: environment.SECRET_KEY,
  })
let app = await createApp()
await createSignIns(environment.DATABASE_URL, environment.PASSWORD)

// As PostgREST does: `notify pgrst, 'reload schema'` makes new tables and functions known.
const listener = postgres(environment.DATABASE_URL, { max: 1, onnotice: () => undefined })
await listener.listen('pgrst', async (payload) => {
  if (payload !== '' && payload !== 'reload schema') return
  const before = app
  app = await createApp()
  await before.close()
})

const hosted = { issuer: `http://127.0.0.1:${environment.PORT}/auth/v1`, jwtSecret: environment.JWT_SECRET }
const server = new Hono()
// Like hosted Supabase: a browser of any origin may send requests, and its token decides what it gets.
server.use(cors({ origin: '*', maxAge: 3_600 }))
server.post('/auth/v1/token', async (context) => asHosted(await app.fetch(context.req.raw), hosted))
server.all('*', (context) => app.fetch(context.req.raw))
serve({ fetch: server.fetch, port: environment.PORT, hostname: '127.0.0.1' })

// Hosted Supabase survives a lost connection to Postgres, and so must this process.
process.on('uncaughtException', (error) => {
  console.error(error)
  if (!isOfLostConnection(error)) process.exit(1)
})

// The process that started this one has ended.
process.on('disconnect', () => process.exit(0))
