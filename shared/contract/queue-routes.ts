import { z } from 'zod'
import { limits } from '../limits.ts'
import type { OriginRoute } from './origin-route.ts'
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
} from './queues.ts'

const succeeding = <Data extends z.ZodType>(data: Data) =>
  ({ status: 200, schema: z.object({ success: z.literal(true), data }) }) as const

const jobErrors = ['queues_unavailable'] as const
const namedErrors = ['job_not_found', 'job_state', ...jobErrors] as const

/** The access and the audience of the routes of jobs, and of those of queues. */
const ofJobs = { access: 'jobs', audience: 'callers' } as const
const ofOperators = { access: 'operator', audience: 'callers' } as const

const change = (verb: string, summary: string) =>
  ({
    ...ofJobs,
    method: 'POST',
    path: `/api/v1/queues/{queue}/jobs/{id}/${verb}`,
    summary,
    takes: { path: jobPath },
    errors: namedErrors,
  }) as const

const switching = (verb: string, summary: string) =>
  ({
    ...ofOperators,
    method: 'POST',
    path: `/api/v1/queues/{queue}/${verb}`,
    summary,
    takes: { path: queuePath },
    gives: succeeding(queuePausedSchema),
    errors: jobErrors,
  }) as const

/** The routes of jobs (contract/queues.ts), the same at the origin and at the Worker. */
export const queueRoutes = {
  addJobs: {
    ...ofJobs,
    method: 'POST',
    path: '/api/v1/queues/{queue}/jobs',
    summary: `Add a job, or up to ${limits.jobsPerCallMax}, to a queue`,
    description: `The jobs of a call are added together or not at all. A job with a \`jobId\` of your own can be sent again safely: it is added once while it is kept, and another job under the same id is refused with 409. The data of a job have at most ${limits.jobInputBytesMax} bytes.`,
    takes: { path: queuePath, body: { schema: newJobsSchema, bytesMax: limits.jobsBodyBytesMax } },
    gives: { ...succeeding(addedJobsSchema), status: 201 },
    errors: ['job_id_reused', ...jobErrors],
  },
  listJobs: {
    ...ofJobs,
    method: 'GET',
    path: '/api/v1/queues/{queue}/jobs',
    summary: 'The jobs of a queue, without their data',
    takes: { path: queuePath, query: jobListQuerySchema },
    gives: succeeding(jobPageSchema),
    errors: ['invalid_parameter', 'invalid_cursor', ...jobErrors],
  },
  getJob: {
    ...ofJobs,
    method: 'GET',
    path: '/api/v1/queues/{queue}/jobs/{id}',
    summary: 'A job',
    takes: { path: jobPath },
    gives: succeeding(jobDetailSchema),
    errors: ['job_not_found', ...jobErrors],
  },
  retryJob: { ...change('retry', 'Let a failed job run again'), gives: succeeding(jobSchema) },
  promoteJob: { ...change('promote', 'Let a delayed job run now'), gives: succeeding(jobSchema) },
  cancelJob: {
    ...change('cancel', 'Remove a job that waits, or stop one that runs'),
    gives: succeeding(cancelledJobSchema),
  },
  pauseQueue: switching('pause', 'Let no more jobs of a queue start'),
  resumeQueue: switching('resume', 'Let jobs of a queue start again'),
  cleanQueue: {
    ...ofOperators,
    method: 'POST',
    path: '/api/v1/queues/{queue}/clean',
    summary: 'Remove jobs of one state from a queue',
    takes: { path: queuePath, body: { schema: cleaningSchema, bytesMax: limits.cleanBodyBytesMax } },
    gives: succeeding(queueCleanedSchema),
    errors: jobErrors,
  },
  queueHealth: {
    ...ofOperators,
    method: 'GET',
    path: '/api/v1/queues/health',
    summary: 'Whether the queues work, and how many jobs are in each',
    description: 'The status is 503, with the same body, while the database of the queues does not answer.',
    takes: {},
    gives: { status: 200, schema: queueHealthSchema },
    errors: [],
  },
  queueMetrics: {
    ...ofOperators,
    method: 'GET',
    path: '/api/v1/queues/metrics',
    summary: 'The figures of the queues, as JSON or as Prometheus text',
    takes: { query: queueMetricsQuerySchema },
    gives: { status: 200, schema: queueMetricsSchema },
    errors: ['invalid_parameter', ...jobErrors],
  },
  queueStatistics: {
    ...ofOperators,
    method: 'GET',
    path: '/api/v1/queues/statistics',
    summary: 'Throughput, wait and run times, and failures, over an hour and over a day',
    takes: {},
    gives: succeeding(queueStatisticsSchema),
    errors: jobErrors,
  },
} as const satisfies Readonly<Record<string, OriginRoute>>
