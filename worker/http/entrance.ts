import type { Awaitable } from '../../shared/awaitable.ts'
import { whenReady } from '../../shared/awaitable.ts'
import type { Clock } from '../../shared/clock.ts'
import { safeHeaderEntries } from '../../shared/contract/safe-headers.ts'
import { limits } from '../../shared/limits.ts'
import { ConfigError } from '../config.ts'
import type { RequestMethod } from '../events.ts'
import type { Services } from '../services.ts'
import { answerInTime } from './answer-in-time.ts'
import { respondError } from './answers.ts'
import { letRead, preflight } from './cors.ts'
import type { WorkKeeper } from './exchange.ts'
import { Exchange, requestIdOf } from './exchange.ts'
import { isWellEncoded } from './input.ts'
import { logRequest, type RequestTrace, traceOf } from './request-log.ts'
import type { Method } from './route.ts'

/** The routes and files behind the entrance. */
export interface Inside {
  /** Every method that some route has. */
  readonly methods: readonly Method[]
  answer(exchange: Exchange): Awaitable<Response>
}

/**
 * Creates the steps that every request goes through, whatever its route: the checks of its URL, CORS, the headers that every
 * answer carries, metrics and the request log. An exception that nothing else caught is caught here and becomes a 500.
 */
export function createEntrance(inside: Inside, clock: Clock) {
  const allowedMethods = ['GET', 'HEAD', ...inside.methods.filter((method) => method !== 'GET'), 'OPTIONS']

  function answerOf(exchange: Exchange): Awaitable<Response> {
    const { services, headers } = exchange
    if (exchange.method === 'OPTIONS')
      return preflight(headers.get('Origin'), services.config.allowedOrigins, allowedMethods)
    const caught = (error: unknown) => {
      exchange.hasAllHeaders = false
      return answerFailure(error, exchange.requestId, exchange.trace.traceId)
    }
    try {
      const answer = answerInside(exchange)
      return answer instanceof Promise ? answerInTime(exchange, answer, clock).catch(caught) : answer
    } catch (error) {
      return caught(error)
    }
  }

  function answerInside(exchange: Exchange): Awaitable<Response> {
    const { url } = exchange.request
    if (url.length > limits.urlBytesMax) return respondError({ code: 'url_too_long' }, exchange.requestId)
    if (!isWellEncoded(url)) return respondError({ code: 'invalid_encoding' }, exchange.requestId)
    return inside.answer(exchange)
  }

  return function enter<Bindings>(
    request: Request,
    servicesOf: (bindings: Bindings) => Services,
    bindings: Bindings,
    keeper: WorkKeeper,
  ): Awaitable<Response> {
    let services: Services
    try {
      services = servicesOf(bindings)
    } catch (error) {
      const requestId = requestIdOf(request.headers)
      const trace = traceOf(request.headers, requestId)
      return marked(answerFailure(error, requestId, trace.traceId), trace)
    }
    const exchange = new Exchange(request, services, keeper)
    return whenReady(answerOf(exchange), (answer) => {
      const complete = exchange.hasAllHeaders ? answer : completed(exchange, answer)
      count(exchange, complete.status)
      return complete
    })
  }
}

/** Sets the headers that every answer carries and that its handler did not take from prepared ones. */
function completed(exchange: Exchange, answer: Response): Response {
  if (exchange.method === 'OPTIONS') return marked(answer, exchange.trace)
  letRead(answer.headers, exchange.headers.get('Origin'), exchange.services.config.allowedOrigins)
  // Hono drops the body of a route's answer to HEAD. A refusal before the route, or a 500, still has one, and a HEAD answer
  // must not (RFC 9110 section 9.3.2).
  const isTooLong = exchange.isHead && answer.body !== null
  return marked(isTooLong ? new Response(null, answer) : answer, exchange.trace)
}

/** Sets the headers that every answer carries, whether the request succeeded or failed. */
function marked(answer: Response, trace: RequestTrace): Response {
  trace.nameOn(answer.headers)
  for (const [name, value] of safeHeaderEntries) answer.headers.set(name, value)
  return answer
}

/** Logs an exception and answers 500. The message of a foreign error may hold contact data, so only our own are logged. */
function answerFailure(error: unknown, requestId: string, traceId: string): Response {
  const said =
    error instanceof ConfigError
      ? { message: error.message }
      : error instanceof Error
        ? { error: error.name, stack: stackOf(error) }
        : { error: typeof error }
  console.error(JSON.stringify({ level: 'error', requestId, traceId, ...said }))
  return respondError({ code: 'internal' }, requestId)
}

function count(exchange: Exchange, status: number): void {
  const { services, requestId, trace, notes, pattern: route, edgeLocation: location, keepAlive } = exchange
  const { metrics, config } = services
  const method = countedMethod(exchange.method)
  const durationMs = Date.now() - exchange.startedAtMs
  metrics.recorder.record({ kind: 'request', method, route, httpStatus: status, durationMs })
  const request = { requestId, trace, method, route, status, durationMs, location, notes }
  logRequest(request, config.requestLog, Math.random)
  const flushed = metrics.flushSoon(location)
  if (flushed !== null) keepAlive(flushed)
}

const countedMethods: readonly RequestMethod[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** The method's label in the metrics: one of a few, because a caller may send any word as its method. */
function countedMethod(method: string): RequestMethod {
  return countedMethods.find((known) => known === method) ?? 'other'
}

/** The stack of an error without its first line, which is the message. */
function stackOf(error: Error): string {
  return (error.stack ?? '').split('\n').slice(1, 6).join('\n')
}
