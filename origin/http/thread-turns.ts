import type { MiddlewareHandler } from 'hono'
import type { OriginEnv } from './respond.ts'

/** Requests of writers that begin before the event loop looks for others. */
const requestsPerTurn = 4

/**
 * The one thread is shared too: of a crowd of writers that arrive together, a few begin in each turn of the event loop, so
 * that a load which arrives among them does not wait for all of them to be verified, refused and logged.
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
