import { z } from 'zod'
import type { Awaitable } from '../shared/awaitable.ts'
import { systemClock } from '../shared/clock.ts'
import { ok } from '../shared/result.ts'
import type { Env } from './env.ts'
import { respondJson } from './http/answers.ts'
import { createEntrance } from './http/entrance.ts'
import type { WorkKeeper } from './http/exchange.ts'
import { createInside, type ServedFile } from './http/mount.ts'
import { openApiDocument } from './http/openapi.ts'
import { createPublicAnswers } from './http/public-answers.ts'
import { defineRoute, type Route } from './http/route.ts'
import { activityRoutes } from './routes/activity.ts'
import { backendWriteRoutes } from './routes/backend-writes.ts'
import { cacheSettingsRoutes } from './routes/cache-settings.ts'
import { cacheStatsRoutes } from './routes/cache-stats.ts'
import { contactRoutes } from './routes/contacts.ts'
import {
  clientFilesPath,
  dashboardConfigRoute,
  dashboardFilesPath,
  serveClientFile,
  serveDocs,
  serveFile,
  servePage,
} from './routes/dashboard.ts'
import { healthRoute } from './routes/health.ts'
import { mailRoutes } from './routes/inbound-email.ts'
import { invalidateRoute } from './routes/invalidate.ts'
import { jobRoutes } from './routes/jobs.ts'
import { liveRoute } from './routes/live.ts'
import { marksRoute } from './routes/marks.ts'
import { metricsRoute } from './routes/metrics.ts'
import { monitoringRoutes } from './routes/monitoring.ts'
import { monitoringAlertRoutes } from './routes/monitoring-alerts.ts'
import { figureRoutes } from './routes/monitoring-figures.ts'
import { monitoringHealthRoutes } from './routes/monitoring-health.ts'
import { monitoringStreamRoute } from './routes/monitoring-stream.ts'
import { redisRoutes } from './routes/redis.ts'
import { resourceRoutes } from './routes/resources.ts'
import { rolloutRoutes } from './routes/rollout.ts'
import { type RoutedMessage, takeRoutedMail } from './routes/routed-mail.ts'
import { voiceRoutes } from './routes/voice.ts'
import { webhookEndpointRoutes } from './routes/webhook-endpoints.ts'
import { workRoutes } from './routes/work.ts'
import { workspacesRoutes } from './routes/workspaces.ts'
import type { Services } from './services.ts'

/** Made at the first request for it, which takes some 50 ms, and kept for the life of the isolate. */
let openApi: object | null = null

const openApiRoute = defineRoute({
  method: 'GET',
  path: '/openapi.json',
  summary: 'The OpenAPI document of this API',
  access: 'public',
  takes: {},
  gives: z.object({ openapi: z.string() }),
  errors: [],
  async handle() {
    openApi ??= openApiDocument(routes)
    return ok(respondJson(openApi))
  },
})

/** Every route, in the order of the specification. */
export const routes: readonly Route[] = [
  ...resourceRoutes,
  ...contactRoutes,
  liveRoute,
  ...voiceRoutes,
  ...mailRoutes,
  ...backendWriteRoutes,
  ...webhookEndpointRoutes,
  ...workRoutes,
  ...jobRoutes,
  invalidateRoute,
  marksRoute,
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
  ...figureRoutes,
  ...redisRoutes,
  ...workspacesRoutes,
  ...rolloutRoutes,
  ...activityRoutes,
]

/** The pages, and the files that they load. */
const files: readonly ServedFile[] = [
  { path: '/', serve: servePage },
  { path: '/docs', serve: serveDocs },
  { path: dashboardFilesPath, serve: serveFile },
  { path: clientFilesPath, serve: serveClientFile },
]

/** Creates the Worker's handlers of requests and of mail. `servicesOf` is called for each request and must answer the isolate's services. */
export function createApp(servicesOf: (env: Env) => Services) {
  const enter = createEntrance(createInside(routes, files, createPublicAnswers(systemClock)), systemClock)
  return {
    fetch: (request: Request, env: Env, context: WorkKeeper): Awaitable<Response> =>
      enter(request, servicesOf, env, context),
    email: (message: RoutedMessage, env: Env, context: WorkKeeper): Promise<void> =>
      takeRoutedMail(servicesOf(env), message, context),
  }
}
