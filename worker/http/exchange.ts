import { withinDeadline } from '../../shared/clock.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import type { Result } from '../../shared/result.ts'
import { err } from '../../shared/result.ts'
import type { Arrival, NamedInBody } from '../auth/admit.ts'
import { isMessage } from '../auth/email-sender.ts'
import { unserved } from '../deployment/metrics/families.ts'
import type { Services } from '../services.ts'
import { parseBody, parseBytes, queryOf, readBody } from './input.ts'
import type { PreparedHeaders } from './prepared-headers.ts'
import { type RequestTrace, traceOf } from './request-log.ts'
import type {
  ArrivingMail,
  BodyTaken,
  Call,
  CallNotes,
  MailBodyTaken,
  NamingBodyTaken,
  Route,
  SignedBodyTaken,
} from './route.ts'

/** The platform's `ExecutionContext`, as far as it is used: it keeps work running after the answer is sent. */
export interface WorkKeeper {
  waitUntil(work: Promise<unknown>): void
}

/** The parameters of a path, percent-decoded. */
export interface PathParameters {
  param(): Readonly<Record<string, string>>
}

/**
 * One request on its way to its answer. The door reads it as an `Arrival`, the handler as a `Call`, and the request log takes its
 * notes. There is one object for each request, and parts that few requests need are made when they are first read.
 */
export class Exchange implements Arrival, Call<unknown, unknown> {
  readonly services: Services
  readonly request: Request
  readonly method: string
  readonly headers: Headers
  readonly requestId: string
  readonly startedAtMs: number
  readonly edgeLocation: string
  readonly trace: RequestTrace
  readonly notes: CallNotes = { limits: [] }
  readonly keepAlive: (work: Promise<unknown>) => void
  /** The pattern of the route that was found, for metrics and the log. */
  pattern: string = unserved
  caller: unknown = null
  input: unknown = null
  /** Whether the answer has the headers that every answer must have. */
  hasAllHeaders = false
  private route: Route | null = null
  private path: PathParameters | null = null
  private body: Promise<Result<unknown, WireError>> | null = null
  private raw: Promise<Result<Uint8Array<ArrayBuffer>, WireError>> | null = null

  constructor(request: Request, services: Services, keeper: WorkKeeper) {
    const { headers } = request
    this.services = services
    this.request = request
    this.method = request.method
    this.headers = headers
    this.requestId = requestIdOf(headers)
    this.startedAtMs = Date.now()
    this.edgeLocation = edgeLocationOf(request)
    this.trace = traceOf(headers, this.requestId)
    this.keepAlive = (work) => keeper.waitUntil(work)
  }

  /** Called by the mount as soon as it has found the route. */
  arriveAt(route: Route, path: PathParameters): void {
    this.route = route
    this.pattern = route.path
    this.path = path
  }

  get isHead(): boolean {
    return this.method === 'HEAD'
  }

  get workspaceInUrl(): string | undefined {
    if (this.route?.access === 'live') return workspaceInQuery(this.request.url)
    return this.route?.path.includes('{workspaceId}') ? this.pathParameters()['workspaceId'] : undefined
  }

  get isNamedByBody(): boolean {
    return this.route?.takes.body?.namesWorkspace === true
  }

  headersOf(prepared: PreparedHeaders): Headers {
    const headers = prepared.copy(this.headers.get('Origin'), this.services.config.allowedOrigins)
    this.trace.nameOn(headers)
    this.hasAllHeaders = true
    return headers
  }

  pathParameters(): Readonly<Record<string, string>> {
    return this.path?.param() ?? {}
  }

  /** The parsed body. If it names the workspace, the door has read it already, and it is not read twice. */
  readBody(taken: BodyTaken | NamingBodyTaken | SignedBodyTaken): Promise<Result<unknown, WireError>> {
    this.body ??=
      taken.isSigned === true
        ? this.readRaw().then((bytes) => (bytes.ok ? parseBytes(bytes.value, taken) : bytes))
        : parseBody(this.headers, this.request.body, taken)
    return this.body
  }

  /** The body of a route that takes a signed one, as it came. It is read once. */
  readRaw(): Promise<Result<Uint8Array<ArrayBuffer>, WireError>> {
    const taken = this.route?.takes.body
    if (taken?.isSigned !== true) throw new Error('the route takes no signed body')
    this.raw ??= withinDeadline<Result<Uint8Array<ArrayBuffer>, WireError>>(
      this.services.clock,
      taken.arrivesWithinMs,
      () => readBody(this.headers, this.request.body, taken.bytesMax),
      err({ code: 'request_timeout' }),
    )
    return this.raw
  }

  /** The body of a route that takes mail: JSON, read like every signed body, or a message of which nothing is read here. */
  readMail(taken: MailBodyTaken): ArrivingMail<unknown> {
    if (!isMessage(this.headers)) return { kind: 'json', json: this.readBody(taken) }
    const length = this.headers.get('Content-Length')
    return { kind: 'message', bytes: this.request.body, lengthBytes: length === null ? null : Number(length) }
  }

  readNaming(): Promise<Result<NamedInBody, WireError>> {
    const taken = this.route?.takes.body
    if (taken?.namesWorkspace !== true) throw new Error('the route takes no body that names its workspace')
    const read = parseBody(this.headers, this.request.body, taken)
    this.body = read
    return read
  }
}

/** A browser that opens a WebSocket can send no headers of its own. A query that names several workspaces is refused later. */
function workspaceInQuery(url: string): string | undefined {
  const query = queryOf(url)
  return query.ok ? query.value['workspaceId'] : undefined
}

/** The request id that the caller sent, if it is well formed; else a new one. */
export function requestIdOf(headers: Headers): string {
  const given = headers.get('X-Request-ID')
  return given !== null && /^[\w-]{8,128}$/.test(given) ? given : crypto.randomUUID()
}

/** The location of this isolate: it never moves, and the platform parses all of `cf` for whoever reads it. */
let isolateLocation: string | null = null

function edgeLocationOf(request: Request): string {
  isolateLocation ??= locationIn(request)
  return isolateLocation
}

function locationIn({ cf }: Request): string {
  return typeof cf?.['colo'] === 'string' ? cf['colo'] : 'local'
}
