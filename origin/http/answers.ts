import type { Context } from 'hono'
import type { RequestIdVariables } from 'hono/request-id'
import type { WireError } from '../../shared/contract/errors.ts'
import { errorBody, errorHeaders, wireErrors } from '../../shared/contract/errors.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import type { Caller } from '../database/caller.ts'
import type { Answer } from '../database/query.ts'
import type { Failure } from '../failures.ts'
import { wireErrorOf } from '../failures.ts'

/** What a request carries from the first handler to the line that is logged about it. */
export type OriginContext = Context<OriginEnv>

export interface OriginEnv {
  Variables: RequestIdVariables & {
    /** Set by the door (credentials.ts), which lets nobody further whose token is not verified. */
    caller: Caller
    /** Whether the request carries the internal key: the Worker's, or the CRM's backend's. */
    hasInternalKey: boolean
    /** The workspace that the header or the path names, once the door has read it. */
    workspaceId: WorkspaceId
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

/** The one place that writes an error; server.ts writes the same where there is no request to answer. */
export function respondError(context: OriginContext, error: WireError): Response {
  for (const [name, value] of Object.entries(errorHeaders(error))) context.header(name, value)
  return context.json(errorBody(error, context.var.requestId), wireErrors[error.code].status)
}
