import type { Trace } from '../../shared/contract/trace.ts'
import { answeredParent, ownTrace, parseTrace, traceparentHeader } from '../../shared/contract/trace.ts'
import type { Config } from '../config.ts'
import type { CallNotes } from './route.ts'

/** The facts about a request that may be logged: patterns and outcomes, never a path, a header or a body. */
interface LoggedRequest {
  readonly requestId: string
  readonly trace: Trace
  readonly method: string
  /** The pattern of the request's route. */
  readonly route: string
  readonly status: number
  readonly durationMs: number
  readonly location: string
  readonly notes: CallNotes | undefined
}

type Level = 'info' | 'warn' | 'error'

const severities = { info: 0, warn: 1, error: 2, silent: 3 } as const

/**
 * Logs one line of JSON for a request: every 5xx, and a share of all others. The line names the workspace after its member was
 * let in, because customers report problems by their workspace and its id names no person. It never names a user.
 */
export function logRequest(
  request: LoggedRequest,
  { level: levelMin, sampleRate }: Config['requestLog'],
  random: () => number,
): void {
  const level: Level = request.status >= 500 ? 'error' : request.status >= 400 ? 'warn' : 'info'
  if (severities[level] < severities[levelMin]) return
  if (level !== 'error' && sampleRate < 1 && random() >= sampleRate) return
  const { requestId, trace, method, route, status, durationMs, location, notes } = request
  const line = JSON.stringify({
    level,
    message: 'request',
    requestId,
    traceId: trace.traceId,
    method,
    route,
    status,
    tier: notes?.served?.source,
    verdict: notes?.served?.status,
    ms: durationMs,
    location,
    workspaceId: notes?.workspaceId,
  })
  if (level === 'error') console.error(line)
  else console.log(line)
}

/** The caller's trace. If the request has no valid one, a trace of our own. */
export function traceOf(headers: Headers, requestId: string): RequestTrace {
  return new RequestTrace(headers, requestId)
}

/** It is parsed when it is first read. */
export class RequestTrace implements Trace {
  private readonly headers: Headers
  private readonly requestId: string
  private made: Trace | null = null

  constructor(headers: Headers, requestId: string) {
    this.headers = headers
    this.requestId = requestId
  }

  get traceId(): string {
    return this.read().traceId
  }

  get flags(): string {
    return this.read().flags
  }

  get state(): string | null {
    return this.read().state
  }

  /** The value of `traceparent` on the answer. */
  get answered(): string {
    return answeredParent(this.read(), this.requestId)
  }

  /** Sets the headers under which the answer is found in the logs. */
  nameOn(headers: Headers): void {
    headers.set('X-Request-ID', this.requestId)
    headers.set(traceparentHeader, this.answered)
  }

  private read(): Trace {
    this.made ??= parseTrace(this.headers) ?? ownTrace(this.requestId)
    return this.made
  }
}
