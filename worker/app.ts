import { Hono } from 'hono'
import { cors } from 'hono/cors'
import { z } from 'zod'
import { systemClock } from '../shared/clock.ts'
import { safeHeaderEntries } from '../shared/contract/safe-headers.ts'
import type { Trace } from '../shared/contract/trace.ts'
import { traceparentHeader, tracestateHeader } from '../shared/contract/trace.ts'
import { limits } from '../shared/limits.ts'
import { ok } from '../shared/result.ts'
import { explainHeader } from './auth/admit.ts'
import { minVersionHeader } from './cache/wish.ts'
import { ConfigError } from './config.ts'
import { unserved } from './deployment/metrics/families.ts'
import type { Env } from './env.ts'
import type { RequestMethod } from './events.ts'
import { respondError, respondJson } from './http/answers.ts'
import { isWellEncoded } from './http/input.ts'
import { createServe, type Serve } from './http/mount.ts'
import { openApiDocument } from './http/openapi.ts'
import { createPublicAnswers } from './http/public-answers.ts'
import { withRateLimits } from './http/rate-limit-headers.ts'
import { logRequest, traceOf } from './http/request-log.ts'
import { type CallNotes, defineRoute, type Route } from './http/route.ts'
import { cacheSettingsRoutes } from './routes/cache-settings.ts'
import { cacheStatsRoutes } from './routes/cache-stats.ts'
import { contactRoutes } from './routes/contacts.ts'
import {
  dashboardConfigRoute,
  dashboardFilesPath,
  serveDocs,
  serveFile,
  servePage,
} from './routes/dashboard.ts'
import { healthRoute } from './routes/health.ts'
import { invalidateRoute } from './routes/invalidate.ts'
import { metricsRoute } from './routes/metrics.ts'
import { monitoringRoutes } from './routes/monitoring.ts'
import { monitoringAlertRoutes } from './routes/monitoring-alerts.ts'
import { monitoringHealthRoutes } from './routes/monitoring-health.ts'
import { monitoringStreamRoute } from './routes/monitoring-stream.ts'
import { resourceRoutes } from './routes/resources.ts'
import type { Services } from './services.ts'

/** Drawn when somebody first asks for it, and the same ever after: it takes some 50 ms. */
let openApi: object | null = null

const openApiRoute = defineRoute({
  method: 'GET',
  path: '/openapi.json',
  summary: 'This document',
  access: 'public',
  takes: {},
  gives: z.object({ openapi: z.string() }),
  errors: [],
  async handle() {
    openApi ??= openApiDocument(routes)
    return ok(respondJson(openApi))
  },
})

/** Every route, in the order the SPEC tells of them. */
export const routes: readonly Route[] = [
  ...resourceRoutes,
  ...contactRoutes,
  invalidateRoute,
  ...cacheSettingsRoutes,
  ...cacheStatsRoutes,
  healthRoute,
  metricsRoute,
  openApiRoute,
  dashboardConfigRoute,
  ...monitoringHealthRoutes,
  ...monitoringRoutes,
  ...monitoringAlertRoutes,
  monitoringStreamRoute,
]

type App = Hono<{ Bindings: Env; Variables: Variables }>

interface Variables {
  requestId: string
  trace: Trace
  startedAtMs: number
  route?: string
  notes?: CallNotes
}

/** The Worker's HTTP face. `servicesOf` is asked once a request and expected to answer the isolate's own. */
export function createApp(servicesOf: (env: Env) => Services): App {
  const app: App = new Hono()
  const serve = createServe(createPublicAnswers(systemClock))

  app.use(async (context, next) => {
    const requestId = saneRequestId(context.req.raw.headers.get('X-Request-ID')) ?? crypto.randomUUID()
    context.set('requestId', requestId)
    context.set('trace', traceOf(context.req.raw.headers, requestId))
    context.set('startedAtMs', Date.now())
    await next()
    markAnswer(context.res.headers, requestId)
    const { metrics, config } = servicesOf(context.env)
    const { status } = context.res
    const method = countedMethod(context.req.raw.method)
    const route = context.get('route') ?? unserved
    const durationMs = Date.now() - context.get('startedAtMs')
    const location = edgeLocationOf(context.req.raw)
    metrics.recorder.record({ kind: 'request', method, route, httpStatus: status, durationMs })
    const { trace, notes } = context.var
    const request = { requestId, trace, method, route, status, durationMs, location, notes }
    logRequest(request, config.requestLog, Math.random)
    const flushed = metrics.flushSoon(location)
    if (flushed !== null) context.executionCtx.waitUntil(flushed)
  })
  app.use(async (context, next) => {
    const { allowedOrigins } = servicesOf(context.env).config
    const { headers, method } = context.req.raw
    if (method === 'OPTIONS') return preflight(allowedOrigins)(context, next)
    await next()
    letRead(context.res.headers, headers.get('Origin'), allowedOrigins)
    return undefined
  })
  app.use(async (context, next) => {
    const { url } = context.req.raw
    const requestId = context.get('requestId')
    if (url.length > limits.urlBytesMax) return respondError({ code: 'url_too_long' }, requestId)
    if (!isWellEncoded(url)) return respondError({ code: 'invalid_encoding' }, requestId)
    return next()
  })

  for (const route of routes) mount(app, route, servicesOf, serve)
  for (const path of new Set(routes.map((route) => route.path))) refuseOtherMethods(app, path)
  for (const [path, serveAsset] of [
    ['/', servePage],
    ['/docs', serveDocs],
    [dashboardFilesPath, serveFile],
  ] as const) {
    app.get(path, async (context) => {
      const served = await serveAsset(servicesOf(context.env), context.req.raw)
      return served.ok ? served.value : respondError(served.error, context.get('requestId'))
    })
    refuseOtherMethods(app, path)
  }

  app.notFound((context) => respondError({ code: 'route_not_found' }, context.var.requestId))
  app.onError((error, context) => {
    // The one place where what nobody expected ends. A message may hold anything, so it is logged only where it is ours.
    const said =
      error instanceof ConfigError ? { message: error.message } : { error: error.name, stack: stackOf(error) }
    console.error(JSON.stringify({ level: 'error', requestId: context.var.requestId, ...said }))
    return respondError({ code: 'internal' }, context.var.requestId)
  })
  return app
}

