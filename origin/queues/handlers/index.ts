import type { Logger } from 'pino'
import type { Clock } from '../../../shared/clock.ts'
import type { QueueName } from '../../../shared/contract/queue-names.ts'
import type { JobHandler } from '../handler.ts'
import type { JobQueues } from '../job-queues.ts'
import type { QueueDatabase } from '../queue-database.ts'

/** The parts that handlers are made of. A handler that needs settings of its own reads them in origin/config.ts. */
export interface HandlerParts {
  /** Reads, outside of a job's effect. Effects belong in `job.once`. */
  readonly database: QueueDatabase
  readonly queues: JobQueues
  readonly clock: Clock
  readonly logger: Logger
}

/** Jobs of a queue that has no handler wait, and health says degraded. */
export type Handlers = Readonly<Partial<Record<QueueName, JobHandler>>>

export function createHandlers(_parts: HandlerParts): Handlers {
  return {}
}
