import { clientLimits } from './client-limits.ts'
import type { Boardcache, Query } from './types.ts'

/** Reads queries in the background, a few at a time, so that they do not delay what is shown. */
export function preloader(isClosed: () => boolean): Boardcache['preload'] {
  const waiting: Query<unknown>[] = []
  let running = 0
  const next = (): void => {
    if (isClosed() || running >= clientLimits.preloadsAtOnce) return
    const query = waiting.shift()
    if (query === undefined) return
    running += 1
    query
      .read()
      .catch(() => {})
      .finally(() => {
        running -= 1
        next()
      })
    next()
  }
  return (...queries) => {
    waiting.push(...queries)
    // The oldest wishes are the least likely ones still to be of use.
    waiting.splice(0, waiting.length - clientLimits.preloadsWaitingMax)
    next()
  }
}
