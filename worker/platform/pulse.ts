import type { Clock } from '../../shared/clock.ts'

/**
 * Repeats the work of a Durable Object, by a timer in memory, and by the object's alarm only if the timer was lost. An
 * alarm is a durable write, and one a second for each object would cost more than everything the object counts.
 */
export interface Pulse {
  /** Makes sure of a beat within `delayMs`. */
  within(delayMs: number): void
  /** For the object's alarm: beats now. */
  alarm(): Promise<void>
}

interface PulseOptions {
  readonly clock: Clock
  setAlarm(atMs: number): Promise<void>
  /** Answers the time in milliseconds until the next beat; null if there is nothing to do until `within` is called. */
  beat(): Promise<number | null>
}

/** The alarm is at least this far behind the timer, and at first twice as far. */
const behindMs = 15_000
/** Longer pauses use the alarm only: a timer would keep the object in memory, and billed, all the time. */
const timerMaxMs = 5_000
/** The pause after a beat that failed. */
const retryMs = 5_000

export function createPulse({ clock, setAlarm, beat }: PulseOptions): Pulse {
  let timer: { readonly atMs: number; cancel(): void } | null = null
  let alarmAtMs = 0
  let isBeating = false

  async function run(): Promise<void> {
    if (isBeating) return
    isBeating = true
    let nextMs: number | null = retryMs
    try {
      nextMs = await beat()
    } finally {
      // Another beat is scheduled whatever happened: the platform gives up an alarm that fails repeatedly.
      isBeating = false
      if (nextMs !== null) within(nextMs)
    }
  }

  function within(delayMs: number): void {
    const atMs = clock.now() + delayMs
    if (delayMs > timerMaxMs) {
      const isSoonEnough = alarmAtMs > 0 && alarmAtMs <= atMs
      if (timer === null && !isSoonEnough) alarmAt(atMs)
      return
    }
    if (alarmAtMs < atMs + behindMs) alarmAt(atMs + 2 * behindMs)
    if (timer !== null && timer.atMs <= atMs) return
    timer?.cancel()
    const cancel = clock.schedule(() => {
      timer = null
      void run().catch(() => undefined)
    }, delayMs)
    timer = { atMs, cancel }
  }

  function alarmAt(atMs: number): void {
    alarmAtMs = atMs
    void setAlarm(atMs).catch(() => {
      alarmAtMs = 0
    })
  }

  return {
    within,
    async alarm() {
      alarmAtMs = 0
      await run()
    },
  }
}
