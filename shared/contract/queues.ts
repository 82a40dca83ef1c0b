import { z } from 'zod'
import { instant } from '../instant.ts'
import { jsonObject } from '../json-object.ts'
import { limits } from '../limits.ts'
import { storableText, text } from '../text.ts'
import { queueNameSchema } from './queue-names.ts'

/**
 * The jobs of the work in the background (SPEC 11), at the origin and, under the same paths, at the Worker. An operator holds the internal
 * key or is an admin of the operators' workspace. The answers about health and metrics come bare, as `/health` and `/metrics` do.
 *
 *   POST /api/v1/queues/{queue}/jobs             NewJobs → 201 AddedJobs; 409 if an id belongs to another job
 *   GET  /api/v1/queues/{queue}/jobs?state=&cursor=&per_page=  → JobPage
 *   GET  /api/v1/queues/{queue}/jobs/{id}                → JobDetail; 404
 *   POST /api/v1/queues/{queue}/jobs/{id}/retry          → Job; 404, 409 unless it has failed
 *   POST /api/v1/queues/{queue}/jobs/{id}/promote        → Job; 404, 409 unless it is delayed
 *   POST /api/v1/queues/{queue}/jobs/{id}/cancel         → CancelledJob; 404, 409 if it has ended
 *     by operators, for all workspaces or the one in X-Workspace-ID; by admins, for the workspace in X-Workspace-ID. Jobs are
 *     added to a workspace, so X-Workspace-ID must be there.
 *
 *   POST /api/v1/queues/{queue}/pause                    → QueuePaused
 *   POST /api/v1/queues/{queue}/resume                   → QueuePaused
 *   POST /api/v1/queues/{queue}/clean            Cleaning → QueueCleaned
 *   GET  /api/v1/queues/health                           → QueueHealth (bare)
 *   GET  /api/v1/queues/metrics                          → QueueMetrics (bare; Prometheus text by Accept or ?format=prometheus)
 *   GET  /api/v1/queues/statistics                       → QueueStatistics
 *     by operators; at the Worker the last three also with METRICS_TOKEN.
 */

const count = z.int().nonnegative()
const milliseconds = z.number().nonnegative()
const atInstant = z.iso.datetime()

/** Where a job is. A job that waits for its priority's turn, or in a paused queue, is `waiting`. */
export const jobStates = ['waiting', 'active', 'delayed', 'completed', 'failed'] as const
const jobStateSchema = z.enum(jobStates)

/** The name that a caller gives to a job of its workspace, which makes adding it idempotent. */
const chosenJobIdSchema = z
  .string()
  .min(1)
  .max(limits.jobIdCharactersMax)
  .regex(/^[A-Za-z0-9_.-]+$/, 'must consist of the letters A to Z, digits, ".", "_" and "-"')
  .refine((id) => id !== '.' && id !== '..', 'must not be "." or ".."')
  .meta({ examples: ['reminder-2026-02-01'] })

/** A job's id, as answers show it: that of its workspace, `~`, and its name in the workspace. Schedules make other ids. */
const fullJobIdSchema = z
  .string()
  .min(1)
  .max(limits.fullJobIdCharactersMax)
  .regex(/^[!-.0-~]+$/, 'must be printable ASCII without white space or "/"')
  .refine((id) => id !== '.' && id !== '..', 'must not be "." or ".."')
  .meta({
    description: 'The `id` of the job; with `X-Workspace-ID`, the `jobId` that was chosen for it will do.',
    examples: ['15213~reminder-2026-02-01'],
  })

const encoder = new TextEncoder()

/**
 * The bytes of a job's data, as they count against the bound: of their JSON, with every number written out as the database writes it.
 * Otherwise six bytes such as `1e+308` would become three hundred.
 */
export function jobDataBytes(data: unknown): number {
  return encoder.encode(JSON.stringify(data, (_name, value) => writtenOut(value))).length
}

/** A text as long as the number without an exponent, its quotation marks included; any other value as it is. */
function writtenOut(value: unknown): unknown {
  const exponent = typeof value === 'number' ? /e([+-]\d+)$/.exec(String(value))?.[1] : undefined
  return exponent === undefined ? value : 'x'.repeat(Math.abs(Number(exponent)) + numberDigitsMax)
}

/** The significant digits of a double, with a sign and a point. */
const numberDigitsMax = 20

const jobDataSchema = jsonObject()
  .refine((data) => jobDataBytes(data) <= limits.jobInputBytesMax, {
    message: `must have at most ${limits.jobInputBytesMax} bytes as JSON`,
  })
  .meta({ type: 'object', examples: [{ contactId: 'contact_000042', template: 'reminder' }] })

