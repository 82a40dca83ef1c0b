import { Hono } from 'hono'
import { LRUCache } from 'lru-cache'
import type { Awaitable } from '../../shared/awaitable.ts'
import { whenReady } from '../../shared/awaitable.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import { doors } from '../auth/admit.ts'
import type { Services } from '../services.ts'
import { respondError } from './answers.ts'
import type { Inside } from './entrance.ts'
import type { Exchange, PathParameters } from './exchange.ts'
import { parseInput, queryOf } from './input.ts'
import type { PublicAnswers } from './public-answers.ts'
import { withRateLimits } from './rate-limit-headers.ts'
import type { Answered, Route } from './route.ts'

/** A file of the dashboard. Anybody may read it, and it is served without a door. */
export interface ServedFile {
  readonly path: string
  serve(services: Services, request: Request): Promise<Result<Response, WireError>>
}

/** The exchange takes the place of Hono's environment, so that no request has to allocate a closure to reach its handler. */
type Router = Hono<{ Bindings: Exchange }>

/**
 * Mounts routes and files. Hono finds the route; then come its door, its input and its handler, in this order. If no route has
 * both the method and the path, a second router looks the path up alone and tells a 405 from a 404. That keeps one handler for
 * each route: Hono composes a chain of handlers at each request, and a single one needs no chain.
 */
export function createInside(
  routes: readonly Route[],
  files: readonly ServedFile[],
  publicAnswers: PublicAnswers,
): Inside {
  const known = createUrlMemory()
  const serve = createServe(publicAnswers, known)
  const router: Router = new Hono()
  const paths: Router = new Hono()
  for (const route of routes) {
    router.on(route.method, honoPath(route.path), (context) => {
      context.env.arriveAt(route, context.req)
      return serve(route, context.env)
    })
  }
  for (const file of files) {
    router.get(file.path, async ({ env: { services, request, requestId } }) => {
      const served = await file.serve(services, request)
      return served.ok ? served.value : respondError(served.error, requestId)
    })
  }
  const mounted = [...routes.map(({ path }) => path), ...files.map(({ path }) => path)]
  for (const path of new Set(mounted)) refuseOtherMethods(paths, path, routes)
  router.notFound(({ env }) => paths.fetch(env.request, env))
  paths.notFound(({ env }) => respondError({ code: 'route_not_found' }, env.requestId))
  for (const each of [router, paths]) {
    each.onError((error) => {
      throw error
    })
  }
  return {
    methods: [...new Set(routes.map(({ method }) => method))],
    answer(exchange) {
      const before = known.get(exchange.request.url)
      if (before?.route.method !== exchange.method) return router.fetch(exchange.request, exchange)
      // A URL that came before leads to the same route, and means the same to it.
      exchange.arriveAt(before.route, before)
      return serve(before.route, exchange)
    },
  }
}

/** RFC 9110 section 15.5.6: the `Allow` header of a 405 names the methods that the path has. */
function refuseOtherMethods(paths: Router, path: string, routes: readonly Route[]): void {
  const declared = routes.filter((route) => route.path === path).map((route) => route.method)
  const methods = declared.length === 0 ? ['GET' as const] : declared
  const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ')
  paths.all(honoPath(path), ({ env }) => {
    env.pattern = path
    const response = respondError({ code: 'method_not_allowed' }, env.requestId)
    response.headers.set('Allow', allow)
    return response
  })
}

function honoPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1')
}

/** The path and the query of a URL, as its route parsed them. */
interface UrlInput extends PathParameters {
  readonly route: Route
  readonly path?: unknown
  readonly query?: unknown
  readonly question?: unknown
}

/** Everything that a handler may be given. The route's `takes` decides which members are present. */
interface Input {
  path?: unknown
  query?: unknown
  question?: unknown
  headers?: unknown
  body?: unknown
}

/** Parsed URLs. Callers send the same few again and again, so most need no parsing. */
type UrlMemory = LRUCache<string, UrlInput>

