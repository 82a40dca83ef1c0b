import { type PostgresPoolConfig, Queue, setDefaultBackendFactory } from 'bullmq'
import pg from 'pg'
import type { Logger } from 'pino'
import type { Clock } from '../../../shared/clock.ts'
import { queueNames } from '../../../shared/contract/queue-names.ts'
import { limits } from '../../../shared/limits.ts'
import type { QueueBackend } from '../backend.ts'
import { createQueueCalls } from '../queue-calls.ts'
import { createQueueDatabase } from '../queue-database.ts'
import { readStatistics } from '../statistics.ts'
import { readCounts } from './counts.ts'
import { createPostgresQueues } from './postgres-queues.ts'
import { SharedBackend } from './shared-backend.ts'
import { SharedConnection } from './shared-connection.ts'

export interface BackendOptions {
  /** A direct connection or one of a session pooler: a transaction pooler drops the news of jobs. */
  readonly databaseUrl: string
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
}

/** A connection that BullMQ's statements run on. Losing the last of its commits in a crash makes a job run again, which its mark allows. */
export function workerDatabase(databaseUrl: string): PostgresPoolConfig {
  return {
    connectionString: databaseUrl,
    max: limits.bookkeepingConnectionsMax,
    application_name: 'boardcache-queues',
    keepAlive: true,
    connectionTimeoutMillis: limits.queueDeadlineMs,
    options: '-c synchronous_commit=off',
  }
}

export function createPool(
  { databaseUrl, logger }: Pick<BackendOptions, 'databaseUrl' | 'logger'>,
  connectionsMax: number,
): pg.Pool {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: connectionsMax,
    application_name: 'boardcache-queues',
    keepAlive: true,
    connectionTimeoutMillis: limits.queueDeadlineMs,
  })
  // A connection that breaks is replaced, and whatever runs on it rejects. Without listeners, for idle connections and for those in use,
  // its error would end the process.
  pool.on('error', (error) => logger.warn({ fault: error.name }, 'a connection of the queues broke'))
  pool.on('connect', (client) => {
    client.on('error', () => undefined)
  })
  return pool
}

/** The one place where queues are made. It connects when it is first asked something. */
export function createBackend(options: BackendOptions): QueueBackend & { readonly pool: pg.Pool } {
  const { clock, logger } = options
  const pool = createPool(options, limits.queueConnectionsMax)
  const database = createQueueDatabase(pool, options)
  const call = createQueueCalls(database, clock, logger)
  let board: BoardQueues | null = null
  return {
    pool,
    queues: {
      ...createPostgresQueues(call),
      counts: () => readCounts(call, clock),
      statistics: () => readStatistics(call, clock),
    },
    database,
    boardQueues() {
      board ??= makeBoardQueues(options)
      return board.queues
    },
    async close() {
      await board?.close()
      await pool.end()
    },
  }
}

interface BoardQueues {
  readonly queues: readonly Queue[]
  close(): Promise<void>
}

function makeBoardQueues({ databaseUrl, clock, random }: BackendOptions): BoardQueues {
  const database = workerDatabase(databaseUrl)
  const connection = new SharedConnection(database, { clock, random })
  const queueOptions = { connection: database }
  // Bull Board takes queues of BullMQ's default backend, by their type, so ours is the default while they are made.
  setDefaultBackendFactory((name) => new SharedBackend(connection, name, queueOptions, clock))
  const queues = queueNames.map((name) => new Queue(name, queueOptions))
  setDefaultBackendFactory()
  return { queues, close: () => connection.close() }
}
