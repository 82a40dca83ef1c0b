import { Hono } from 'hono'
import { type QueueName, queueNameSchema, queueNames } from '../../shared/contract/queue-names.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { ok } from '../../shared/result.ts'
import type { QueueBackend } from '../queues/backend.ts'
import type { CleanRequest, JobQueues, QueueFailure } from '../queues/job-queues.ts'

type Changed = Result<unknown, QueueFailure>

/** How many jobs one click lets run again, or removes, at most. */
const changedMax = 10_000
const changedAtOnce = 10

/** Bull Board's names of the states. It tells jobs that wait for their priority's turn from others. */
const statesShown: Readonly<Record<string, CleanRequest['state']>> = {
  wait: 'waiting',
  waiting: 'waiting',
  prioritized: 'waiting',
  delayed: 'delayed',
  completed: 'completed',
  failed: 'failed',
}

/**
 * The changes that the board may make: pause, resume, retry, promote and clean. They go through the queues' own interface, which keeps
 * the marks of effects right; Bull Board's handlers do not know them. Everything else that Bull Board offers is refused: a job that is
 * added or edited there would miss the checks of the API, and what the board shows of data is only their outline.
 */
export function createBoardChanges({
  queues,
  boardQueues,
}: Pick<QueueBackend, 'queues' | 'boardQueues'>): Hono {
  const app = new Hono()

  /** A job that has ended is only a record, which BullMQ itself may remove. */
  async function removeJob(queue: QueueName, id: string): Promise<Changed> {
    const cancelled = await queues.cancel(queue, id, null)
    if (cancelled.ok || cancelled.error.kind !== 'wrong_state') return cancelled
    try {
      const job = await boardQueues()
        .find(({ name }) => name === queue)
        ?.getJob(id)
      await job?.remove()
      return ok(null)
    } catch {
      return cancelled
    }
  }

  const change = (path: string, perform: (parameters: Record<string, string>) => Promise<Changed>) =>
    app.put(path, async (context) => {
      const changed = await perform(context.req.param() as Record<string, string>)
      if (changed.ok) return context.body(null, 204)
      const { kind } = changed.error
      return context.json({ error: sentences[kind] }, statuses[kind])
    })
  const ofQueue =
    (perform: (queue: QueueName, parameters: Record<string, string>) => Promise<Changed>) =>
    async (parameters: Record<string, string>): Promise<Changed> => {
      const queue = queueNameSchema.safeParse(parameters['queue'])
      return queue.success ? perform(queue.data, parameters) : { ok: false, error: { kind: 'job_not_found' } }
    }
  const ofJob = (perform: 'retry' | 'promote') =>
    ofQueue((queue, { id = '' }) => queues[perform](queue, id, null))

  change('/api/queues/pause', () => forAll((queue) => queues.pause(queue)))
  change('/api/queues/resume', () => forAll((queue) => queues.resume(queue)))
  change(
    '/api/queues/:queue/pause',
    ofQueue((queue) => queues.pause(queue)),
  )
  change(
    '/api/queues/:queue/resume',
    ofQueue((queue) => queues.resume(queue)),
  )
  change(
    '/api/queues/:queue/retry/failed',
    ofQueue((queue) => retryAll(queues, queue)),
  )
  change(
    '/api/queues/:queue/clean/:state',
    ofQueue((queue, { state = '' }) => cleanAll(queues, queue, state)),
  )
  change('/api/queues/:queue/:id/retry', ofJob('retry'))
  change('/api/queues/:queue/:id/promote', ofJob('promote'))
  change(
    '/api/queues/:queue/:id/clean',
    ofQueue((queue, { id = '' }) => removeJob(queue, id)),
  )
  app.all('*', (context) => context.json({ error: 'The board cannot do this. Use the API.' }, 403))
  return app
}

const statuses = {
  not_configured: 503,
  unavailable: 503,
  timeout: 504,
  job_not_found: 404,
  wrong_state: 409,
  invalid_cursor: 409,
} as const satisfies Readonly<Record<QueueFailure['kind'], number>>

const sentences: Readonly<Record<QueueFailure['kind'], string>> = {
  not_configured: 'There are no queues.',
  unavailable: 'The queues do not answer.',
  timeout: 'The queues did not answer in time.',
  job_not_found: 'There is no such job.',
  wrong_state: 'The job is not in a state that allows this.',
  invalid_cursor: 'The jobs have changed. Try again.',
}

async function forAll(perform: (queue: QueueName) => Promise<Changed>): Promise<Changed> {
  const all = await Promise.all(queueNames.map(perform))
  return all.find((changed) => !changed.ok) ?? ok(null)
}

/** Lets the failed jobs of a queue run again. One that has changed its state in the meantime is left alone. */
async function retryAll(queues: JobQueues, queue: QueueName): Promise<Changed> {
  const seen = new Set<string>()
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<JobQueues['list']>> = await queues.list(queue, {
      ...{ state: 'failed', scope: null, cursor, rowsMax: limits.jobsPerPageMax },
    })
    if (!page.ok) return page
    const ids = page.value.jobs.map(({ id }) => id).filter((id) => !seen.has(id))
    for (let from = 0; from < ids.length; from += changedAtOnce) {
      const some = ids.slice(from, from + changedAtOnce)
      const retried = await Promise.all(some.map((id) => queues.retry(queue, id, null)))
      const failed = retried.find((each) => !each.ok && !isLeftAlone(each.error))
      if (failed !== undefined) return failed
    }
    for (const id of ids) seen.add(id)
    cursor = page.value.nextCursor
  } while (cursor !== null && seen.size < changedMax)
  return ok(null)
}

function isLeftAlone({ kind }: QueueFailure): boolean {
  return kind === 'job_not_found' || kind === 'wrong_state'
}

/** Removes the jobs in a state, in steps that each are short. */
async function cleanAll(queues: JobQueues, queue: QueueName, shown: string): Promise<Changed> {
  const state = statesShown[shown]
  if (state === undefined) return { ok: false, error: { kind: 'wrong_state', state: 'active' } }
  for (let removed = 0; removed < changedMax; ) {
    const cleaned = await queues.clean(queue, { state, olderThanMs: 0, jobsMax: limits.jobsCleanedMax })
    if (!cleaned.ok || cleaned.value < limits.jobsCleanedMax) return cleaned
    removed += cleaned.value
  }
  return ok(null)
}
