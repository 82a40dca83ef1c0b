import { isDeepStrictEqual } from 'node:util'
import type { Handler } from 'hono'
import type { Clock } from '../../shared/clock.ts'
import type { Fault } from '../../shared/contract/error-shown.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import type { OriginRouteName } from '../../shared/contract/origin-routes.ts'
import type { QueueName } from '../../shared/contract/queue-names.ts'
import type { Job as JobShown, NewJob as JobTaken } from '../../shared/contract/queues.ts'
import {
  jobDataBytes,
  jobListQuerySchema,
  jobPath,
  queuePath,
  shapeOfNewJobs,
} from '../../shared/contract/queues.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import { parseBodyShaped, parsePath, parseQuery } from '../http/input.ts'
import type { OriginEnv } from '../http/respond.ts'
import { respondError } from '../http/respond.ts'
import type { AddedJob, Job, JobQueues, NewJob, QueueFailure } from '../queues/job-queues.ts'
import { jobIdOf } from '../queues/job-queues.ts'
import { reasonShown, respondQueueFailure, respondQueues } from './queue-answers.ts'

const dayMs = 86_400_000

type JobsHandler = Handler<OriginEnv>

/** The routes of jobs (shared/contract/queues.ts). The door has decided whose jobs the caller may see (auth/jobs-admission.ts). */
export function jobRoutes(queues: JobQueues, clock: Clock) {
  return {
    addJobs: addJobsRoute(queues, clock),
    listJobs: listJobsRoute(queues),
    getJob: aboutJob('read', queues.get, (job) => ({
      ...jobShown(job),
      data: job.input,
      result: job.result ?? null,
    })),
    retryJob: aboutJob('write', queues.retry, jobShown),
    promoteJob: aboutJob('write', queues.promote, jobShown),
    cancelJob: aboutJob('write', queues.cancel, (cancelled) => cancelled),
  } satisfies Partial<Record<OriginRouteName, JobsHandler>>
}

/** POST …/jobs: adds the jobs to the workspace of the header. */
function addJobsRoute(queues: JobQueues, clock: Clock): JobsHandler {
  return async (context) => {
    const path = parsePath(context, queuePath)
    if (!path.ok) return respondError(context, path.error)
    const { jobsScope: workspaceId, isOperator } = context.var
    if (workspaceId === null) return respondError(context, { code: 'workspace_missing' })
    const body = await parseBodyShaped(context, shapeOfNewJobs, limits.jobsBodyBytesMax)
    if (!body.ok) return respondError(context, body.error)
    const isList = 'jobs' in body.value
    const taken = 'jobs' in body.value ? body.value.jobs : [body.value]
    const prepared = preparedJobs(taken, { workspaceId, isOperator, isList, nowMs: clock.now() })
    if (!prepared.ok) return respondError(context, prepared.error)
    const { queue } = path.value
    const added = await queues.add(queue, prepared.value)
    if (!added.ok) return respondQueueFailure(context, added.error, 'write')
    const reused = await reusedIds(queues, queue, prepared.value, added.value)
    if (!reused.ok) return respondQueueFailure(context, reused.error, 'write')
    if (reused.value.length > 0) {
      const details = reused.value.map((at) => fault(at, isList, 'jobId', 'belongs to another job'))
      return respondError(context, { code: 'job_id_reused', details })
    }
    return respondQueues(context, added, 'write', (jobs) => ({ queue, jobs }), 201)
  }
}

interface Adding {
  readonly workspaceId: WorkspaceId
  readonly isOperator: boolean
  readonly isList: boolean
  readonly nowMs: number
}

/** The jobs as the queues take them, or the faults that depend on the caller and on the time. */
function preparedJobs(
  taken: readonly JobTaken[],
  { workspaceId, isOperator, isList, nowMs }: Adding,
): Result<NewJob[], WireError> {
  const faults: Fault[] = []
  const jobs = taken.map(({ data, runAt, ...job }, at): NewJob => {
    const delayMs = runAt === undefined ? job.delayMs : Math.max(0, Math.ceil(Date.parse(runAt) - nowMs))
    if (delayMs !== undefined && delayMs > limits.jobDelayMaxMs) {
      faults.push(fault(at, isList, 'runAt', `must be at most ${limits.jobDelayMaxMs / dayMs} days from now`))
    }
    for (const name of ['removeOnComplete', 'removeOnFail'] as const) {
      if (typeof job[name] === 'number' && !isOperator) {
        faults.push(fault(at, isList, name, 'must be true or false, unless an operator sets it'))
      }
    }
    return {
      name: job.name ?? 'job',
      workspaceId,
      input: data,
      ...(job.jobId === undefined ? {} : { jobId: job.jobId }),
      ...(job.priority === undefined ? {} : { priority: job.priority }),
      ...(delayMs === undefined ? {} : { delayMs }),
      ...(job.attempts === undefined ? {} : { attempts: job.attempts }),
      ...keepingOf('removeOnComplete', job.removeOnComplete),
      ...keepingOf('removeOnFail', job.removeOnFail),
    }
  })
  return faults.length === 0 ? ok(jobs) : err({ code: 'invalid_body', details: faults })
}

