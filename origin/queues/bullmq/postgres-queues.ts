import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { fromOpaqueText, toOpaqueText } from '../../../shared/contract/cursor.ts'
import { type QueueName, queueNameSchema } from '../../../shared/contract/queue-names.ts'
import { limits } from '../../../shared/limits.ts'
import type { Result } from '../../../shared/result.ts'
import { err, ok } from '../../../shared/result.ts'
import type {
  AddedJob,
  Cancelled,
  CleanRequest,
  Job,
  JobPage,
  JobQueues,
  KeepFinished,
  ListQuestion,
  NewJob,
  QueueFailure,
} from '../job-queues.ts'
import { jobIdOf } from '../job-queues.ts'
import type { QueueCall } from '../queue-calls.ts'
import { queues } from '../queues.ts'
import { cancelledReason } from '../run-job.ts'
import { jobColumns, jobDataOf, jobOf, jobRowSchema, workspaceOfJob } from './job-rows.ts'

type Scope = Parameters<JobQueues['get']>[2]

/** Rows as the functions of BullMQ and of the migrations answer them. */
const addedSchema = z.array(z.object({ id: z.string(), isNew: z.boolean() }))
const outcomeSchema = z.object({ outcome: z.int() })
const stateSchema = z.object({ state: z.enum(['waiting', 'active', 'completed', 'failed', 'delayed']) })
const cancelledSchema = z.object({ removed: z.boolean(), stopping: z.boolean() })
const removedSchema = z.object({ removed: z.coerce.number() })

/** The end of a page: the queue and the state that it is about, and the number of its last job. It means nothing to any other list. */
const cursorSchema = z.strictObject({
  queue: queueNameSchema,
  state: stateSchema.shape.state,
  before: z.string().regex(/^-?\d{1,18}$/),
})

/** The channel on which processes hear that a job that runs was cancelled. The payload is the queue, the number of the run and the job's id. */
export const cancelChannel = 'boardcache_cancelled_jobs'

/** The port's calls about jobs, on BullMQ's tables and functions. */
export function createPostgresQueues(call: QueueCall): Omit<JobQueues, 'counts' | 'statistics'> {
  const get = async (queue: QueueName, id: string, scope: Scope): Promise<Result<Job, QueueFailure>> => {
    const rows = await call(
      `select ${jobColumns} from bullmq.job j where j.queue = $1 and j.id = $2 and ($3::text is null or ${workspaceOfJob} = $3)`,
      [queue, id, scope],
    )
    if (!rows.ok) return rows
    const [row] = rows.value
    const job = row === undefined ? null : jobOf(queue, jobRowSchema.parse(row))
    return job === null ? err({ kind: 'job_not_found' }) : ok(job)
  }

  /** Calls a function of BullMQ on a job in the scope. Its outcome is negative if the job is in another state than the function takes. */
  const change = async (expression: string, queue: QueueName, id: string, scope: Scope) => {
    const rows = await call(
      `select ${expression} as outcome from bullmq.job j
       where j.queue = $1 and j.id = $2 and ($3::text is null or ${workspaceOfJob} = $3)`,
      [queue, id, scope],
    )
    if (!rows.ok) return rows
    const job = await get(queue, id, scope)
    const [row] = rows.value
    if (!job.ok || row === undefined) return job.ok ? err({ kind: 'job_not_found' } as const) : job
    return outcomeSchema.parse(row).outcome < 0
      ? err({ kind: 'wrong_state', state: job.value.state } as const)
      : job
  }

  const command = async (text: string, values: readonly unknown[]): Promise<Result<null, QueueFailure>> => {
    const rows = await call(text, values)
    return rows.ok ? ok(null) : rows
  }

  return {
    get,
    add: (queue, jobs) => add(call, queue, jobs),
    list: (queue, question) => list(call, queue, question),
    retry: (queue, id, scope) =>
      change(`bullmq.reprocess_job(j.queue, j.id, 'failed', false, true, false)`, queue, id, scope),
    promote: (queue, id, scope) => change('bullmq.promote(j.queue, j.id)', queue, id, scope),
    cancel: (queue, id, scope) => cancel(call, queue, id, scope),
    pause: (queue) => command('select bullmq.pause($1, true)', [queue]),
    resume: (queue) => command('select bullmq.pause($1, false)', [queue]),
    clean: (queue, request) => clean(call, queue, request),
  }
}

async function add(
  call: QueueCall,
  queue: QueueName,
  jobs: readonly NewJob[],
): Promise<Result<readonly AddedJob[], QueueFailure>> {
  if (jobs.length > limits.jobsPerCallMax)
    throw new Error(`add: ${jobs.length} jobs are too many for one call`)
  if (jobs.length === 0) return ok([])
  const entries = jobs.map((job) => entryOf(queue, job))
  const rows = await call('select private.add_jobs($1, $2) as added', [queue, JSON.stringify(entries)])
  if (!rows.ok) return rows
  const added = addedSchema.parse(rows.value[0]?.['added'])
  // An id that the call itself names twice is added once.
  const seen = new Set<string>()
  return ok(
    added.map(({ id, isNew }) => {
      const isFirst = !seen.has(id)
      seen.add(id)
      return { id, isNew: isNew && isFirst }
    }),
  )
}

