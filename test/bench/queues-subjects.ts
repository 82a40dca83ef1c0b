import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import pino from 'pino'
import postgres from 'postgres'
import { fillDatabase } from '../../origin/local/database-content.ts'
import { takePort } from '../../origin/local/ports.ts'
import { createPostgresPiece } from '../../origin/local/postgres.ts'
import { isRedisServerInstalled } from '../../origin/local/redis.ts'
import { createBackend } from '../../origin/queues/bullmq/backend.ts'
import { byQueue } from '../../origin/queues/by-queue.ts'
import type { RunningJob } from '../../origin/queues/handler.ts'
import type { JobQueues, NewJob } from '../../origin/queues/job-queues.ts'
import { startQueueProcess } from '../../origin/queues/queue-process.ts'
import { queues as declarations } from '../../origin/queues/queues.ts'
import { systemClock } from '../../shared/clock.ts'
import type { QueueName } from '../../shared/contract/queue-names.ts'
import { queueNames } from '../../shared/contract/queue-names.ts'
import { workspaceIdSchema } from '../../shared/ids.ts'
import { ok } from '../../shared/result.ts'
import { makeDataDirectory } from '../support/run-folder.ts'

/** The measured subject: a place that takes jobs, and processes that run them. */
export interface Subject {
  readonly name: string
  /** An `urgent` job goes before others. Ours is added with a row, in its transaction. */
  addOne(name?: 'usual' | 'urgent'): Promise<unknown>
  addMany(count: number): Promise<unknown>
  /** Serves `flows` with so many places, and every other queue too if `servesAll`. `onStart` is each run. */
  serve(options: ServeOptions): Promise<() => Promise<void>>
  /** Transactions or commands so far. */
  calls(): Promise<number>
  countWaiting(): Promise<number>
  clear(): Promise<void>
  stop(): Promise<void>
}

interface ServeOptions {
  readonly concurrency: number
  readonly hasEffect?: boolean
  readonly servesAll?: boolean
  onStart(name: string): Promise<void>
}

const measured: QueueName = 'flows'
const workspaceId = workspaceIdSchema.parse('15213')
const priorities = { usual: 5, urgent: 1 } as const
const newJob: NewJob = { name: 'usual', workspaceId, input: { step: 1 }, priority: priorities.usual }

export interface PostgresSubject extends Subject {
  readonly queues: JobQueues
  readonly sql: postgres.Sql
}

/** Boardcache's queues on a Postgres that waits for its disk. */
export async function startPostgresSubject(): Promise<PostgresSubject> {
  const folder = await makeDataDirectory()
  const server = createPostgresPiece(folder, await takePort(0))
  await server.start()
  await fillDatabase(server.url, { contacts: 10, seed: 1, isExternal: false, onProgress: () => undefined })
  const sql = postgres(server.url, { max: 16, onnotice: () => {} })
  await sql`create table public.effects (job_id text not null)`
  await sql`create table public.rows_with_jobs (job_id text)`
  const logger = pino({ level: 'silent' })
  const shared = { databaseUrl: server.url, clock: systemClock, random: Math.random, logger }
  const backend = createBackend(shared)
  const serve: Subject['serve'] = async ({ concurrency, hasEffect = false, servesAll = false, onStart }) => {
    const process = startQueueProcess({
      ...shared,
      backend,
      declarations: { ...declarations, [measured]: { ...declarations[measured], concurrency } },
      schedules: [],
      makeHandlers: () => ({
        ...(servesAll ? byQueue(() => async () => ok(null)) : {}),
        [measured]: async (job: RunningJob) => {
          await onStart(job.name)
          if (hasEffect) {
            await job.once((database) => database.query('insert into public.effects values ($1)', [job.id]))
          }
          return ok(null)
        },
      }),
    })
    await process.ready
    return async () => {
      await process.stop()
    }
  }
  await (await serve({ concurrency: 1, onStart: async () => undefined }))()
  return {
    name: 'Boardcache on Postgres',
    queues: backend.queues,
    sql,
    serve,
    addOne: (name = 'usual') => sql`
      insert into public.rows_with_jobs (job_id)
      values (private.add_job(${measured}, ${name}, ${workspaceId}, '{"step": 1}', null, ${priorities[name]}))`,
    addMany: (count) =>
      backend.queues.add(
        measured,
        Array.from({ length: count }, () => newJob),
      ),
    async calls() {
      const [row] = await sql`
        select d.xact_commit + d.xact_rollback as calls from pg_stat_database d where d.datname = current_database()`
      return Number(row?.['calls'])
    },
    async countWaiting() {
      const counts = await backend.queues.counts()
      return counts.ok ? counts.value.queues[measured].waiting : Number.NaN
    },
    async clear() {
      await sql`truncate bullmq.job, bullmq.event cascade`
      await sql`truncate private.job_marks, private.job_starts, public.effects, public.rows_with_jobs`
    },
    async stop() {
      await backend.close()
      await sql.end()
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** BullMQ as it comes, on a redis-server that appends to a file; null where there is none. */
export async function startRedisSubject(): Promise<Subject | null> {
  if (!isRedisServerInstalled()) return null
  const folder = await makeDataDirectory()
  const port = await takePort(0)
  const server = spawn(
    'redis-server',
    ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--appendonly', 'yes', '--save', ''],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  )
  for await (const line of server.stdout) if (String(line).includes('Ready to accept')) break
  server.stdout.resume()
  const connection = { host: '127.0.0.1', port }
  const queue = new Queue(measured, { connection })
  queue.on('error', () => undefined)
  const asker = new Redis(connection)
  const add = (count: number) =>
    Array.from({ length: count }, () => ({ name: 'usual', data: { step: 1 }, opts: { priority: 5 } }))
  return {
    name: 'BullMQ on redis-server',
    addOne: (name = 'usual') => queue.add(name, { step: 1 }, { priority: priorities[name] }),
    addMany: (count) => queue.addBulk(add(count)),
    async serve({ concurrency, servesAll = false, onStart }) {
      const names = servesAll ? queueNames : [measured]
      const workers = names.map(
        (name) =>
          new Worker(name, (job) => onStart(job.name), {
            connection,
            concurrency: name === measured ? concurrency : 1,
            removeOnComplete: { count: 100 },
          }),
      )
      for (const worker of workers) worker.on('error', () => undefined)
      await Promise.all(workers.map((worker) => worker.waitUntilReady()))
      return async () => {
        await Promise.all(workers.map((worker) => worker.close()))
      }
    },
    async calls() {
      const info = await asker.info('stats')
      return Number(/total_commands_processed:(\d+)/.exec(info)?.[1])
    },
    countWaiting: async () => (await queue.getJobCounts())['prioritized'] ?? Number.NaN,
    clear: () => queue.obliterate({ force: true }),
    async stop() {
      await queue.close()
      asker.disconnect()
      const ended = once(server, 'exit')
      server.kill('SIGTERM')
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}
