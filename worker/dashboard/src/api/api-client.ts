import { z } from 'zod'
import { ApiFailure, failureOf, unreachable } from './failure.ts'
import { sendWithToken, type TokenSource } from './with-token.ts'

const deadlineMs = 20_000

const envelopeSchema = z.object({ success: z.literal(true), data: z.unknown() })

interface ApiRequest {
  readonly path: string
  readonly workspaceId?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON, by POST if `method` is not given; without it the request is a GET. */
  readonly body?: unknown
  readonly method?: 'POST' | 'DELETE'
  /** Whether the answer comes without an envelope, as those of health and metrics do. */
  readonly isBare?: boolean
  readonly signal?: AbortSignal | undefined
}

/** A successful answer: its checked `data`, and its headers. */
interface Answer<Data> {
  readonly data: Data
  readonly headers: Headers
  /** The time that the page waited, network included. */
  readonly durationMs: number
}

export interface ApiClient {
  /** The checked `data` of an enveloped answer, or a checked bare answer. Throws `ApiFailure`. */
  fetch<Schema extends z.ZodType>(schema: Schema, request: ApiRequest): Promise<Answer<z.output<Schema>>>
  /** The answer itself if its status is 200, for streams. Only `signal` ends it. */
  open(request: ApiRequest): Promise<Response>
}

export function createApiClient(tokens: TokenSource): ApiClient {
  async function open(request: ApiRequest, signal: AbortSignal | undefined): Promise<Response> {
    return checked(await sendWithToken(tokens, (token) => send(request, token, signal)))
  }
  return {
    open: (request) => open(request, request.signal),
    async fetch(schema, request) {
      const startedAtMs = performance.now()
      const signals = [
        AbortSignal.timeout(deadlineMs),
        ...(request.signal === undefined ? [] : [request.signal]),
      ]
      const response = await open(request, AbortSignal.any(signals))
      const durationMs = performance.now() - startedAtMs
      const body: unknown = await response.json().catch(() => null)
      const inside = request.isBare === true ? body : envelopeSchema.safeParse(body).data?.data
      const data = schema.safeParse(inside)
      if (data.success) return { data: data.data, headers: response.headers, durationMs }
      throw new ApiFailure('The server gave an answer that this page does not understand.', {
        status: response.status,
        code: 'not_understood',
      })
    },
  }
}

async function send(
  request: ApiRequest,
  token: string | null,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const headers = new Headers(request.headers)
  if (token !== null) headers.set('Authorization', `Bearer ${token}`)
  if (request.workspaceId !== undefined) headers.set('X-Workspace-ID', request.workspaceId)
  if (request.body !== undefined) headers.set('Content-Type', 'application/json')
  try {
    return await fetch(request.path, {
      method: request.method ?? (request.body === undefined ? 'GET' : 'POST'),
      headers,
      // The page needs the Worker's answer and not one from the browser's cache.
      cache: 'no-store',
      signal: signal ?? null,
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    })
  } catch (error) {
    // The page itself cancelled the request. TanStack Query knows that, and no message is shown.
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw unreachable(error)
  }
}

async function checked(response: Response): Promise<Response> {
  if (response.ok) return response
  throw await failureOf(response)
}
