import { LRUCache } from 'lru-cache'
import type { WireError } from '../../shared/contract/errors.ts'
import type { Trace } from '../../shared/contract/trace.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { Arrival, NamedInBody } from '../auth/admit.ts'
import { doors } from '../auth/admit.ts'
import type { Services } from '../services.ts'
import { parseBody, parseInput, queryOf } from './input.ts'
import type { PublicAnswers } from './public-answers.ts'
import type { BodyTaken, Call, CallNotes, NamingBodyTaken, Route, Takes } from './route.ts'

/** A request and what is known of it when its route is found. */
export interface Arrived {
  readonly services: Services
  readonly request: Pick<Request, 'method' | 'headers' | 'url' | 'body'>
  readonly requestId: string
  readonly startedAtMs: number
  readonly edgeLocation: string
  readonly trace: Trace
  readonly notes: CallNotes
  /** Parameters of the path, percent-decoded. */
  pathParameters(): Readonly<Record<string, string>>
  keepAlive(work: Promise<unknown>): void
}

/** Takes a request through a route: its door, its input, its handler. */
export type Serve = (route: Route, arrived: Arrived) => Promise<Result<Response, WireError>>

/** What path and query of a URL mean to a route. */
interface UrlInput {
  readonly route: Route
  readonly path?: unknown
  readonly query?: unknown
  readonly question?: unknown
}

/** What a handler may be given; which of it, its route's `takes` decides. */
interface Input {
  path?: unknown
  query?: unknown
  question?: unknown
  headers?: unknown
  body?: unknown
}

export function createServe(publicAnswers: PublicAnswers): Serve {
  /** By URL: callers ask for the same pages in the same words. */
  const known = new LRUCache<string, UrlInput>({ max: limits.isolateQuestionsMax })

  return async function serve(route, arrived) {
    const visit = new Visit(route, arrived)
    const admitted = await doors[route.access](visit)
    if (!admitted.ok) return admitted
    const input = await inputOf(route, visit, known)
    if (!input.ok) return input
    visit.caller = admitted.value
    visit.input = input.value
    if (route.access !== 'public' && route.access !== 'metrics-token') return route.handle(visit)
    const name = `${route.path} ${route.variantOf?.(visit.input) ?? ''}`
    return publicAnswers.answer(name, async () => route.handle(visit), visit.keepAlive)
  }
}

/** Path and query, then headers, and the body last: what costs least is judged first. */
async function inputOf(
  route: Route,
  visit: Visit,
  known: LRUCache<string, UrlInput>,
): Promise<Result<Input, WireError>> {
  const { takes } = route
  const input: Input = {}
  if (takes.path !== undefined || takes.query !== undefined) {
    const url = urlInputOf(route, visit.arrived, known)
    if (!url.ok) return url
    input.path = url.value.path
    input.query = url.value.query
    input.question = url.value.question
  }
  if (takes.headers !== undefined) {
    const headers = takes.headers.read(visit.headers)
    if (!headers.ok) return err({ code: 'invalid_parameter', details: [...headers.error] })
    input.headers = headers.value
  }
  if (takes.body !== undefined) {
    const body = await visit.readBody(takes.body)
    if (!body.ok) return body
    input.body = body.value
  }
  return ok(input)
}

function urlInputOf(
  route: Route,
  arrived: Arrived,
  known: LRUCache<string, UrlInput>,
): Result<UrlInput, WireError> {
  const { url } = arrived.request
  const before = known.get(url)
  // Two methods of one path may take different things.
  if (before !== undefined && before.route === route) return ok(before)
  const parsed = parseUrl(route, arrived)
  if (parsed.ok) known.set(url, parsed.value)
  return parsed
}

function parseUrl(route: Route, arrived: Arrived): Result<UrlInput, WireError> {
  const { takes } = route
  const given = takes.query === undefined ? ok({}) : queryOf(arrived.request.url)
  if (!given.ok) return given
  if (takes.question !== undefined) {
    const question = takes.question(arrived.pathParameters(), given.value)
    return question.ok
      ? ok({ route, question: question.value })
      : err({ code: 'invalid_parameter', details: [...question.error] })
  }
  const path =
    takes.path === undefined
      ? ok(undefined)
      : parseInput(takes.path, arrived.pathParameters(), 'invalid_parameter')
  if (!path.ok) return path
  const query =
    takes.query === undefined ? ok(undefined) : parseInput(takes.query, given.value, 'invalid_parameter')
  return query.ok ? ok({ route, path: path.value, query: query.value }) : query
}

/** One request on its way: first what the door sees of it, then what the handler is given. */
class Visit implements Arrival, Call<unknown, unknown> {
  readonly arrived: Arrived
  readonly services: Services
  readonly method: string
  readonly headers: Headers
  readonly requestId: string
  readonly startedAtMs: number
  readonly edgeLocation: string
  readonly trace: Trace
  readonly notes: CallNotes
  readonly keepAlive: (work: Promise<unknown>) => void
  readonly workspaceInPath: string | undefined
  readonly isNamedByBody: boolean
  caller: unknown
  input: unknown
  private readonly bodyTaken: Takes['body']
  private body: Promise<Result<unknown, WireError>> | undefined

  constructor({ path, takes }: Route, arrived: Arrived) {
    this.arrived = arrived
    this.services = arrived.services
    this.method = arrived.request.method
    this.headers = arrived.request.headers
    this.requestId = arrived.requestId
    this.startedAtMs = arrived.startedAtMs
    this.edgeLocation = arrived.edgeLocation
    this.trace = arrived.trace
    this.notes = arrived.notes
    this.keepAlive = arrived.keepAlive
    this.workspaceInPath = path.includes('{workspaceId}')
      ? arrived.pathParameters()['workspaceId']
      : undefined
    this.isNamedByBody = takes.body?.namesWorkspace === true
    this.bodyTaken = takes.body
  }

  get isHead(): boolean {
    return this.method === 'HEAD'
  }

  /** What the body says; where it named the workspace it was read at the door. */
  readBody(taken: BodyTaken | NamingBodyTaken): Promise<Result<unknown, WireError>> {
    this.body ??= parseBody(this.headers, this.arrived.request.body, taken)
    return this.body
  }

  readNaming(): Promise<Result<NamedInBody, WireError>> {
    const taken = this.bodyTaken
    if (taken?.namesWorkspace !== true) throw new Error('the route takes no body that names its workspace')
    const read = parseBody(this.headers, this.arrived.request.body, taken)
    this.body = read
    return read
  }
}
