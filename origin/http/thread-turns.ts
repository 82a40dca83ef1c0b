import type { MiddlewareHandler } from 'hono'
import type { OriginEnv } from './respond.ts'

/** The number of writers' requests that begin in one turn of the event loop. */
const requestsPerTurn = 4

/**
 * Shares the one thread fairly. If many writers arrive together, a few of them begin in each turn of the event loop, so
 * that a load that arrives among them does not wait until all of them are verified, refused and logged.
 */
export function takeTurns(): MiddlewareHandler<OriginEnv> {
  const waiting: (() => void)[] = []
  let isScheduled = false

  function schedule(): void {
    if (isScheduled || waiting.length === 0) return
    isScheduled = true
    setImmediate(() => {
      isScheduled = false
      for (const begin of waiting.splice(0, requestsPerTurn)) begin()
      schedule()
    })
  }

  return async (_context, next) => {
    await new Promise<void>((resolve) => {
      waiting.push(resolve)
      schedule()
    })
    return next()
  }
}
