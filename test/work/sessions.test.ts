import { dirname } from 'node:path'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { readStackFile } from '../../origin/local/stack-file.ts'
import { systemClock } from '../../shared/clock.ts'
import { createSecondaryStorage, SessionStorageError } from '../../shared/redis/backend/secondary-storage.ts'
import { createRedisClient, type RedisCommand } from '../../shared/redis/client.ts'
import { generationKey } from '../../shared/redis/generation.ts'
import { valuePrefix } from '../../shared/redis/namespace.ts'
import { createUpstashTransport } from '../../shared/redis/upstash-transport.ts'
import { ask } from '../support/api-client.ts'
import { eventually } from '../support/eventually.ts'
import { startTestStack, type TestStack } from '../support/local-stack.ts'

const baseURL = 'http://localhost:3000'
const password = 'a password of these tests'

/** The CRM's backend: the real better-auth on the stack's Postgres, with its sessions in the stack's Redis and nowhere else. */
function createBackend(redis: { url: string; token: string }, pool: Pool, logged: string[]) {
  return {
    database: pool,
    secret: 'a secret of these tests, long enough',
    baseURL,
    emailAndPassword: { enabled: true },
    secondaryStorage: createSecondaryStorage({ redis, deadlineMs: 500 }),
    rateLimit: {
      enabled: true,
      storage: 'secondary-storage',
      window: 60,
      max: 1_000,
      customRules: { '/sign-in/email': { window: 60, max: 100 }, '/sign-up/email': { window: 60, max: 100 } },
    },
    telemetry: { enabled: false },
    logger: {
      level: 'debug',
      log: (level: string, message: string, ...more: unknown[]) => {
        logged.push(
          [
            level,
            message,
            ...more.map((each) => (each instanceof Error ? `${each.stack}` : JSON.stringify(each))),
          ].join(' '),
        )
      },
    },
  } satisfies Parameters<typeof betterAuth>[0]
}

const sessionSchema = z.object({
  session: z.object({ token: z.string() }),
  user: z.object({ email: z.string() }),
})

