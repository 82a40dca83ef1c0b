import type { MiddlewareHandler } from 'hono'
import { routePath } from 'hono/route'
import type { Logger } from 'pino'
import type { Clock } from '../../shared/clock.ts'
import { answeredParent, ownTrace, parseTrace, traceparentHeader } from '../../shared/contract/trace.ts'
import { inTrace } from '../database/traced-calls.ts'
import type { OriginEnv } from './respond.ts'

/**
 * Finds the request's trace, or begins one, and does the rest of the request's work in it. The answer names the trace.
 */
export const traceRequest: MiddlewareHandler<OriginEnv> = async (context, next) => {
  const { requestId } = context.var
  const trace = parseTrace(context.req.raw.headers) ?? ownTrace(requestId)
  context.set('traceId', trace.traceId)
  context.header(traceparentHeader, answeredParent(trace, requestId))
  await inTrace(trace, next)
}

/**
 * Logs one line for each request. It has the route's pattern instead of the path, and neither headers nor bodies, so no
 * token, search or contact can get into a log.
 */
export function logRequest(logger: Logger, clock: Clock): MiddlewareHandler<OriginEnv> {
  return async (context, next) => {
    const startedAtMs = clock.now()
    await next()
    const { status } = context.res
    const line = {
      requestId: context.var.requestId,
      traceId: context.var.traceId,
      method: context.req.method,
      route: routePath(context),
      status,
      durationMs: Math.round((clock.now() - startedAtMs) * 1_000) / 1_000,
      failure: context.var.failure,
    }
    if (status >= 500) logger.warn(line, 'request')
    else logger.info(line, 'request')
  }
}