function entryOf(queue: QueueName, job: NewJob) {
  const declared = queues[queue]
  const attempts = job.attempts ?? declared.attempts
  const priority = job.priority ?? declared.priority
  const delay = Math.max(0, Math.round(job.delayMs ?? 0))
  const opts = {
    attempts,
    priority,
    delay,
    // The pauses are the declaration's when the run fails.
    backoff: { type: 'declared' },
    ...(job.removeOnComplete === undefined
      ? {}
      : { removeOnComplete: keptOf(job.removeOnComplete, declared.kept.completed) }),
    ...(job.removeOnFail === undefined
      ? {}
      : { removeOnFail: keptOf(job.removeOnFail, declared.kept.failed) }),
  }
  const id = jobIdOf(job.workspaceId, job.jobId ?? randomUUID())
  return {
    id,
    name: job.name,
    data: jobDataOf(job.workspaceId, job.input),
    opts,
    priority,
    delay,
    attempts,
  }
}

/**
 * BullMQ trims the whole queue to the number that a finishing job asks for. A job may keep more than the queue declares, within the bound
 * of "never by itself", and not fewer: those are other workspaces' jobs.
 */
function keptOf(keep: KeepFinished, declared: number) {
  if (keep === true) return true
  const count = keep === false ? limits.jobsKeptMax : Math.min(keep, limits.jobsKeptMax)
  return { count: Math.max(count, declared) }
}

async function list(
  call: QueueCall,
  queue: QueueName,
  { state, scope, cursor, rowsMax }: ListQuestion,
): Promise<Result<JobPage, QueueFailure>> {
  const place = cursor === null ? null : fromOpaqueText(cursorSchema, cursor)
  if (place !== null && (!place.ok || place.value.queue !== queue || place.value.state !== state))
    return err({ kind: 'invalid_cursor' })
  const ofWorkspace = scope === null ? '' : `and ${workspaceOfJob} = $5`
  const rows = await call(
    `select ${jobColumns} from bullmq.job j
     where j.queue = $1 and j.state = $2::bullmq.job_state and ($3::bigint is null or j.seq < $3::bigint) ${ofWorkspace}
     order by j.seq desc limit $4`,
    [queue, state, place?.value.before ?? null, rowsMax + 1, ...(scope === null ? [] : [scope])],
  )
  if (!rows.ok) return rows
  const found = z.array(jobRowSchema).parse(rows.value)
  const shown = found.slice(0, rowsMax)
  const last = found.length > rowsMax ? shown.at(-1) : undefined
  return ok({
    jobs: shown.map((row) => jobOf(queue, row)).filter((job) => job !== null),
    nextCursor: last === undefined ? null : toOpaqueText({ queue, state, before: last.seq }),
  })
}

/**
 * A job that has not begun is removed, and the export or import that waits for it hears so. Of one that runs, the run is given up in its
 * mark, so that its effect is refused; BullMQ is told to fail the job at its next run should this one be interrupted; and the process that
 * runs it hears of it.
 */
async function cancel(
  call: QueueCall,
  queue: QueueName,
  id: string,
  scope: Scope,
): Promise<Result<Cancelled, QueueFailure>> {
  const rows = await call(
    `with found as (
       select j.queue, j.id, j.state, j.scheduler_id, j.attempts_started from bullmq.job j
       where j.queue = $1 and j.id = $2 and ($3::text is null or ${workspaceOfJob} = $3)
       for update
     ), removed as (
       delete from bullmq.job j using found f
       where j.queue = f.queue and j.id = f.id and f.state in ('waiting', 'delayed') and f.scheduler_id is null
       returning j.queue, j.data
     ), stopping as (
       update bullmq.job j set deferred_failure = $4 from found f
       where j.queue = f.queue and j.id = f.id and f.state = 'active'
       returning j.queue, j.id, f.attempts_started
     ), given_up as (
       insert into private.job_marks as known (queue, job_id, runs_given_up)
       select s.queue, s.id, s.attempts_started from stopping s
       on conflict (queue, job_id) do update set runs_given_up = greatest(known.runs_given_up, excluded.runs_given_up)
       where known.done_at is null
     )
     select f.state::text as state, exists (select from removed) as removed, exists (select from stopping) as stopping,
       (select pg_notify($5, s.queue || ' ' || s.attempts_started || ' ' || s.id) from stopping s),
       (select private.job_withdrawn(r.queue, r.data) from removed r)
     from found f`,
    [queue, id, scope, cancelledReason, cancelChannel],
  )
  if (!rows.ok) return rows
  const [row] = rows.value
  if (row === undefined) return err({ kind: 'job_not_found' })
  const { removed, stopping } = cancelledSchema.parse(row)
  if (removed) return ok({ id, outcome: 'removed' })
  if (stopping) return ok({ id, outcome: 'stopping' })
  return err({ kind: 'wrong_state', state: stateSchema.parse(row).state })
}

async function clean(
  call: QueueCall,
  queue: QueueName,
  { state, olderThanMs, jobsMax }: CleanRequest,
): Promise<Result<number, QueueFailure>> {
  // BullMQ's word for waiting jobs that have a priority, as all of ours do.
  const type = state === 'waiting' ? 'prioritized' : state
  // The jobs are read as they were when the statement began, before the function removed them.
  const rows = await call(
    `select count(*) as removed, count(private.job_withdrawn(j.queue, j.data)) filter (where j.id is not null) as told
     from bullmq.clean($1, $2, (extract(epoch from clock_timestamp()) * 1000)::bigint - $3::bigint, $4) cleaned (id)
     left join bullmq.job j on j.queue = $1 and j.id = cleaned.id and j.state in ('waiting', 'delayed')
       and j.queue in ('exports', 'imports')`,
    [queue, type, Math.max(0, Math.round(olderThanMs)), Math.max(1, jobsMax)],
  )
  return rows.ok ? ok(removedSchema.parse(rows.value[0]).removed) : rows
}
