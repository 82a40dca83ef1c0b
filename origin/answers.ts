import type { Context } from 'hono'
import type { RequestIdVariables } from 'hono/request-id'
import type { WireError } from '../shared/contract/errors.ts'
import { errorBody, wireErrors } from '../shared/contract/errors.ts'
import { limits } from '../shared/limits.ts'
import type { Failure } from './failures.ts'
import { wireErrorOf } from './failures.ts'
import type { Answer } from './query.ts'

/** What a request carries from the first handler to the line that is logged about it. */
export type OriginContext = Context<OriginEnv>

export interface OriginEnv {
  Variables: RequestIdVariables & {
    callerToken: string
    /** In whose name contacts are written; null is the backend itself, as the service role. */
    writerToken: string | null
    /** Why the request failed, for the log: kinds and codes only. */
    failure: string
  }
}

/** The bytes of an answer as they are, or what its failure reads on the wire. */
export function respond(context: OriginContext, answer: Answer): Response {
  return answer.ok
    ? context.body(answer.value, 200, { 'Content-Type': 'application/json' })
    : respondFailure(context, answer.error)
}

export function respondFailure(context: OriginContext, failure: Failure): Response {
  context.set('failure', failure.kind === 'invalid' ? `invalid ${failure.code}` : failure.kind)
  return respondError(context, wireErrorOf(failure))
}

/** The one place that writes an error. */
export function respondError(context: OriginContext, error: WireError): Response {
  const { status } = wireErrors[error.code]
  if (status === 503 || status === 429) {
    context.header('Retry-After', `${error.retryAfterSeconds ?? limits.retryAfterSeconds}`)
  }
  return context.json(errorBody(error, context.var.requestId), status)
}
