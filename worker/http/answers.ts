import { z } from 'zod'
import type { WireError } from '../../shared/contract/errors.ts'
import { errorBody, errorHeaders, wireErrors } from '../../shared/contract/errors.ts'

/** `{"success": true, "data": …}` around a schema. */
export function enveloped<Schema extends z.ZodType>(data: Schema) {
  return z.object({ success: z.literal(true), data })
}

export function respondData(data: unknown): Response {
  return respondJson({ success: true, data })
}

/** A JSON answer that no cache may store. */
export function respondJson(body: unknown, status = 200): Response {
  return Response.json(body, { status, headers: { 'Cache-Control': 'no-store' } })
}

/** The answer of an error. Its status and sentence come from the table of errors. */
export function respondError(error: WireError, requestId: string): Response {
  const { status } = wireErrors[error.code]
  const headers = errorHeaders(error)
  const retryAfter = headers['Retry-After']
  const retryAfterSeconds = retryAfter === undefined ? undefined : Number(retryAfter)
  const body = errorBody(
    {
      code: error.code,
      ...(error.sentence === undefined ? {} : { sentence: error.sentence }),
      ...(error.details === undefined ? {} : { details: error.details }),
      ...(error.conflicts === undefined ? {} : { conflicts: error.conflicts }),
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    },
    requestId,
  )
  const response = respondJson(body, status)
  for (const [name, value] of Object.entries(headers)) response.headers.set(name, value)
  return response
}
