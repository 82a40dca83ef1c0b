import type { Logger } from 'pino'
import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import { isDatabaseOutage } from './database-outage.ts'
import type { QueueFailure } from './job-queues.ts'
import type { QueueDatabase } from './queue-database.ts'

type Rows = readonly Readonly<Record<string, unknown>>[]

/** Calls of the database by the queues: they never reject, and settle within `limits.queueDeadlineMs`. */
export type QueueCall = (text: string, values: readonly unknown[]) => Promise<Result<Rows, QueueFailure>>

/** The schema, or a function in it, is not there: no process that runs jobs has started on this database yet. */
const missing: ReadonlySet<string> = new Set(['3F000', '42P01', '42883'])
const queryCanceled = '57014'

export function createQueueCalls(database: QueueDatabase, clock: Clock, logger: Logger): QueueCall {
  return (text, values) =>
    withinDeadline<Result<Rows, QueueFailure>>(
      clock,
      limits.queueDeadlineMs,
      async () => {
        try {
          return ok(await database.query<Record<string, unknown>>(text, values))
        } catch (error) {
          return err(failureOf(error, logger))
        }
      },
      err({ kind: 'timeout' }),
    )
}

function failureOf(error: unknown, logger: Logger): QueueFailure {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (code === queryCanceled) return { kind: 'timeout' }
  if (!isDatabaseOutage(error) && !missing.has(code)) {
    logger.error({ code }, 'the database refused a call of the queues')
  }
  return { kind: 'unavailable' }
}
