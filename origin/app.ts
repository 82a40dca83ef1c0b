import type { Handler, MiddlewareHandler } from 'hono'
import { Hono } from 'hono'
import { requestId } from 'hono/request-id'
import type { Logger } from 'pino'
import type { Bearer } from '../shared/auth/bearer.ts'
import type { Clock } from '../shared/clock.ts'
import { requestIdHeader } from '../shared/contract/origin.ts'
import type { OriginAccess } from '../shared/contract/origin-route.ts'
import type { OriginRouteName } from '../shared/contract/origin-routes.ts'
import { originRouteList } from '../shared/contract/origin-routes.ts'
import { safeHeaderEntries } from '../shared/contract/safe-headers.ts'
import { createAdmission } from './auth/admission.ts'
import { createCredentials } from './auth/credentials.ts'
import { createJobsAdmission } from './auth/jobs-admission.ts'
import { createMemberships } from './auth/membership.ts'
import { createRateLimits } from './auth/rate-limits.ts'
import { boardPath, createBoard } from './board/board.ts'
import type { Config } from './config.ts'
import { createContactWriter } from './contacts/contact-writer.ts'
import type { ImportTurns } from './contacts/import-turns.ts'
import { createImportTurns } from './contacts/import-turns.ts'
import type { Database } from './database/database.ts'
import type { LackingFunctions } from './database/lacking-functions.ts'
import type { Places } from './database/places.ts'
import { createPlaces } from './database/places.ts'
import type { Queries } from './database/queries.ts'
import { createQueries } from './database/queries.ts'
import type { QueryMetrics } from './database/query-metrics.ts'
import { createQueryMetrics } from './database/query-metrics.ts'
import type { UnfitValues } from './database/rows.ts'
import { createUnfitValues } from './database/rows.ts'
import type { Files } from './files/files-of.ts'
import { logRequest, traceRequest } from './http/request-log.ts'
import type { OriginEnv } from './http/respond.ts'
import { allowedMethods, respondError } from './http/respond.ts'
import { takeTurns } from './http/thread-turns.ts'
import { createMailDesk } from './inbound-email/mail-desk.ts'
import { createMailPace } from './inbound-email/mail-pace.ts'
import { createMailTaker } from './inbound-email/mail-taker.ts'
import { emailOfMime } from './inbound-email/mime.ts'
import { createMimeReader } from './inbound-email/mime-reader.ts'
import { senderFactsOf } from './inbound-email/sender-facts.ts'
import { createWebhookEndpoints } from './outbound/webhook-endpoints.ts'
import { createBackendWriter } from './outbox/backend-writer.ts'
import type { Deliver } from './outbox/delivered-writes.ts'
import { createDeliveredWrites } from './outbox/delivered-writes.ts'
import type { Marker } from './outbox/marker.ts'
import type { Relay } from './outbox/relay.ts'
import type { QueueBackend } from './queues/backend.ts'
import { createQueueReadings } from './queues/queue-readings.ts'
import { createUnconfiguredQueues } from './queues/unconfigured-queues.ts'
import { backendWriteRoutes } from './routes/backend-writes.ts'
import {
  changeContactRoute,
  createContactRoute,
  deleteContactRoute,
  importContactsRoute,
  moveContactRoute,
} from './routes/contacts.ts'
import { listWorkspacesRoute, moveEverythingRoute } from './routes/deployment.ts'
import { fileRoute } from './routes/files.ts'
import { healthRoute } from './routes/health.ts'
import { inboundEmailRoutes } from './routes/inbound-email.ts'
import { jobRoutes } from './routes/jobs.ts'
import { loadRoute } from './routes/load.ts'
import { metricsRoute } from './routes/metrics.ts'
import { queueRoutes } from './routes/queues.ts'
import { storeCallRoute } from './routes/voice.ts'
import { webhookEndpointRoutes } from './routes/webhook-endpoints.ts'
import { workRoutes } from './routes/work.ts'
import {
  boardsRoute,
  changeSettingsRoute,
  membershipRoute,
  needsRoute,
  settingsRoute,
} from './routes/workspaces.ts'
import { createEndedCallWriter } from './voice/ended-call-writer.ts'
import { createCallOfWriter } from './work/call-of-writer.ts'
import { createExports } from './work/exports.ts'
import { createImports } from './work/imports.ts'
import { createNotifications } from './work/notifications.ts'