describe("better-auth with its sessions in Boardcache's Redis", () => {
  let stack: TestStack
  let pool: Pool
  let auth: {
    handler(request: Request): Promise<Response>
    readonly api: { getSession(input: { headers: Headers }): Promise<unknown> }
  }
  let redis: (...commands: RedisCommand[]) => Promise<readonly unknown[]>
  const logged: string[] = []
  const tokens = new Set<string>()
  let people = 0

  beforeAll(async () => {
    stack = await startTestStack({ contacts: 500 })
    const file = await readStackFile(dirname(stack.logs))
    if (file.redis === null || file.postgres === null) throw new Error('the stack has no Redis or Postgres')
    await stack.sql`create schema better_auth`
    pool = new Pool({ connectionString: file.postgres, options: '-c search_path=better_auth', max: 4 })
    const options = createBackend(file.redis, pool, logged)
    const { runMigrations } = await getMigrations(options)
    await runMigrations()
    auth = betterAuth(options)
    const client = createRedisClient({
      transport: createUpstashTransport(file.redis, fetch),
      clock: systemClock,
      deadlineMs: 2_000,
    })
    redis = async (...commands) => {
      const sent = await client.send(commands)
      if (!sent.ok) throw new Error(sent.error.kind)
      return sent.value
    }
  })
  afterAll(async () => {
    await pool?.end()
    await stack?.stop()
  })

  /** As the CRM's server does: what the limiter of better-auth cannot count is refused. */
  async function serve(request: Request): Promise<Response> {
    try {
      return await auth.handler(request)
    } catch (error) {
      if (!(error instanceof SessionStorageError)) throw error
      logged.push(String(error.stack))
      return Response.json({ message: error.message }, { status: 503 })
    }
  }

  async function call(path: string, cookie = '', body?: unknown) {
    const response = await serve(
      new Request(`${baseURL}/api/auth${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          ...{ 'Content-Type': 'application/json', Origin: baseURL, 'X-Forwarded-For': '192.0.2.1' },
          ...(cookie === '' ? {} : { Cookie: cookie }),
        },
        body: body === undefined ? null : JSON.stringify(body),
      }),
    )
    const text = await response.text()
    const json: unknown = text === '' ? null : JSON.parse(text)
    const cookies = response.headers.getSetCookie().map((each) => each.split(';')[0] ?? '')
    return { status: response.status, json, cookie: cookies.join('; ') }
  }

  /** The session of a cookie; null for whoever is not signed in. */
  async function sessionOf(cookie: string) {
    const { status, json } = await call('/get-session', cookie)
    if (status !== 200) throw new Error(`get-session answered ${status}`)
    const session = json === null ? null : sessionSchema.parse(json)
    if (session !== null) tokens.add(session.session.token)
    return session
  }

  async function signUp() {
    people += 1
    const email = `person${people}@example.com`
    const { status, cookie } = await call('/sign-up/email', '', { email, password, name: 'A Person' })
    expect(status).toBe(200)
    return { email, cookie }
  }

  async function signIn(email: string): Promise<string> {
    const { status, cookie } = await call('/sign-in/email', '', { email, password })
    expect(status).toBe(200)
    return cookie
  }

  it('signs up, signs in, and keeps a session in Redis and in no table', async () => {
    const { email, cookie } = await signUp()
    expect((await sessionOf(cookie))?.user.email).toBe(email)
    expect((await sessionOf(await signIn(email)))?.user.email).toBe(email)
    expect((await call('/sign-in/email', '', { email, password: 'another password' })).status).toBe(401)
    expect(await sessionOf('')).toBeNull()
    const tables =
      await stack.sql`select table_name from information_schema.tables where table_schema = 'better_auth'`
    expect(tables.map((row) => String(row['table_name'])).sort()).toEqual(['account', 'user'])
  })

  it('refreshes a session that is a day old, under the same token', async () => {
    const { email } = await signUp()
    const cookie = await signIn(email)
    const token = (await sessionOf(cookie))?.session.token
    const keys = await sessionKeys()
    // As if two days had passed: better-auth renews a session of seven days after one.
    for (const key of keys) {
      const [stored] = await redis(['GET', key])
      const text = z.string().parse(stored)
      if (!text.includes(`"token":"${token}"`)) continue
      const aged = text.replace(
        /"expiresAt":"[^"]+"/,
        `"expiresAt":"${new Date(Date.now() + 5 * 86_400_000).toISOString()}"`,
      )
      await redis(['SET', key, aged, 'EX', 432_000])
    }
    const refreshed = await call('/get-session', cookie)
    expect(refreshed.cookie).toContain('session_token')
    const expiresAt = z.object({ session: z.object({ expiresAt: z.string() }) }).parse(refreshed.json)
      .session.expiresAt
    expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now() + 6.9 * 86_400_000)
    expect((await sessionOf(cookie))?.session.token).toBe(token)
  })

  it('lists sessions, revokes one, and revokes all', async () => {
    const { email, cookie } = await signUp()
    const [second, third] = [await signIn(email), await signIn(email)]
    const listed = await call('/list-sessions', cookie)
    expect(listed.json).toHaveLength(3)
    const token = (await sessionOf(second))?.session.token
    expect((await call('/revoke-session', cookie, { token })).status).toBe(200)
    expect(await sessionOf(second)).toBeNull()
    expect(await sessionOf(third)).not.toBeNull()
    expect((await call('/list-sessions', cookie)).json).toHaveLength(2)
    expect((await call('/revoke-sessions', cookie, {})).status).toBe(200)
    expect([await sessionOf(cookie), await sessionOf(third)]).toEqual([null, null])
    expect((await call('/sign-out', await signIn(email), {})).status).toBe(200)
  })

  it('is signed out everywhere when an operator clears the sessions, and by no other clearing', async () => {
    const { email, cookie } = await signUp()
    const clear = (database: string) =>
      ask(`${stack.worker}/api/admin/redis?database=${database}`, {
        method: 'DELETE',
        headers: { Authorization: `Bearer ${stack.internalAuthKey}`, 'Content-Type': 'application/json' },
        body: JSON.stringify({ confirm: database }),
      })
    for (const other of ['cache', 'rateLimit', 'emailCache']) expect((await clear(other)).status).toBe(200)
    expect(await sessionOf(cookie)).not.toBeNull()
    expect((await clear('sessions')).status).toBe(200)
    expect(await sessionOf(cookie)).toBeNull()
    expect(await sessionOf(await signIn(email))).not.toBeNull()
  })

  it('signs out, and lets nobody else in, when Redis evicts a session or the generation of all', async () => {
    const { email, cookie } = await signUp()
    await redis(...(await sessionKeys()).map((key): RedisCommand => ['DEL', key]))
    expect(await sessionOf(cookie)).toBeNull()
    const again = await signIn(email)
    expect(await sessionOf(again)).not.toBeNull()
    await redis(['DEL', generationKey('sessions')])
    expect(await sessionOf(again)).toBeNull()
    expect(await sessionOf(await signIn(email))).not.toBeNull()
    expect(await sessionOf(again)).toBeNull()
  })

  it('answers with an error and lets nobody in while Redis is away, and goes on when it is back', async () => {
    const { email, cookie } = await signUp()
    const piece = stack.pieces.redis
    if (piece === null) throw new Error('the stack has no Redis')
    piece.pause()
    try {
      const read = await call('/get-session', cookie)
      expect(read.status).toBeGreaterThanOrEqual(500)
      expect(sessionSchema.safeParse(read.json).success).toBe(false)
      const asked = await auth.api
        .getSession({ headers: new Headers({ cookie }) })
        .catch((error: unknown) => error)
      expect(sessionSchema.safeParse(asked).success).toBe(false)
      const signedIn = await call('/sign-in/email', '', { email, password })
      expect(signedIn.status).toBeGreaterThanOrEqual(500)
      expect(signedIn.cookie).not.toContain('session_token')
      expect(logged.join('\n')).toContain('The Redis of the sessions')
    } finally {
      piece.resume()
    }
    await eventually(async () => (await sessionOf(cookie)) !== null)
  })

  it('has shown no token in its logs, nor as a key of Redis', async () => {
    expect(tokens.size).toBeGreaterThan(5)
    const [everything] = await redis(['KEYS', '*'])
    const shown = logged.join('\n') + JSON.stringify(everything)
    for (const token of tokens) expect(shown).not.toContain(token)
  })

  async function sessionKeys(): Promise<string[]> {
    const [keys] = await redis(['KEYS', `${valuePrefix('sessions')}*`])
    return z.array(z.string()).parse(keys)
  }
})
