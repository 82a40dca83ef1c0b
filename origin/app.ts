import { Hono } from 'hono'
import { requestId } from 'hono/request-id'
import type { Logger } from 'pino'
import type { Bearer } from '../shared/auth/bearer.ts'
import type { Clock } from '../shared/clock.ts'
import { requestIdHeader } from '../shared/contract/origin.ts'
import { safeHeaderEntries } from '../shared/contract/safe-headers.ts'
import type { Admission } from './auth/admission.ts'
import { createAdmission } from './auth/admission.ts'
import type { Credentials } from './auth/credentials.ts'
import { createCredentials } from './auth/credentials.ts'
import { createMemberships } from './auth/membership.ts'
import { createRateLimits } from './auth/rate-limits.ts'
import type { Config } from './config.ts'
import type { Deliver } from './contacts/contact-writer.ts'
import { createContactWriter } from './contacts/contact-writer.ts'
import type { ImportTurns } from './contacts/import-turns.ts'
import { createImportTurns } from './contacts/import-turns.ts'
import type { Database } from './database/client.ts'
import { createPlaces } from './database/places.ts'
import type { Queries } from './database/queries.ts'
import { createQueries } from './database/queries.ts'
import type { UnfitValues } from './database/rows.ts'
import { createUnfitValues } from './database/rows.ts'
import { allowedMethods } from './http/allowed-methods.ts'
import type { OriginEnv } from './http/answers.ts'
import { respondError } from './http/answers.ts'
import { logRequest } from './http/request-log.ts'
import { takeTurns } from './http/thread-turns.ts'
import { createQueryMetrics } from './metrics.ts'
import type { Relay } from './outbox/relay.ts'
import {
  changeContactRoute,
  createContactRoute,
  deleteContactRoute,
  importContactsRoute,
  moveContactRoute,
} from './routes/contacts.ts'
import { healthRoute } from './routes/health.ts'
import { loadRoute } from './routes/load.ts'
import { metricsRoute } from './routes/metrics.ts'
import { boardsRoute, changeSettingsRoute, membershipRoute, settingsRoute } from './routes/workspaces.ts'

export interface AppParts {
  readonly config: Pick<
    Config,
    'internalAuthKey' | 'rateLimits' | 'queriesAtOnceMax' | 'queriesWaitingMax' | 'queryDeadlineMs'
  >
  readonly bearer: Bearer
  readonly database: Database
  /** Null: none is set up, and what is written waits in the outbox for a relay elsewhere. */
  readonly relay: Relay | null
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * The origin as a function from request to answer (shared/contract/origin.ts). Read the route table top to bottom. Every
 * request passes, in this order: the internal key in constant time, the caller's token, limits, membership; only behind
 * them a body is read, and the database asked for what the request is about.
 */
export function createApp(parts: AppParts): Hono<OriginEnv> {
  const { config, bearer, database, relay, clock, logger } = parts
  const metrics = createQueryMetrics()
  const places = createPlaces(config)
  const importTurns = createImportTurns(clock)
  const queries = createQueries({ ...config, database, clock, metrics, places })
  const credentials = createCredentials(config.internalAuthKey, bearer)
  const { requireMember, requireReader } = credentials
  const admission = createAdmission(
    createRateLimits(config.rateLimits, clock),
    createMemberships(queries, clock),
  )
  const unfitValues = createUnfitValues(logger)

  const app = new Hono<OriginEnv>()
  app.use(requestId({ headerName: requestIdHeader, limitLength: 128 }))
  app.use(logRequest(logger, clock))
  app.use(async (context, next) => {
    for (const [name, value] of safeHeaderEntries) context.header(name, value)
    await next()
  })

  app.get('/health', healthRoute(database, relay, clock))
  app.all('/health', allowedMethods('GET'))

  mountContacts(app, parts, { queries, importTurns, credentials, admission, unfitValues })

  app.use(credentials.requireInternalKey)

  app.get('/metrics', metricsRoute({ ...config, places, importTurns, metrics, unfitValues, relay, clock }))
  app.all('/metrics', allowedMethods('GET'))

  app.post('/load/:resource', requireReader, loadRoute(queries, unfitValues))
  app.all('/load/:resource', allowedMethods('POST'))

  app.get('/workspaces/:id/membership', requireMember, membershipRoute(queries))
  app.all('/workspaces/:id/membership', allowedMethods('GET'))

  app.get('/workspaces/:id/boards', requireMember, boardsRoute(queries))
  app.all('/workspaces/:id/boards', allowedMethods('GET'))

  app.get('/workspaces/:id/settings', requireReader, settingsRoute(queries))
  app.post(
    '/workspaces/:id/settings',
    requireMember,
    admission.toWorkspaceOfPath,
    changeSettingsRoute(queries),
  )
  app.all('/workspaces/:id/settings', allowedMethods('GET', 'POST'))

  app.notFound((context) => respondError(context, { code: 'route_not_found' }))
  app.onError((error, context) => {
    // The error's own words may hold what a caller sent: they stay out of the log, the stack's places do not.
    const places = error.stack?.split('\n').filter((line) => /^\s+at /.test(line))
    logger.error({ requestId: context.var.requestId, error: error.name, places }, 'unexpected error')
    context.set('failure', 'unexpected error')
    return respondError(context, { code: 'internal' })
  })
  return app
}

interface Door {
  readonly queries: Queries
  readonly importTurns: ImportTurns
  readonly credentials: Credentials
  readonly admission: Admission
  readonly unfitValues: UnfitValues
}

/** Writes come from the CRM's backend and its members, not from the Worker: they have a door of their own. */
function mountContacts(
  app: Hono<OriginEnv>,
  { relay, clock, logger }: AppParts,
  { queries, importTurns: turns, credentials, admission, unfitValues }: Door,
): void {
  const deliver: Deliver = async (rows) => (relay === null ? null : relay.deliver(rows))
  const contacts = createContactWriter(queries, deliver, unfitValues)
  const admitted = admission.toWorkspaceOfHeader
  const inTurn = takeTurns()
  app.use('/contacts', inTurn, credentials.requireWriter)
  app.use('/contacts/*', inTurn, credentials.requireWriter)

  app.post('/contacts/import', admitted, importContactsRoute({ contacts, turns, deliver, clock, logger }))
  app.all('/contacts/import', allowedMethods('POST'))

  app.post('/contacts', admitted, createContactRoute(contacts))
  app.all('/contacts', allowedMethods('POST'))

  app.patch('/contacts/:id', admitted, changeContactRoute(contacts))
  app.delete('/contacts/:id', admitted, deleteContactRoute(contacts))
  app.all('/contacts/:id', allowedMethods('PATCH', 'DELETE'))

  app.post('/contacts/:id/move', admitted, moveContactRoute(contacts))
  app.all('/contacts/:id/move', allowedMethods('POST'))
}
