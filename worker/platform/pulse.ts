import type { Clock } from '../../shared/clock.ts'

/**
 * What a Durable Object does again and again: by a timer in its memory, and by its alarm only where that was lost. An
 * alarm is a durable write, and one a second of each object would cost more than all that it counts.
 */
export interface Pulse {
  /** There is a beat in so many milliseconds, or sooner. */
  within(delayMs: number): void
  /** For the object's alarm: a beat now. */
  alarm(): Promise<void>
}

interface PulseOptions {
  readonly clock: Clock
  setAlarm(atMs: number): Promise<void>
  /** Answers after how many milliseconds to be called again; null: once there is something to do. */
  beat(): Promise<number | null>
}

/** The alarm is this far behind the timer at least, and at first by twice as much. */
const behindMs = 15_000
/** Longer pauses are the alarm's alone: a timer would keep the object in memory all the while, and paid for. */
const timerMaxMs = 5_000
/** After a beat that failed. */
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
      // Whatever happened, there is a next time: the platform gives up an alarm that fails again and again.
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
