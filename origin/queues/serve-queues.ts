import type { Logger } from 'pino'
import type { Clock } from '../../shared/clock.ts'
import type { QueueBackend, QueueSettings } from './backend.ts'
import { createHandlers } from './handlers/index.ts'
import { type QueueProcess, startQueueProcess } from './queue-process.ts'
import { queues, schedules } from './queues.ts'

interface ServeOptions extends QueueSettings {
  readonly backend: QueueBackend
  readonly clock: Clock
  readonly logger: Logger
}

/** Runs the jobs of all declared queues with the handlers of this project. */
export function serveQueues(options: ServeOptions): QueueProcess {
  return startQueueProcess({
    ...options,
    declarations: queues,
    schedules,
    makeHandlers: createHandlers,
    random: Math.random,
  })
}
