import type { Logger } from 'pino'
import type { Clock } from '../../shared/clock.ts'
import { createUnfitValues } from '../database/rows.ts'
import type { QueueBackend, QueueSettings } from './backend.ts'
import { createHandlers, type DeploymentParts } from './handlers/index.ts'
import { type QueueProcess, startQueueProcess } from './queue-process.ts'
import { queues, schedules } from './queues.ts'

interface ServeOptions extends QueueSettings, Pick<DeploymentParts, 'outbound' | 'files'> {
  readonly backend: QueueBackend
  readonly clock: Clock
  readonly logger: Logger
}

/** Runs the jobs of all declared queues with the handlers of this project. */
export function serveQueues(options: ServeOptions): QueueProcess {
  const { outbound, files, logger } = options
  const unfitValues = createUnfitValues(logger)
  return startQueueProcess({
    ...options,
    declarations: queues,
    schedules,
    makeHandlers: (parts) => createHandlers({ ...parts, outbound, files, unfitValues }),
    random: Math.random,
  })
}
