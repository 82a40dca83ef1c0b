import { z } from 'zod'
import type { WireError } from '../../shared/contract/errors.ts'
import { errorBody, wireErrors } from '../../shared/contract/errors.ts'
import { limits } from '../../shared/limits.ts'

/** `{"success": true, "data": …}` around a schema. */
export function enveloped<Schema extends z.ZodType>(data: Schema) {
  return z.object({ success: z.literal(true), data })
}

export function respondData(data: unknown): Response {
  return respondJson({ success: true, data })
}

/** An answer of the moment: nobody on the way may keep it. */
export function respondJson(body: unknown, status = 200): Response {
  return Response.json(body, { status, headers: { 'Cache-Control': 'no-store' } })
}

/** An error as every route answers it: its status and sentence come from the one table of errors. */
export function respondError(error: WireError, requestId: string): Response {
  const { status } = wireErrors[error.code]
  const mayRetry = status === 429 || status === 503
  const retryAfterSeconds = mayRetry ? (error.retryAfterSeconds ?? limits.retryAfterSeconds) : undefined
  const body = errorBody(
    {
      code: error.code,
      ...(error.details === undefined ? {} : { details: error.details }),
      ...(error.conflicts === undefined ? {} : { conflicts: error.conflicts }),
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    },
    requestId,
  )
  const response = respondJson(body, status)
  if (retryAfterSeconds !== undefined) response.headers.set('Retry-After', String(retryAfterSeconds))
  if (status === 401) response.headers.set('WWW-Authenticate', 'Bearer')
  return response
}
