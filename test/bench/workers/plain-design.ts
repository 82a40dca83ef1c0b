import { Hono } from 'hono'
import { z } from 'zod'
import { type Bearer, createBearer } from '../../../shared/auth/bearer.ts'
import { systemClock } from '../../../shared/clock.ts'

interface Bindings {
  readonly BOARD_CACHE: KVNamespace
  readonly ORIGIN_URL: string
  readonly JWT_ISSUER: string
  readonly SUPABASE_JWT_SECRET: string
}

const ttlSeconds = 86_400
let bearer: Bearer | null = null

/**
 * The design that most people write: KV, parsed and serialized for each answer, fresh by its TTL alone. Tokens are
 * verified and remembered as in Boardcache.
 */
const app = new Hono<{ Bindings: Bindings }>()

app.get('/api/boards/:boardId/contacts', async (context) => {
  const startedAtMs = Date.now()
  const { BOARD_CACHE, ORIGIN_URL, JWT_ISSUER, SUPABASE_JWT_SECRET } = context.env
  bearer ??= createBearer({
    issuer: JWT_ISSUER,
    audience: 'authenticated',
    jwtSecret: SUPABASE_JWT_SECRET,
    jwksUrl: null,
    unknownKey: 'token_invalid',
    clock: systemClock,
    fetch: (url, init) => fetch(url, init),
  })
  const principal = await bearer.authenticate(context.req.header('Authorization') ?? null)
  const workspaceId = context.req.header('X-Workspace-ID') ?? ''
  if (!principal.ok) return context.json({ success: false, error: 'unauthorized' }, 401)
  if (principal.value.workspaces?.has(workspaceId) !== true)
    return context.json({ success: false, error: 'forbidden' }, 403)

  const { page = '1', per_page: perPage = '50' } = context.req.query()
  const key = `contacts:${workspaceId}:${context.req.param('boardId')}:${page}:${perPage}`
  const cached = await BOARD_CACHE.get<object>(key, 'json')
  const data = cached ?? (await load(`${ORIGIN_URL}/load/contact-list`))
  if (cached === null) {
    context.executionCtx.waitUntil(BOARD_CACHE.put(key, JSON.stringify(data), { expirationTtl: ttlSeconds }))
  }
  return context.json({
    success: true,
    data: {
      ...data,
      _cache: {
        status: cached === null ? 'MISS' : 'HIT',
        source: cached === null ? 'database' : 'cloudflare_kv',
        ttl: ttlSeconds,
        response_time_ms: Date.now() - startedAtMs,
      },
    },
  })
})

async function load(url: string): Promise<object> {
  const response = await fetch(url, { method: 'POST', signal: AbortSignal.timeout(5_000) })
  return z.looseObject({}).parse(await response.json())
}

export default app