/**
 * True: the job is not kept once it has ended. False or left out: it is kept as the queue keeps its jobs. A number: when it ends, the queue
 * keeps this many ended jobs and removes older ones, whosever they are, so that only an operator may give one.
 */
const keepingSchema = z.union(
  [z.boolean(), z.int().min(0).max(limits.jobsKeptMax)],
  `must be true, false, or a whole number up to ${limits.jobsKeptMax}`,
)

const newJobSchema = z
  .strictObject({
    /** A job with the same id is added once; the same request again answers the job that is there. */
    jobId: chosenJobIdSchema.optional(),
    name: z
      .string()
      .min(1)
      .max(limits.jobNameCharactersMax)
      .regex(/^[A-Za-z0-9_.-]+$/, 'must consist of the letters A to Z, digits, ".", "_" and "-"')
      .meta({ examples: ['reminder'] })
      .optional(),
    data: jobDataSchema,
    /** From 1, the best. Left out: that of the queue, as with `attempts`. */
    priority: z.int().min(1).max(limits.jobPriorityMax).optional(),
    delayMs: z.int().min(0).max(limits.jobDelayMaxMs).optional(),
    runAt: instant.optional(),
    attempts: z.int().min(1).max(limits.jobAttemptsMax).optional(),
    removeOnComplete: keepingSchema.optional(),
    removeOnFail: keepingSchema.optional(),
  })
  .refine(({ delayMs, runAt }) => delayMs === undefined || runAt === undefined, {
    path: ['runAt'],
    message: 'must be left out if delayMs is given',
  })
  .meta({
    examples: [
      {
        jobId: 'reminder-2026-02-01',
        name: 'reminder',
        data: { contactId: 'contact_000042' },
        priority: 3,
        runAt: '2026-02-01T08:00:00Z',
      },
    ],
  })
export type NewJob = z.output<typeof newJobSchema>

const newJobListSchema = z.strictObject({
  jobs: z
    .array(newJobSchema)
    .min(1)
    .max(limits.jobsPerCallMax)
    .refine((jobs) => {
      const ids = jobs.flatMap(({ jobId }) => (jobId === undefined ? [] : [jobId]))
      return new Set(ids).size === ids.length
    }, 'must have an id of its own each'),
})
/** One job, or up to `limits.jobsPerCallMax`, which are added together or not at all. */
export const newJobsSchema = z.union([newJobSchema, newJobListSchema])
/** The form that a body is meant to have: a list, or one job. */
export function shapeOfNewJobs(json: unknown): z.ZodType<z.output<typeof newJobsSchema>> {
  return typeof json === 'object' && json !== null && 'jobs' in json ? newJobListSchema : newJobSchema
}

/** `isNew` is false for a job that was there before. */
const addedJobSchema = z.object({ id: fullJobIdSchema, isNew: z.boolean() })
export const addedJobsSchema = z.object({ queue: queueNameSchema, jobs: z.array(addedJobSchema) })

/** A job without its data, which may come from outside and hold what a list of jobs has no business to show. */
export const jobSchema = z.object({
  id: z.string(),
  queue: queueNameSchema,
  name: z.string(),
  /** The deployment for a job that a schedule added. */
  workspaceId: z.string(),
  state: jobStateSchema,
  priority: z.int().nonnegative(),
  attemptsMade: count,
  attemptsMax: count,
  /** From 0 to 1, as far as its handler can see it. */
  progress: z.number().min(0).max(1),
  createdAt: atInstant,
  /** The time before which a delayed job does not start; null for others. */
  runAt: atInstant.nullable(),
  startedAt: atInstant.nullable(),
  finishedAt: atInstant.nullable(),
  /** Why its latest run failed. */
  failedReason: text(0, limits.jobReasonCharactersMax).nullable(),
  dataBytes: count,
})
export type Job = z.output<typeof jobSchema>

/** A single job, with its data, and with what its last run returned. */
export const jobDetailSchema = jobSchema.extend({ data: z.unknown(), result: z.unknown() })

export const jobPageSchema = z.object({
  jobs: z.array(jobSchema),
  pagination: z.object({ next_cursor: z.string().nullable() }),
})

/** `stopping`: the job runs, and its handler was told to stop. Otherwise the job is gone. */
export const cancelledJobSchema = z.object({ id: z.string(), outcome: z.enum(['removed', 'stopping']) })