interface AppParts {
  readonly config: Pick<
    Config,
    | 'internalAuthKey'
    | 'rateLimits'
    | 'queriesAtOnceMax'
    | 'queriesWaitingMax'
    | 'queryDeadlineMs'
    | 'operatorsWorkspaceId'
    | 'environment'
    | 'board'
  >
  readonly bearer: Bearer
  readonly database: Database
  /** The functions that the database lacks because it is older than this origin. */
  readonly lacking: LackingFunctions
  /** Null if no relay is configured: rows of the outbox then wait for a relay elsewhere. */
  readonly relay: Relay | null
  /** Null without a relay. */
  readonly marker: Pick<Marker, 'health'> | null
  readonly files: Files
  /** Null if no queues are configured: the routes of jobs then answer that they are not there. */
  readonly queueBackend: QueueBackend | null
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * Puts the origin together as a function from request to answer. shared/contract/origin-routes.ts declares its routes. Every
 * request passes these checks in order: the internal key (compared in constant time), the caller's token, the rate limits,
 * the membership. Only then is a body read and the database queried.
 */
export function createApp(parts: AppParts): Hono<OriginEnv> {
  const { config, bearer, database, clock, logger } = parts
  const metrics = createQueryMetrics()
  const places = createPlaces(config)
  const importTurns = createImportTurns(clock)
  const queries = createQueries({ ...config, database, clock, metrics, places })
  const credentials = createCredentials(config.internalAuthKey, bearer)
  const { requireMember, requireReader } = credentials
  const rateLimits = createRateLimits(config.rateLimits, clock)
  const memberships = createMemberships(queries, clock)
  const admission = createAdmission(rateLimits, memberships)
  const jobsAdmission = createJobsAdmission({ ...config, rateLimits, memberships })
  const unfitValues = createUnfitValues(logger)

  const app = new Hono<OriginEnv>()
  app.use(requestId({ headerName: requestIdHeader, limitLength: 128 }))
  app.use(traceRequest)
  app.use(logRequest(logger, clock))
  app.use(async (context, next) => {
    for (const [name, value] of safeHeaderEntries) context.header(name, value)
    await next()
  })

  const handlers = createHandlers(parts, { queries, metrics, places, importTurns, unfitValues })
  const inTurn = takeTurns()
  mount(app, handlers, { public: [] })
  // Writes come from the CRM's backend and from members too, so they have a door of their own.
  for (const path of ['/contacts', '/contacts/*']) app.use(path, inTurn, credentials.requireWriter)
  mount(app, handlers, { writer: [admission.toWorkspaceOfHeader] })
  if (config.board !== null && parts.queueBackend !== null) {
    app.route(boardPath, createBoard({ ...config, ...config.board, backend: parts.queueBackend, clock }))
  } else {
    app.all(`${boardPath}/*`, (context) => respondError(context, { code: 'route_not_found' }))
  }
  // Jobs too are the business of members, the CRM's backend and operators.
  app.use('/api/v1/queues/*', inTurn, credentials.requireWriter)
  mount(app, handlers, { jobs: [jobsAdmission.toJobs], operator: [jobsAdmission.toQueues] })
  app.use(credentials.requireInternalKey)
  mount(app, handlers, {
    'internal-key': [],
    reader: [requireReader],
    'service-or-admin': [requireReader, admission.toWorkspaceOfHeader],
    member: [requireMember],
    'member-in-workspace': [requireMember, admission.toWorkspaceOfPath],
  })

  app.notFound((context) => respondError(context, { code: 'route_not_found' }))
  app.onError((error, context) => {
    // The error's message may repeat data of the caller, so only its name and the places of its stack are logged.
    const places = error.stack?.split('\n').filter((line) => /^\s+at /.test(line))
    const { requestId, traceId } = context.var
    logger.error({ requestId, traceId, error: error.name, places }, 'unexpected error')
    context.set('failure', 'unexpected error')
    return respondError(context, { code: 'internal' })
  })
  return app
}

interface Work {
  readonly queries: Queries
  readonly metrics: QueryMetrics
  readonly places: Places
  readonly importTurns: ImportTurns
  readonly unfitValues: UnfitValues
}

type Handlers = Readonly<Record<OriginRouteName, Handler<OriginEnv>>>

/** The handlers of the declared routes. A route without one does not compile. */
function createHandlers(
  { config, database, lacking, relay, marker, files, queueBackend, clock, logger }: AppParts,
  { queries, metrics, places, importTurns, unfitValues }: Work,
): Handlers {
  const deliver: Deliver = async (rows) => (relay === null ? null : relay.deliver(rows))
  const writes = createDeliveredWrites(queries, deliver)
  const contacts = createContactWriter(writes, unfitValues)
  const call = createCallOfWriter(queries)
  const jobs = queueBackend?.queues ?? createUnconfiguredQueues()
  const readings = createQueueReadings(jobs, clock)
  const readContent = createMimeReader(clock)
  return {
    health: healthRoute({ ...config, database, lacking, relay, marker, readings, clock }),
    metrics: metricsRoute({
      ...config,
      ...{ places, importTurns, metrics, unfitValues, relay, readings, clock },
    }),
    importContacts: importContactsRoute({ contacts, turns: importTurns, deliver, clock, logger }),
    createContact: createContactRoute(contacts),
    changeContact: changeContactRoute(contacts),
    deleteContact: deleteContactRoute(contacts),
    moveContact: moveContactRoute(contacts),
    storeCall: storeCallRoute(createEndedCallWriter(queries, writes)),
    ...inboundEmailRoutes({
      taker: createMailTaker({
        ...{ queries, clock, pace: createMailPace(clock), random: Math.random },
        factsOf: senderFactsOf,
      }),
      desk: createMailDesk(queries, senderFactsOf),
      readMime: (bytes, envelope) => emailOfMime(bytes, envelope, readContent),
    }),
    ...backendWriteRoutes(createBackendWriter(writes)),
    ...webhookEndpointRoutes(createWebhookEndpoints(queries)),
    ...workRoutes({
      ...{ call, importTurns },
      exports: createExports(call, files.store),
      imports: createImports({ call, files: files.store, clock }),
      notifications: createNotifications(call),
    }),
    getFile: fileRoute(files.served, clock),
    ...jobRoutes(jobs, clock),
    ...queueRoutes(jobs, readings, clock),
    moveEverything: moveEverythingRoute(database, relay, clock),
    listWorkspaces: listWorkspacesRoute(database, clock),
    load: loadRoute(queries, unfitValues),
    membership: membershipRoute(queries),
    boards: boardsRoute(queries),
    needs: needsRoute(queries),
    settings: settingsRoute(queries),
    changeSettings: changeSettingsRoute(queries),
  }
}

/**
 * Mounts the declared routes that these doors guard, path by path, each behind its door. A path then refuses the methods that no
 * route of it has, and in this order: `/contacts/import` would otherwise refuse to change a contact that has the id `import`.
 */
function mount(
  app: Hono<OriginEnv>,
  handlers: Handlers,
  doors: Readonly<Partial<Record<OriginAccess, readonly MiddlewareHandler<OriginEnv>[]>>>,
): void {
  const routes = originRouteList.flatMap((route) => {
    const door = doors[route.access]
    return door === undefined ? [] : [{ ...route, door }]
  })
  for (const { method, path, name, door } of routes) {
    for (const handler of [...door, handlers[name]]) app.on(method, honoPath(path), handler)
  }
  for (const path of new Set(routes.map((route) => route.path))) {
    const reaching = routes.filter((route) => route.path === path || reaches(route.path, path))
    app.all(honoPath(path), allowedMethods(...reaching.map(({ method }) => method)))
  }
}

function honoPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1')
}

/** Whether a path with `{parameter}`s may stand for one without. */
function reaches(path: string, literal: string): boolean {
  return new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/{}]+')}$`).test(literal)
}
