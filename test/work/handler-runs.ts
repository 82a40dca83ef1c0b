import pg from 'pg'
import type { JobHandler, RunningJob } from '../../origin/queues/handler.ts'
import type { QueueDatabase } from '../../origin/queues/queue-database.ts'
import type { QueueName } from '../../shared/contract/queue-names.ts'
import type { WorkspaceId } from '../../shared/ids.ts'

/** A job of a test, whose handler runs on a real database with its marks, and without the queue's backend. */
export interface TestJob {
  readonly queue: QueueName
  readonly id: string
  readonly workspaceId: WorkspaceId
  readonly data: unknown
  readonly name?: string
  readonly dueAtMs?: number
  readonly attempt?: number
  readonly signal?: AbortSignal
}

export interface HandlerRuns {
  readonly database: QueueDatabase
  /** The job as its next run gets it. */
  next(job: TestJob): RunningJob
  run(handler: JobHandler, job: TestJob): ReturnType<JobHandler>
  /** Notes that all runs so far are given up. */
  giveUp(job: Pick<TestJob, 'queue' | 'id'>): Promise<void>
  stop(): Promise<void>
}

export function createHandlerRuns(url: string): HandlerRuns {
  const pool = new pg.Pool({ connectionString: url, max: 4 })
  // Ending the pool does not wait for its sockets, and the server may end them first.
  pool.on('connect', (client) => client.on('error', () => undefined))
  const runs = new Map<string, number>()
  const database: QueueDatabase = {
    query: async (text, values) => (await pool.query(text, values === undefined ? [] : [...values])).rows,
  }

  const once =
    ({ queue, id }: TestJob, run: number): RunningJob['once'] =>
    async (effect) => {
      const client = await pool.connect()
      try {
        await client.query('begin')
        const marked = await client.query(
          `insert into private.job_marks as known (queue, job_id, done_at) values ($1, $2, clock_timestamp())
           on conflict (queue, job_id) do update set done_at = excluded.done_at
           where known.done_at is null and known.runs_given_up < $3`,
          [queue, id, run],
        )
        if (marked.rowCount === 0) {
          const known = await client.query(
            'select from private.job_marks where queue = $1 and job_id = $2 and done_at is not null',
            [queue, id],
          )
          await client.query('rollback')
          return { status: known.rowCount === 0 ? 'given_up' : 'known' }
        }
        const value = await effect(client)
        await client.query('commit')
        return { status: 'done', value }
      } catch (error) {
        await client.query('rollback')
        throw error
      } finally {
        client.release()
      }
    }

  const next = (job: TestJob): RunningJob => {
    const key = JSON.stringify([job.queue, job.id])
    const run = (runs.get(key) ?? 0) + 1
    runs.set(key, run)
    return {
      ...{ name: job.queue, dueAtMs: 0, attempt: 1, attemptsMax: 2, signal: new AbortController().signal },
      ...job,
      run,
      progress: async () => undefined,
      once: once(job, run),
    }
  }

  return {
    database,
    next,
    run: (handler, job) => handler(next(job)),
    async giveUp({ queue, id }) {
      const given = runs.get(JSON.stringify([queue, id])) ?? 0
      await database.query(
        `insert into private.job_marks (queue, job_id, runs_given_up) values ($1, $2, $3)
         on conflict (queue, job_id) do update set runs_given_up = excluded.runs_given_up`,
        [queue, id, given],
      )
    },
    stop: () => pool.end(),
  }
}
