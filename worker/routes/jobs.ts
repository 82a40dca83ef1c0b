import type { z } from 'zod'
import type { WireError, WireErrorCode } from '../../shared/contract/errors.ts'
import type { OriginRoute } from '../../shared/contract/origin-route.ts'
import {
  queueMetricsFormatOf,
  queueMetricsText,
  queueMetricsTextType,
} from '../../shared/contract/queue-metrics-text.ts'
import { queueRoutes } from '../../shared/contract/queue-routes.ts'
import {
  addedJobsSchema,
  cancelledJobSchema,
  cleaningSchema,
  jobDetailSchema,
  jobListQuerySchema,
  jobPageSchema,
  jobPath,
  jobSchema,
  newJobsSchema,
  queueCleanedSchema,
  queueHealthSchema,
  queueMetricsQuerySchema,
  queueMetricsSchema,
  queuePath,
  queuePausedSchema,
  queueStatisticsSchema,
  shapeOfNewJobs,
} from '../../shared/contract/queues.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { JobsCaller } from '../auth/callers.ts'
import { respondData, respondJson } from '../http/answers.ts'
import type { Call } from '../http/route.ts'
import { defineRoute, type Route } from '../http/route.ts'

/*
 * Jobs and queues (shared/contract/queues.ts), passed on to the origin in the caller's name under the same paths. Each change is sent once.
 */

const readErrors: readonly WireErrorCode[] = ['origin_unavailable', 'origin_timeout']
const writeErrors: readonly WireErrorCode[] = ['origin_unavailable', 'write_unconfirmed']

/** The parts of a route that are those of the origin's route of the same path. */
function wordsOf({ method, path, summary, description, gives, errors }: OriginRoute) {
  const passing = method === 'GET' ? readErrors : writeErrors
  return {
    ...{ method, path, summary, gives: gives.schema, errors: [...errors, ...passing] },
    ...(description === undefined ? {} : { description }),
  }
}

type JobsCall = Pick<Call<JobsCaller, unknown>, 'services' | 'caller'>

/** The path of a call, with its parameters in their places. */
function pathOf({ path }: OriginRoute, parameters: Readonly<Record<string, string>>): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(parameters[name] ?? ''))
}

const namedBy = ({ workspaceId }: JobsCaller) => (workspaceId === null ? {} : { workspaceId })

/** Passes a change on, and answers what the origin says of it. */
async function passOn<Schema extends z.ZodType>(
  { services, caller }: JobsCall,
  schema: Schema,
  path: string,
  body?: unknown,
): Promise<Result<z.output<Schema>, WireError>> {
  const sent = { method: 'POST', path, ...(body === undefined ? {} : { body }), ...namedBy(caller) } as const
  return services.origin.write(schema, sent, caller.caller)
}

async function passOnAndAnswer(
  call: JobsCall,
  schema: z.ZodType,
  path: string,
  body?: unknown,
): Promise<Result<Response, WireError>> {
  const answer = await passOn(call, schema, path, body)
  return answer.ok ? ok(respondData(answer.value)) : answer
}

async function readAndAnswer(
  { services, caller }: JobsCall,
  schema: z.ZodType,
  path: string,
): Promise<Result<Response, WireError>> {
  const answer = await services.origin.read(schema, { path, ...namedBy(caller) }, caller.caller)
  return answer.ok ? ok(respondData(answer.value)) : answer
}

const add = defineRoute({
  ...wordsOf(queueRoutes.addJobs),
  access: 'jobs',
  takes: {
    path: queuePath,
    body: { schema: newJobsSchema, bytesMax: limits.jobsBodyBytesMax, shapeOf: shapeOfNewJobs },
  },
  status: 201,
  async handle(call) {
    if (call.caller.workspaceId === null) return err({ code: 'workspace_missing' })
    const { path, body } = call.input
    const added = await passOn(call, addedJobsSchema, pathOf(queueRoutes.addJobs, path), body)
    return added.ok ? ok(respondJson({ success: true, data: added.value }, 201)) : added
  },
})

