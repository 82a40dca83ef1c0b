/**
 * Time and timers. They are injected wherever they affect a decision, so that tests and the simulation control them.
 */
export interface Clock {
  /** Milliseconds since 1970 UTC. In a Worker it advances only with I/O. */
  now(): number
  /** Calls `callback` once, `delayMs` from now. The function returned cancels it. */
  schedule(callback: () => void, delayMs: number): () => void
}

declare function setTimeout(callback: () => void, delayMs: number): unknown
declare function clearTimeout(timer: unknown): void

export const systemClock: Clock = {
  now: () => Date.now(),
  schedule(callback, delayMs) {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
}

/** Settles `durationMs` from now. */
export function pause(clock: Clock, durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.schedule(resolve, durationMs)
  })
}

/**
 * Runs `attempt` and returns its result, or `late` if `deadlineMs` pass first; then the attempt's signal is aborted. It
 * waits for the clock and not for the attempt, so even an attempt that never settles ends here.
 */
export function withinDeadline<Value>(
  clock: Clock,
  deadlineMs: number,
  attempt: (signal: AbortSignal) => Promise<Value>,
  late: Value,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const controller = new AbortController()
    const cancel = clock.schedule(() => {
      controller.abort()
      resolve(late)
    }, deadlineMs)
    attempt(controller.signal).then(resolve, reject).finally(cancel)
  })
}
