import type { Clock } from '../../../shared/clock.ts'
import type { QueueName } from '../../../shared/contract/queue-names.ts'

/** A run, as the word of its cancelling names it. */
export interface CancelledRun {
  readonly queue: QueueName
  readonly id: string
  readonly run: number
}

const keptMs = 60_000

/**
 * A job is seen to run as soon as its claim has committed, so it may be cancelled before the process that claimed it has the answer. The
 * word of that is kept until the run begins here. Every process hears of every run, so what is not for it goes after a while.
 */
export function createEarlyCancels(clock: Clock) {
  const atMsOf = new Map<string, number>()
  const keyOf = ({ queue, id, run }: CancelledRun) => `${queue} ${run} ${id}`
  return {
    note(cancelled: CancelledRun): void {
      const nowMs = clock.now()
      for (const [key, atMs] of atMsOf) if (nowMs - atMs > keptMs) atMsOf.delete(key)
      atMsOf.set(keyOf(cancelled), nowMs)
    },
    take: (run: CancelledRun): boolean => atMsOf.delete(keyOf(run)),
  }
}

export type EarlyCancels = ReturnType<typeof createEarlyCancels>
