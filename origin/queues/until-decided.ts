import { limits } from '../../shared/limits.ts'
import { type Jitter, lostToAnother, pauseAfterLoss } from '../database/lost-to-another.ts'

/**
 * Runs a transaction until it is not undone for another one's sake, `limits.queueTriesMax` times at most. Every statement of the queues goes
 * through this, because BullMQ's functions change many jobs in no particular order: two that clean, promote or trim the same jobs can
 * deadlock.
 *
 * A transaction that lost was rolled back whole, so `transaction` must be one and have no effect outside of it. A single statement of a pool
 * is one, whatever functions it calls: pg sends it with its values in the extended protocol, which takes no second statement, and
 * a function cannot commit.
 */
export async function untilDecided<Value>(
  jitter: Jitter,
  transaction: () => Promise<Value>,
  isWanted: () => boolean = () => true,
): Promise<Value> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await transaction()
    } catch (error) {
      if (attempt === limits.queueTriesMax || !isLost(error) || !isWanted()) throw error
    }
    await pauseAfterLoss(jitter, attempt)
  }
}

function isLost(error: unknown): boolean {
  return error instanceof Error && 'code' in error && lostToAnother.has(error.code)
}