/** False is what the queue does anyway: the queues would take it for a job that is never removed. */
function keepingOf(name: 'removeOnComplete' | 'removeOnFail', keeping: boolean | number | undefined) {
  return keeping === undefined || keeping === false ? {} : { [name]: keeping === 0 ? true : keeping }
}

function fault(at: number, isList: boolean, name: string, message: string): Fault {
  return { parameter: isList ? `jobs.${at}.${name}` : name, message }
}

/** How many jobs are looked at, one after another, in a go. */
const comparedAtOnce = 10

/**
 * The positions of jobs whose id belongs to a job with another name or other data. Such a job was not added, and its caller must not
 * believe that it was. One that has been removed in the meantime has run.
 */
async function reusedIds(
  queues: JobQueues,
  queue: QueueName,
  asked: readonly NewJob[],
  added: readonly AddedJob[],
): Promise<Result<number[], QueueFailure>> {
  const known = added.flatMap(({ id, isNew }, at) => (isNew ? [] : [{ id, at }]))
  const reused: number[] = []
  for (let from = 0; from < known.length; from += comparedAtOnce) {
    const some = known.slice(from, from + comparedAtOnce)
    const found = await Promise.all(some.map(({ id }) => queues.get(queue, id, null)))
    for (const [index, job] of found.entries()) {
      const at = some[index]?.at ?? 0
      if (!job.ok && job.error.kind !== 'job_not_found') return job
      if (job.ok && !isSameJob(job.value, asked[at])) reused.push(at)
    }
  }
  return ok(reused)
}

/** Compares what was sent with what is stored, which knows no order of members and no negative zero. */
function isSameJob(stored: Pick<Job, 'name' | 'input'>, asked: NewJob | undefined): boolean {
  const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
  return stored.name === asked?.name && isDeepStrictEqual(plain(stored.input), plain(asked.input))
}

/** GET …/jobs */
function listJobsRoute(queues: JobQueues): JobsHandler {
  return async (context) => {
    const path = parsePath(context, queuePath)
    if (!path.ok) return respondError(context, path.error)
    const query = parseQuery(context, jobListQuerySchema)
    if (!query.ok) return respondError(context, query.error)
    const { state, cursor = null, per_page: rowsMax = limits.jobsPerPageDefault } = query.value
    const scope = context.var.jobsScope
    const page = await queues.list(path.value.queue, { state, scope, cursor, rowsMax })
    return respondQueues(context, page, 'read', ({ jobs, nextCursor }) => ({
      jobs: jobs.map(jobShown),
      pagination: { next_cursor: nextCursor },
    }))
  }
}

type AboutJob<Value> = (
  queue: QueueName,
  id: string,
  scope: WorkspaceId | null,
) => Promise<Result<Value, QueueFailure>>

/** A route about one job. */
function aboutJob<Value>(
  effect: 'read' | 'write',
  perform: AboutJob<Value>,
  shown: (value: Value) => unknown,
): JobsHandler {
  return async (context) => {
    const path = parsePath(context, jobPath)
    if (!path.ok) return respondError(context, path.error)
    const { queue, id } = path.value
    const scope = context.var.jobsScope
    return respondQueues(context, await perform(queue, fullIdOf(id, scope), scope), effect, shown)
  }
}

/** The id of the job that a caller names: as answers show it, or as its workspace chose it. */
function fullIdOf(id: string, scope: WorkspaceId | null): string {
  const isChosen = scope !== null && /^[A-Za-z0-9_.-]+$/.test(id)
  return isChosen ? jobIdOf(scope, id) : id
}

function jobShown(job: Job): JobShown {
  return {
    id: job.id,
    queue: job.queue,
    name: job.name,
    workspaceId: job.workspaceId,
    state: job.state,
    priority: job.priority,
    attemptsMade: job.attempts.made,
    attemptsMax: job.attempts.max,
    progress: Math.min(Math.max(job.progress, 0), 1),
    createdAt: instantOf(job.addedAtMs),
    runAt: job.dueAtMs === null ? null : instantOf(job.dueAtMs),
    startedAt: job.startedAtMs === null ? null : instantOf(job.startedAtMs),
    finishedAt: job.finishedAtMs === null ? null : instantOf(job.finishedAtMs),
    failedReason: job.failedReason === null ? null : reasonShown(job.failedReason),
    dataBytes: jobDataBytes(job.input),
  }
}

function instantOf(atMs: number): string {
  return new Date(atMs).toISOString()
}
