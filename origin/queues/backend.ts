import type { Queue } from 'bullmq'
import type { JobQueues } from './job-queues.ts'
import type { QueueDatabase } from './queue-database.ts'

/** The configuration of the queues. */
export interface QueueSettings {
  readonly databaseUrl: string
  /** Whether the origin itself runs jobs. In production a process of its own does (origin/queues/main.ts). */
  readonly runsHere: boolean
  readonly drainMs: number
}

/** Everything that is made of the declarations in queues.ts. This folder's `bullmq/` is the only place that knows BullMQ. */
export interface QueueBackend {
  readonly queues: JobQueues
  /** For reads, and for a handler's own statements outside of a job's effect. */
  readonly database: QueueDatabase
  /** BullMQ's own view of the queues, for Bull Board alone. Made at the first call. */
  boardQueues(): readonly Queue[]
  close(): Promise<void>
}
