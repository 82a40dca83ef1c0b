import type { MinimalJob, MoveToDelayedOpts, PostgresConnection, QueueBaseOptions } from 'bullmq'
import { ConnectionClosedError, PostgresQueueBackend } from 'bullmq'
import type { Clock } from '../../../shared/clock.ts'
import { pause } from '../../../shared/clock.ts'
import { isDatabaseOutage } from '../database-outage.ts'

/** A worker whose claim fails tries again after this long. */
const failedClaimPauseMs = 500

type Options = QueueBaseOptions & ConstructorParameters<typeof PostgresQueueBackend>[2]
export type Keep = Parameters<PostgresQueueBackend['moveToCompleted']>[2]
type FailedFields = Parameters<PostgresQueueBackend['moveToFailed']>[5]

/**
 * The backend of a worker that shares its connection with others. The owner of the connection closes it when all have stopped.
 *
 * BullMQ tries again when a connection is refused. Every other error of the database it takes for the job's: a run whose end could not be
 * written, because of a deadlock or because the database was shutting down, would count as a failed attempt. So what passes by itself is
 * tried again here, and then reported as a closed connection.
 */
export class SharedBackend extends PostgresQueueBackend {
  readonly #clock: Clock

  constructor(connection: PostgresConnection, queue: string, options: Options, clock: Clock) {
    super(connection, queue, options, true)
    this.#clock = clock
  }

  override async moveToActive(token: string, name?: string) {
    return await this.claimed(() => super.moveToActive(token, name))
  }

  override async moveToCompleted<T = unknown, R = unknown, N extends string = string>(
    job: MinimalJob<T, R, N>,
    returnValue: R,
    keep: Keep,
    token: string,
    fetchNext: boolean,
  ) {
    return await reported(() => super.moveToCompleted(job, returnValue, keep, token, fetchNext))
  }

  override async moveToFailed<T = unknown, R = unknown, N extends string = string>(
    job: MinimalJob<T, R, N>,
    reason: string,
    keep: Keep,
    token: string,
    fetchNext: boolean,
    fields?: FailedFields,
  ) {
    return await reported(() => super.moveToFailed(job, reason, keep, token, fetchNext, fields))
  }

  override async moveToDelayed(
    id: string,
    timestamp: number,
    delayMs: number,
    token?: string,
    options?: MoveToDelayedOpts,
  ) {
    return await reported(() => super.moveToDelayed(id, timestamp, delayMs, token, options))
  }

  override close(): Promise<void> {
    this.closing ??= this.disconnectBlocking()
    return this.closing
  }

  override disconnect(): Promise<void> {
    return this.close()
  }

  /** A worker asks again at once after an error that is no outage, so the pause comes before the error. */
  protected async claimed<Value>(claim: () => Promise<Value>): Promise<Value> {
    try {
      return await reported(claim)
    } catch (error) {
      await pause(this.#clock, failedClaimPauseMs)
      throw error
    }
  }
}

/** SQLSTATE class "transaction rollback": a deadlock above all. Two ends of runs that trim the same finished jobs can meet in one. */
const rolledBack = /^40/
const triesMax = 4
/** Classes of what passes by itself: too little of something, and an object that is locked or not ready. */
const passing = /^(40|53|55)/

async function reported<Value>(call: () => Promise<Value>): Promise<Value> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await call()
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : ''
      if (rolledBack.test(code) && tries < triesMax) continue
      throw isDatabaseOutage(error) || passing.test(code) ? new ConnectionClosedError() : error
    }
  }
}
