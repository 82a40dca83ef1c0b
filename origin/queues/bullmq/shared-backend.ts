import type { PostgresConnection, QueueBaseOptions } from 'bullmq'
import { PostgresQueueBackend } from 'bullmq'
import type { Clock } from '../../../shared/clock.ts'
import { pause } from '../../../shared/clock.ts'

/** A worker that cannot reach the database tries again after this long. */
const outagePauseMs = 500

type Options = QueueBaseOptions & ConstructorParameters<typeof PostgresQueueBackend>[2]

/** The backend of a worker that shares its connection with others. The owner of the connection closes it when all have stopped. */
export class SharedBackend extends PostgresQueueBackend {
  readonly #clock: Clock

  constructor(connection: PostgresConnection, queue: string, options: Options, clock: Clock) {
    super(connection, queue, options, true)
    this.#clock = clock
  }

  override async moveToActive(token: string, name?: string) {
    return await this.unhurried(() => super.moveToActive(token, name))
  }

  override close(): Promise<void> {
    this.closing ??= this.disconnectBlocking()
    return this.closing
  }

  override disconnect(): Promise<void> {
    return this.close()
  }

  /** BullMQ's workers ask again at once after an error, so the pause comes before the error. */
  protected async unhurried<Value>(ask: () => Promise<Value>): Promise<Value> {
    try {
      return await ask()
    } catch (error) {
      await pause(this.#clock, outagePauseMs)
      throw error
    }
  }
}