const list = defineRoute({
  ...wordsOf(queueRoutes.listJobs),
  access: 'jobs',
  takes: { path: queuePath, query: jobListQuerySchema },
  handle(call) {
    const { path, query } = call.input
    const asked = new URLSearchParams({ state: query.state })
    if (query.cursor !== undefined) asked.set('cursor', query.cursor)
    if (query.per_page !== undefined) asked.set('per_page', String(query.per_page))
    return readAndAnswer(call, jobPageSchema, `${pathOf(queueRoutes.listJobs, path)}?${asked}`)
  },
})

const show = defineRoute({
  ...wordsOf(queueRoutes.getJob),
  access: 'jobs',
  takes: { path: jobPath },
  handle: (call) => readAndAnswer(call, jobDetailSchema, pathOf(queueRoutes.getJob, call.input.path)),
})

/** A route that changes one job. */
function changeOfJob(declared: OriginRoute, schema: z.ZodType): Route {
  return defineRoute({
    ...wordsOf(declared),
    access: 'jobs',
    takes: { path: jobPath },
    handle: (call) => passOnAndAnswer(call, schema, pathOf(declared, call.input.path)),
  })
}

function switchOfQueue(declared: OriginRoute): Route {
  return defineRoute({
    ...wordsOf(declared),
    access: 'queues',
    takes: { path: queuePath },
    handle: (call) => passOnAndAnswer(call, queuePausedSchema, pathOf(declared, call.input.path)),
  })
}

const clean = defineRoute({
  ...wordsOf(queueRoutes.cleanQueue),
  access: 'queues',
  takes: { path: queuePath, body: { schema: cleaningSchema, bytesMax: limits.cleanBodyBytesMax } },
  handle(call) {
    const { path, body } = call.input
    return passOnAndAnswer(call, queueCleanedSchema, pathOf(queueRoutes.cleanQueue, path), body)
  },
})

const health = defineRoute({
  ...wordsOf(queueRoutes.queueHealth),
  access: 'queue-figures',
  takes: {},
  async handle({ services, caller }) {
    const { path } = queueRoutes.queueHealth
    const read = await services.origin.read(queueHealthSchema, { path, isBare: true }, caller.caller)
    return read.ok ? ok(respondJson(read.value, read.value.status === 'unhealthy' ? 503 : 200)) : read
  },
})

const metrics = defineRoute({
  ...wordsOf(queueRoutes.queueMetrics),
  access: 'queue-figures',
  takes: {
    query: queueMetricsQuerySchema,
    headers: {
      described: { Accept: 'Selects the format if the query does not.' },
      read: (headers) => ok(headers.get('Accept')),
    },
  },
  async handle({ services, caller, input }) {
    const path = `${queueRoutes.queueMetrics.path}?format=json`
    const read = await services.origin.read(queueMetricsSchema, { path, isBare: true }, caller.caller)
    if (!read.ok) return read
    const isText = queueMetricsFormatOf(input.query.format, input.headers) === 'prometheus'
    const response = isText ? respondText(queueMetricsText(read.value)) : respondJson(read.value)
    response.headers.set('Vary', 'Accept')
    return ok(response)
  },
})

function respondText(text: string): Response {
  return new Response(text, {
    headers: { 'Content-Type': queueMetricsTextType, 'Cache-Control': 'no-store' },
  })
}

const statistics = defineRoute({
  ...wordsOf(queueRoutes.queueStatistics),
  access: 'queue-figures',
  takes: {},
  handle: (call) => readAndAnswer(call, queueStatisticsSchema, queueRoutes.queueStatistics.path),
})

export const jobRoutes: readonly Route[] = [
  ...[add, list, show],
  changeOfJob(queueRoutes.retryJob, jobSchema),
  changeOfJob(queueRoutes.promoteJob, jobSchema),
  changeOfJob(queueRoutes.cancelJob, cancelledJobSchema),
  ...[switchOfQueue(queueRoutes.pauseQueue), switchOfQueue(queueRoutes.resumeQueue), clean],
  ...[health, metrics, statistics],
]