/** Creates the memory of parsed URLs. All routes share its bounds on the number of URLs and on their characters. */
export function createUrlMemory(): UrlMemory {
  return new LRUCache({
    max: limits.isolateQuestionsMax,
    maxSize: limits.isolateQuestionUrlCharactersMax,
    sizeCalculation: (_input, url) => url.length,
  })
}

/** Creates the function that takes a request through its route's door, input and handler. */
function createServe(
  publicAnswers: PublicAnswers,
  known: UrlMemory,
): (route: Route, exchange: Exchange) => Awaitable<Response> {
  function handled(route: Route, exchange: Exchange): Answered {
    return whenReady(doors[route.access](exchange), (admitted) => {
      if (!admitted.ok) return admitted
      exchange.caller = admitted.value
      exchange.services.regions.nearness?.note(exchange.request)
      const input = inputOf(route, exchange, known)
      if (!input.ok) return input
      exchange.input = input.value
      // The body is read last because it costs most.
      const { body: taken } = route.takes
      if (taken === undefined) return handle(route, exchange)
      if (taken.isSigned === true) {
        input.value.body = 'messageBytesMax' in taken ? exchange.readMail(taken) : exchange.readBody(taken)
        return handle(route, exchange)
      }
      return exchange.readBody(taken).then((body) => {
        if (!body.ok) return body
        input.value.body = body.value
        return handle(route, exchange)
      })
    })
  }

  function handle(route: Route, exchange: Exchange): Answered {
    if (route.access !== 'public' && route.access !== 'metrics-token') return route.handle(exchange)
    const name = `${route.path} ${route.variantOf?.(exchange.input) ?? ''}`
    return publicAnswers.answer(name, async () => route.handle(exchange), exchange.keepAlive)
  }

  return (route, exchange) =>
    whenReady(handled(route, exchange), (answered) => {
      const { requestId, notes } = exchange
      if (!answered.ok) exchange.hasAllHeaders = false
      const response = answered.ok ? answered.value : respondError(answered.error, requestId)
      if (notes.limits.length === 0) return response
      return withRateLimits(notes.limits, response, requestId).then((limited) => {
        if (limited !== response) exchange.hasAllHeaders = false
        return limited
      })
    })
}

/** Parses the path, the query and the headers, as far as the route takes them. */
function inputOf(route: Route, exchange: Exchange, known: UrlMemory): Result<Input, WireError> {
  const { takes } = route
  const input: Input = {}
  if (takes.path !== undefined || takes.query !== undefined) {
    const url = urlInputOf(route, exchange, known)
    if (!url.ok) return url
    input.path = url.value.path
    input.query = url.value.query
    input.question = url.value.question
  }
  if (takes.headers !== undefined) {
    const headers = takes.headers.read(exchange.headers)
    if (!headers.ok) return err({ code: 'invalid_parameter', details: [...headers.error] })
    input.headers = headers.value
  }
  return ok(input)
}

function urlInputOf(route: Route, exchange: Exchange, known: UrlMemory): Result<UrlInput, WireError> {
  const { url } = exchange.request
  const before = known.get(url)
  // Two methods of the same path may parse it differently.
  if (before !== undefined && before.route === route) return ok(before)
  const parsed = parseUrl(route, exchange)
  if (parsed.ok) known.set(url, parsed.value)
  return parsed
}

function parseUrl(route: Route, exchange: Exchange): Result<UrlInput, WireError> {
  const { takes } = route
  const given = takes.query === undefined ? ok({}) : queryOf(exchange.request.url)
  if (!given.ok) return given
  const parameters = exchange.pathParameters()
  const param = () => parameters
  if (takes.question !== undefined) {
    const question = takes.question(parameters, given.value)
    return question.ok
      ? ok({ route, param, question: question.value })
      : err({ code: 'invalid_parameter', details: [...question.error] })
  }
  const path = takes.path === undefined ? ok(undefined) : parseParameters(takes.path, parameters)
  if (!path.ok) return path
  const query = takes.query === undefined ? ok(undefined) : parseParameters(takes.query, given.value)
  return query.ok ? ok({ route, param, path: path.value, query: query.value }) : query
}

function parseParameters(schema: NonNullable<Route['takes']['path']>, given: unknown) {
  return parseInput(schema, given, 'invalid_parameter')
}
