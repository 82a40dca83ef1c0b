import type { Clock } from '../../../shared/clock.ts'

/** A clock that stands still until it is told to go on. */
export interface ManualClock extends Clock {
  advance(ms: number): void
}

export function createManualClock(startMs = 1_000_000): ManualClock {
  let nowMs = startMs
  const timers = new Set<{ atMs: number; callback: () => void }>()
  return {
    now: () => nowMs,
    schedule(callback, delayMs) {
      const timer = { atMs: nowMs + delayMs, callback }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    advance(ms) {
      nowMs += ms
      for (const timer of [...timers].sort((one, other) => one.atMs - other.atMs)) {
        if (timer.atMs > nowMs || !timers.delete(timer)) continue
        timer.callback()
      }
    },
  }
}