export const jobListQuerySchema = z.strictObject({
  state: jobStateSchema.default('waiting'),
  cursor: storableText(1, limits.cursorCharactersMax)
    .meta({
      description: '`pagination.next_cursor` of the page before.',
      examples: ['eyJhZnRlciI6IjE3Njk4In0'],
    })
    .optional(),
  per_page: z
    .string()
    .regex(/^\d{1,3}$/, `must be a whole number from 1 to ${limits.jobsPerPageMax}`)
    .transform(Number)
    .pipe(z.int().min(1).max(limits.jobsPerPageMax))
    .meta({ description: `At most ${limits.jobsPerPageMax}; ${limits.jobsPerPageDefault} if left out.` })
    .optional(),
})

export const queuePath = z.strictObject({ queue: queueNameSchema })
export const jobPath = z.strictObject({ queue: queueNameSchema, id: fullJobIdSchema })

export const queuePausedSchema = z.object({ queue: queueNameSchema, isPaused: z.boolean() })

/** The jobs that a cleaning removes: those of one state, and only those that are older than a time. */
export const cleaningSchema = z
  .strictObject({
    state: z.enum(['waiting', 'delayed', 'completed', 'failed']),
    olderThanMs: z.int().min(0).max(limits.jobDelayMaxMs).default(0),
    limit: z.int().min(1).max(limits.jobsCleanedMax).default(limits.jobsCleanedMax),
  })
  .meta({ examples: [{ state: 'failed', olderThanMs: 86_400_000 }] })
export const queueCleanedSchema = z.object({ queue: queueNameSchema, removed: count })

const jobCountsSchema = z.object({
  waiting: count,
  active: count,
  completed: count,
  failed: count,
  delayed: count,
})
export type JobCounts = z.output<typeof jobCountsSchema>

const countedSchema = jobCountsSchema.extend({ name: queueNameSchema, isPaused: z.boolean() })

/**
 * `degraded`: jobs wait, and no process runs them or there is no address to send them to. `unhealthy`, with status 503: the queues
 * do not answer, and `queues` is empty. `redis` is where other queues would have Redis: it says whether their database answers.
 */
export const queueHealthSchema = z.object({
  status: z.enum(['healthy', 'degraded', 'unhealthy']),
  redis: z.object({ connected: z.boolean() }),
  /** The queues whose jobs wait for a process, or for an address (`QUEUE_HANDLER_URL`). */
  unserved: z.array(queueNameSchema),
  queues: z.partialRecord(queueNameSchema, countedSchema),
  totals: jobCountsSchema,
  timestamp: atInstant,
})
export type QueueHealth = z.output<typeof queueHealthSchema>

const percentilesSchema = z.object({ p50: milliseconds, p95: milliseconds, p99: milliseconds })
/** A span of time that ends now. */
const queueSpanSchema = z.object({
  completed: count,
  /** Jobs that failed for good, and runs that failed, those that were tried again included. */
  failed: count,
  failedRuns: count,
  perMinute: z.number().nonnegative(),
  /** `failed` out of all jobs that ended; 0 if none did. */
  failureRate: z.number().min(0).max(1),
  /** From the time when a job was due to the start of its first run, and from the start of a run to its end; null if none ran. */
  waitMs: percentilesSchema.nullable(),
  runMs: percentilesSchema.nullable(),
  /** The most frequent reasons of failed runs. */
  reasons: z.array(z.object({ reason: text(0, limits.jobReasonCharactersMax), count })),
})
export type QueueSpan = z.output<typeof queueSpanSchema>

export const queueStatisticsSchema = z.object({
  queues: z.partialRecord(queueNameSchema, z.object({ '1h': queueSpanSchema, '24h': queueSpanSchema })),
  timestamp: atInstant,
})

/** The figures of a queue now, and of its last hour. */
export const queueFiguresSchema = countedSchema.omit({ name: true }).extend({
  /** How long the job that has waited longest has been due; 0 if none waits. */
  oldestWaitingMs: milliseconds,
  /** Whether a process has run jobs of this queue in the last minute. */
  isServed: z.boolean(),
  lastHour: queueSpanSchema.omit({ reasons: true }),
})
export const queueMetricsSchema = z.object({
  queues: z.partialRecord(queueNameSchema, queueFiguresSchema),
  timestamp: atInstant,
})
export type QueueMetrics = z.output<typeof queueMetricsSchema>
export const queueMetricsQuerySchema = z.strictObject({ format: z.enum(['json', 'prometheus']).optional() })
