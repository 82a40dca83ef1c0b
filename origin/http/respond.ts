import type { IncomingMessage } from 'node:http'
import type { Context, Handler } from 'hono'
import type { RequestIdVariables } from 'hono/request-id'
import type { WireError } from '../../shared/contract/errors.ts'
import { errorBody, errorHeaders, wireErrors } from '../../shared/contract/errors.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import type { Caller } from '../database/caller.ts'
import type { AnswerBytes } from '../database/query-job.ts'
import type { Failure } from '../failures.ts'
import { wireErrorOf } from '../failures.ts'

export type OriginContext = Context<OriginEnv>

/** The values that a request carries from the first handler to its log line. */
export interface OriginEnv {
  /** The request as Node has it, which only a real server gives. */
  Bindings: { readonly incoming?: IncomingMessage }
  Variables: RequestIdVariables & {
    /** The trace that connects the log lines of the request, here and elsewhere (W3C Trace Context). */
    traceId: string
    /** Set at the door (credentials.ts), which admits no request whose token is not verified. */
    caller: Caller
    /** Whether the request carries the internal key, as those of the Worker and of the CRM's backend do. */
    hasInternalKey: boolean
    /** The workspace that the header or the path names, once the door has read it. */
    workspaceId: WorkspaceId
    /** The workspace whose jobs the caller may see and change, or null for all. Set at the door of jobs (jobs-admission.ts). */
    jobsScope: WorkspaceId | null
    /** Whether the caller is an operator, as far as the door of jobs had to know. */
    isOperator: boolean
    /** The reason for a failure, for the log: kinds and codes only. */
    failure: string
  }
}

/** Answers with the bytes as they are, or with the error for a failure. */
export function respond(context: OriginContext, answer: AnswerBytes): Response {
  return answer.ok
    ? context.body(answer.value, 200, { 'Content-Type': 'application/json' })
    : respondFailure(context, answer.error)
}

export function respondFailure(context: OriginContext, failure: Failure): Response {
  context.set('failure', failure.kind === 'invalid' ? `invalid ${failure.code}` : failure.kind)
  return respondError(context, wireErrorOf(failure))
}

/** The one place that writes an error. Only server.ts writes the same by itself, if there is no request to answer. */
export function respondError(context: OriginContext, error: WireError): Response {
  for (const [name, value] of Object.entries(errorHeaders(error))) context.header(name, value)
  return context.json(errorBody(error, context.var.requestId), wireErrors[error.code].status)
}

/** Answers every other method of a route with 405 and `Allow` (RFC 9110, 15.5.6). A route that takes GET takes HEAD too. */
export function allowedMethods(...methods: readonly string[]): Handler<OriginEnv> {
  const allow = methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ')
  return (context) => {
    context.header('Allow', allow)
    return respondError(context, { code: 'method_not_allowed' })
  }
}
