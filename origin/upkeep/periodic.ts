import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'

export interface Periodic {
  /** Begins no more, and waits for what is under way. */
  stop(): Promise<void>
}

interface PeriodicOptions {
  readonly clock: Clock
  /** From the end of one time to the begin of the next. */
  readonly everyMs: number
  readonly deadlineMs: number
  /** Must not reject. */
  work(signal: AbortSignal): Promise<unknown>
}

/** Does something again and again, never twice at once. */
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
