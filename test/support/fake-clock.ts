import type { Clock } from '../../shared/clock.ts'

/**
 * A clock that the test moves. Timers fire in order as time passes them, and the work that they set off gets to run.
 */
export interface FakeClock extends Clock {
  advance(byMs: number): Promise<void>
}

export function createFakeClock(startMs = 1_750_000_000_000): FakeClock {
  let nowMs = startMs
  const timers = new Set<{ atMs: number; callback: () => void }>()
  return {
    now: () => nowMs,
    schedule(callback, delayMs) {
      const timer = { atMs: nowMs + delayMs, callback }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    async advance(byMs) {
      const endMs = nowMs + byMs
      for (;;) {
        await settle()
        const due = [...timers].filter((timer) => timer.atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0]
        if (due === undefined) break
        timers.delete(due)
        nowMs = Math.max(nowMs, due.atMs)
        due.callback()
      }
      nowMs = endMs
      await settle()
    },
  }
}

/** Lets every promise continue that can. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve()
  await new Promise((resolve) => setImmediate(resolve))
}

/** A promise that the test settles. */
export function deferred<Value>() {
  return Promise.withResolvers<Value>()
}
