import pino from 'pino'
import postgres from 'postgres'
import type { QueueBackend } from '../../origin/queues/backend.ts'
import { createBackend } from '../../origin/queues/bullmq/backend.ts'
import { byQueue } from '../../origin/queues/by-queue.ts'
import type { Handlers } from '../../origin/queues/handlers/index.ts'
import type { JobQueues, NewJob } from '../../origin/queues/job-queues.ts'
import type { QueueDatabase } from '../../origin/queues/queue-database.ts'
import { type QueueProcess, startQueueProcess } from '../../origin/queues/queue-process.ts'
import {
  queues as declarationsOfProject,
  type QueueDeclaration,
  type Schedule,
} from '../../origin/queues/queues.ts'
import { systemClock } from '../../shared/clock.ts'
import type { QueueName } from '../../shared/contract/queue-names.ts'
import { workspaceIdSchema } from '../../shared/ids.ts'
import { type Database, startDatabase } from '../database/database.ts'

/** Queues on a real Postgres. */
export interface QueueRoom {
  readonly queues: JobQueues
  /** The queues as Bull Board has them. */
  readonly boardQueues: QueueBackend['boardQueues']
  readonly sql: postgres.Sql
  /** The address for further connections of the owner. */
  readonly url: string
  /** The database as handlers read it. */
  readonly database: QueueDatabase
  /** Starts a process that runs jobs, as `node origin/queues/main.ts` does; within this process. */
  serve(handlers: Handlers, options?: ServeOptions): Promise<QueueProcess>
  /** Removes every job, mark and process, after ending what was served. */
  clear(): Promise<void>
  stop(): Promise<void>
}

interface ServeOptions {
  readonly declared?: Readonly<Partial<Record<QueueName, Partial<QueueDeclaration>>>>
  readonly schedules?: readonly Schedule[]
  readonly drainMs?: number
}

export const workspace = workspaceIdSchema.parse('15213')
export const otherWorkspace = workspaceIdSchema.parse('15214')

/** Looks for jobs of dead processes often, so that no test waits for it. */
const times = { lockMs: 2_000, stalledLookEveryMs: 100 }

/** On the reference data, or on another migrated database. */
export async function startQueueRoom(given?: Pick<Database, 'url' | 'stop'>): Promise<QueueRoom> {
  const database = given ?? (await startDatabase(100))
  const sql = postgres(database.url, { max: 4, onnotice: () => {} })
  const clock = systemClock
  const shared = { databaseUrl: database.url, clock, random: () => 0.5, logger: pino({ level: 'silent' }) }
  const backend = createBackend(shared)
  const running = new Set<QueueProcess>()
  const serve: QueueRoom['serve'] = async (
    handlers,
    { declared = {}, schedules = [], drainMs = 5_000 } = {},
  ) => {
    const declarations = byQueue((name) => ({ ...declarationsOfProject[name], ...declared[name] }))
    const served = startQueueProcess({
      ...shared,
      backend,
      declarations,
      schedules,
      makeHandlers: () => handlers,
      times,
      drainMs,
    })
    running.add(served)
    await served.ready
    return served
  }
  const stopAll = async () => {
    await Promise.all([...running].map((served) => served.stop()))
    running.clear()
  }
  // Makes BullMQ's schema.
  await (await serve({})).stop()
  running.clear()
  return {
    queues: backend.queues,
    boardQueues: backend.boardQueues,
    database: backend.database,
    sql,
    url: database.url,
    serve,
    async clear() {
      await stopAll()
      await sql`truncate bullmq.job, bullmq.event, bullmq.meta, bullmq.scheduler cascade`
      await sql`truncate private.job_marks, private.job_starts, private.job_turns, private.job_processes`
      await sql`truncate private.job_periods, private.job_failures`
    },
    async stop() {
      await stopAll()
      await backend.close()
      await sql.end()
      await database.stop()
    },
  }
}

export function jobs(count: number, job: Partial<NewJob> = {}): NewJob[] {
  return Array.from({ length: count }, (_, index) => ({
    name: 'work',
    workspaceId: workspace,
    input: { index },
    ...job,
  }))
}
