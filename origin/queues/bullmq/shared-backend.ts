import type { MinimalJob, MoveToDelayedOpts, QueueBaseOptions, WorkerOptions } from 'bullmq'
import { ConnectionClosedError, PostgresQueueBackend } from 'bullmq'
import type { Clock } from '../../../shared/clock.ts'
import { pause } from '../../../shared/clock.ts'
import { isDatabaseOutage } from '../database-outage.ts'
import type { SharedConnection } from './shared-connection.ts'

/** A worker whose claim fails tries again after this long. */
const failedClaimPauseMs = 500

/** Trimming finished jobs costs as much as ending a run, so a worker does it at its first end and then at each one of so many. */
const endsPerTrim = 20

type Options = QueueBaseOptions &
  ConstructorParameters<typeof PostgresQueueBackend>[2] &
  Partial<Pick<WorkerOptions, 'removeOnComplete' | 'removeOnFail' | 'stalledInterval'>>
export type Keep = Parameters<PostgresQueueBackend['moveToCompleted']>[2]
type Ended = 'completed' | 'failed'
type FailedFields = Parameters<PostgresQueueBackend['moveToFailed']>[5]

/**
 * The backend of a worker that shares its connection with others. The owner of the connection closes it when all have stopped.
 *
 * BullMQ tries again when a connection is refused. Every other error of the database it takes for the job's: a run whose end could not be
 * written, because of a deadlock or because the database was shutting down, would count as a failed attempt. So what passes by itself is
 * reported as a closed connection. The connection has tried a statement that deadlocks again by then.
 */
export class SharedBackend extends PostgresQueueBackend {
  readonly #connection: SharedConnection
  readonly #options: Options
  readonly #clock: Clock
  readonly #endsUntilTrim: Record<Ended, number> = { completed: 0, failed: 0 }

  constructor(connection: SharedConnection, queue: string, options: Options, clock: Clock) {
    super(connection, queue, options, true)
    this.#connection = connection
    this.#options = options
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
    const kept = this.#keptNow('completed', keep ?? this.#options.removeOnComplete)
    return await reported(() => super.moveToCompleted(job, returnValue, kept, token, fetchNext))
  }

  override async moveToFailed<T = unknown, R = unknown, N extends string = string>(
    job: MinimalJob<T, R, N>,
    reason: string,
    keep: Keep,
    token: string,
    fetchNext: boolean,
    fields?: FailedFields,
  ) {
    const kept = this.#keptNow('failed', keep ?? this.#options.removeOnFail)
    return await reported(() => super.moveToFailed(job, reason, kept, token, fetchNext, fields))
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

  /** BullMQ's look for jobs of dead processes writes, so only a queue whose jobs run is looked at. */
  override async moveStalledJobsToWait(): Promise<string[]> {
    const { stalledInterval = 0 } = this.#options
    const running = await this.#connection.runningQueues(this.#clock, stalledInterval / 10)
    return running.has(this.queueName) ? await super.moveStalledJobsToWait() : []
  }

  override close(): Promise<void> {
    this.closing ??= this.disconnectBlocking()
    return this.closing
  }

  override disconnect(): Promise<void> {
    return this.close()
  }

  /** Tells BullMQ to keep all finished jobs until the next trim. A job that asks to be removed is removed at once. */
  #keptNow(ended: Ended, asked: Keep): Keep {
    if (asked === true) return true
    const isTrimmed = this.#endsUntilTrim[ended] === 0
    this.#endsUntilTrim[ended] = isTrimmed ? endsPerTrim - 1 : this.#endsUntilTrim[ended] - 1
    return isTrimmed ? asked : false
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

/** Classes of what passes by itself: a transaction rolled back, too little of something, and an object that is locked or not ready. */
const passing = /^(40|53|55)/

async function reported<Value>(call: () => Promise<Value>): Promise<Value> {
  try {
    return await call()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    throw isDatabaseOutage(error) || passing.test(code) ? new ConnectionClosedError() : error
  }
}
