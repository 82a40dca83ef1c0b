import { beforeTaking, count } from './live-counts.ts'

/**
 * The time for which an object is billed: while it handles something, or waits for anything that the program began. An object whose
 * sockets are all that is left of it could hibernate, and is not billed (Cloudflare, Durable Objects: pricing, footnote 4).
 */
export interface Activity {
  /** Counts the time of a handler. */
  during<Value>(work: Promise<Value>): Promise<Value>
}

/** Also counts everything that the object keeps running by `waitUntil`, its timers among it. The milliseconds are counted by name. */
export function createActivity(name: string, state: DurableObjectState): Activity {
  let running = 0
  let sinceMs = 0

  function begin(): void {
    if (running === 0) sinceMs = Date.now()
    running += 1
  }
  // The clock of a Worker stands still while it computes, so times are a little too short.
  function settle(): void {
    if (running === 0) return
    count(`active ms ${name}`, Date.now() - sinceMs)
    sinceMs = Date.now()
  }
  function end(): void {
    settle()
    running -= 1
  }
  beforeTaking(settle)
  async function during<Value>(work: Promise<Value>): Promise<Value> {
    begin()
    try {
      return await work
    } finally {
      end()
    }
  }

  const waitUntil = state.waitUntil.bind(state)
  state.waitUntil = (work) => waitUntil(during(work))
  return { during }
}
