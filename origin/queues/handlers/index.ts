import type { Logger } from 'pino'
import type { Clock } from '../../../shared/clock.ts'
import type { QueueName } from '../../../shared/contract/queue-names.ts'
import type { UnfitValues } from '../../database/rows.ts'
import type { FileStore } from '../../files/file-store.ts'
import type { OutboundSettings } from '../../outbound/outbound-settings.ts'
import type { JobHandler } from '../handler.ts'
import type { JobQueues } from '../job-queues.ts'
import type { QueueDatabase } from '../queue-database.ts'
import { createEmailsInHandler } from './emails-in.ts'
import { createOutboundHandlers } from './outbound.ts'
import { createWorkHandlers } from './work.ts'

/** The parts that the process of the queues gives to its handlers. */
export interface HandlerParts {
  /** Reads, outside of a job's effect. Effects belong in `job.once`. */
  readonly database: QueueDatabase
  readonly queues: JobQueues
  readonly clock: Clock
  readonly logger: Logger
}

/** The parts that follow from the deployment's configuration. */
export interface DeploymentParts {
  readonly outbound: OutboundSettings
  /** Null: no files are kept, so that imports and exports wait. */
  readonly files: FileStore | null
  readonly unfitValues: UnfitValues
}

/** Jobs of a queue that has no handler wait, and health says degraded. */
export type Handlers = Readonly<Partial<Record<QueueName, JobHandler>>>

export function createHandlers(parts: HandlerParts & DeploymentParts): Handlers {
  return {
    ...createOutboundHandlers(parts),
    ...createWorkHandlers(parts),
    'emails-in': createEmailsInHandler({ ...parts, random: Math.random }),
  }
}
