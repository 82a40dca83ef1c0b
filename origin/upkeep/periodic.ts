import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'

export interface Periodic {
  /** Starts no further run, and waits for the one in progress. */
  stop(): Promise<void>
}

interface PeriodicOptions {
  readonly clock: Clock
  /** From the end of one run to the start of the next. */
  readonly everyMs: number
  readonly deadlineMs: number
  /** Must not reject. */
  work(signal: AbortSignal): Promise<unknown>
}

/** Runs `work` repeatedly, one run at a time. */
export function startPeriodic({ clock, everyMs, deadlineMs, work }: PeriodicOptions): Periodic {
  let isStopped = false
  let cancel = () => {}
  let underWay: Promise<unknown> = Promise.resolve()

  const wait = () => {
    if (!isStopped) cancel = clock.schedule(begin, everyMs)
  }
  const begin = () => {
    underWay = withinDeadline<unknown>(clock, deadlineMs, work, null).finally(wait)
  }
  wait()
  return {
    async stop() {
      isStopped = true
      cancel()
      await underWay
    },
  }
}
