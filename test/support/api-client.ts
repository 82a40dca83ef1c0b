import { z } from 'zod'
import { contactSchema } from '../../shared/resources/contacts/contact-list.ts'
import { explanationSchema } from '../../shared/resources/explanation.ts'

const cacheSchema = z.object({
  status: z.string(),
  source: z.string(),
  ttl: z.number(),
  age: z.number(),
  explanation: explanationSchema.optional(),
})
const pageSchema = z.object({
  data: z.object({
    contacts: z.array(contactSchema),
    pagination: z.object({
      page: z.number(),
      total: z.number(),
      total_pages: z.number(),
      next_cursor: z.string().nullable(),
    }),
    _cache: cacheSchema,
  }),
})
const countsSchema = z.object({
  data: z.looseObject({
    _cached: z.boolean(),
    _source: z.string(),
    _cacheEnabled: z.boolean(),
    total: z.number(),
  }),
})
const invalidationSchema = z.object({ data: z.object({ invalidated: z.number(), version: z.number() }) })
const metricsSchema = z.object({
  metrics: z.object({
    requests: z.object({
      total: z.number(),
      cache_hits: z.number(),
      cache_misses: z.number(),
      errors: z.number(),
    }),
    cache: z.object({ kv_hits: z.number(), redis_hits: z.number(), database_hits: z.number() }),
    consistency: z.object({ checks: z.record(z.string(), z.number()), violations: z.number() }),
  }),
})

/** The route with which operators see the present figures. Those of `/metrics` may be a second old. */
export const figuresPath = '/api/monitoring/metrics'

export interface Identity {
  readonly token: string
  readonly workspaceId: string
}

/** The whole answer, for tests that look at it when it is not what they expect. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

export async function ask(url: string, init: RequestInit = {}, deadlineMs = 20_000): Promise<Answer> {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(deadlineMs) })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

function parse<Schema extends z.ZodType>(schema: Schema, answer: Answer): z.output<Schema> {
  if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.text.slice(0, 300)}`)
  return schema.parse(JSON.parse(answer.text))
}

/** The API as a browser client and the CRM's backend use it. */
export function createApiClient(worker: string, { token, workspaceId }: Identity) {
  const headers = { Authorization: `Bearer ${token}`, 'X-Workspace-ID': workspaceId }
  const get = (path: string, more: Record<string, string> = {}) =>
    ask(`${worker}${path}`, { headers: { ...headers, ...more } })
  const post = (path: string, body: unknown) =>
    ask(`${worker}${path}`, {
      method: 'POST',
      headers: { ...headers, 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    })

  return {
    headers,
    get,
    post,
    async page(boardId: string, query = '', more: Record<string, string> = {}) {
      return parse(pageSchema, await get(`/api/boards/${boardId}/contacts?${query}`, more)).data
    },
    async counts(query = '') {
      return parse(countsSchema, await get(`/api/cache-settings/workspace/${workspaceId}/counts?${query}`))
        .data
    },
    async changeSettings(change: unknown) {
      const answer = await post(`/api/cache-settings/workspace/${workspaceId}/settings`, change)
      if (answer.status !== 200) throw new Error(answer.text)
    },
    /** Reads the figures as an admin of the operators' workspace. */
    async metrics() {
      return parse(metricsSchema, await get(figuresPath)).metrics
    },
  }
}

export type ApiClient = ReturnType<typeof createApiClient>

export type Invalidation = z.output<typeof invalidationSchema>['data']

/** Reports a change, as the CRM's backend does. */
export async function invalidate(
  worker: string,
  internalAuthKey: string,
  event: unknown,
): Promise<Invalidation> {
  const answer = await ask(`${worker}/api/cache/invalidate`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${internalAuthKey}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(event),
  })
  return parse(invalidationSchema, answer).data
}