function mount(app: App, route: Route, servicesOf: (env: Env) => Services, serve: Serve): void {
  app.on(route.method, honoPath(route.path), async (context) => {
    const request = context.req.raw
    const requestId = context.get('requestId')
    context.set('route', route.path)
    const notes: CallNotes = { limits: [] }
    context.set('notes', notes)
    const answered = await serve(route, {
      services: servicesOf(context.env),
      request,
      requestId,
      startedAtMs: context.get('startedAtMs'),
      edgeLocation: edgeLocationOf(request),
      trace: context.get('trace'),
      notes,
      pathParameters: () => context.req.param(),
      keepAlive: (work) => context.executionCtx.waitUntil(work),
    })
    const response = answered.ok ? answered.value : respondError(answered.error, requestId)
    return notes.limits.length === 0 ? response : withRateLimits(notes.limits, response, requestId)
  })
}

/** What every answer says, whatever became of the request. */
function markAnswer(headers: Headers, requestId: string): void {
  headers.set('X-Request-ID', requestId)
  for (const [name, value] of safeHeaderEntries) headers.set(name, value)
}

/** RFC 9110 section 15.5.6: a 405 names the methods there are. */
function refuseOtherMethods(app: App, path: string): void {
  const declared = routes.filter((route) => route.path === path).map((route) => route.method)
  const methods = declared.length === 0 ? ['GET' as const] : declared
  const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ')
  app.all(honoPath(path), (context) => {
    context.set('route', path)
    const response = respondError({ code: 'method_not_allowed' }, context.var.requestId)
    response.headers.set('Allow', allow)
    return response
  })
}

const exposedHeaders =
  'ETag, Age, Cache-Status, Server-Timing, Retry-After, RateLimit, RateLimit-Policy, X-Request-ID'

/** CORS on an answer. By hand: Hono's middleware copies each answer twice, which is a third of what a hit costs. */
function letRead(headers: Headers, origin: string | null, allowedOrigins: readonly string[]): void {
  headers.append('Vary', 'Origin')
  if (origin === null || !allowedOrigins.includes(origin)) return
  headers.set('Access-Control-Allow-Origin', origin)
  headers.set('Access-Control-Expose-Headers', exposedHeaders)
}

/** A browser asks first before it sends one of these, or any of the headers below. */
const methodsOtherThanGet = [...new Set(routes.map(({ method }) => method))].filter(
  (method) => method !== 'GET',
)

function preflight(allowedOrigins: readonly string[]) {
  return cors({
    origin: (origin) => (allowedOrigins.includes(origin) ? origin : null),
    allowMethods: ['GET', 'HEAD', 'OPTIONS', ...methodsOtherThanGet],
    allowHeaders: [
      'Authorization',
      'Content-Type',
      'X-Workspace-ID',
      'X-User-ID',
      minVersionHeader,
      'X-Request-ID',
      traceparentHeader,
      tracestateHeader,
      'If-None-Match',
      'Cache-Control',
      explainHeader,
      'Last-Event-ID',
    ],
    maxAge: 86_400,
  })
}

const countedMethods: readonly RequestMethod[] = ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE', 'OPTIONS']

/** One of a few: a caller may send any word as its method. */
function countedMethod(method: string): RequestMethod {
  return countedMethods.find((known) => known === method) ?? 'other'
}

function honoPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1')
}

function edgeLocationOf(request: Request): string {
  const { cf } = request
  return typeof cf?.['colo'] === 'string' ? cf['colo'] : 'local'
}

function saneRequestId(header: string | null): string | null {
  return header !== null && /^[\w-]{8,128}$/.test(header) ? header : null
}

/** Where an error came from, without its message. */
function stackOf(error: Error): string {
  return (error.stack ?? '').split('\n').slice(1, 6).join('\n')
}
