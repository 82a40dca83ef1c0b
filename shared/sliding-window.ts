/**
 * Estimates the number of recent requests from two fixed windows, of which the earlier one is weighted by what is left
 * of it.
 */
export interface SlidingWindow {
  take(nowMs: number): void
  /** The estimate for the window that ends now. */
  used(nowMs: number): number
  /** The number of requests in the fixed window of the latest request. */
  current(): number
  /** How long until one more request is within `requestsMax`; 0 if it is now. */
  waitMs(nowMs: number, requestsMax: number): number
}

/** Windows begin at multiples of `windowMs` since 1970, like those in Redis, so that all isolates agree on them. */
export function createSlidingWindow(windowMs: number): SlidingWindow {
  let index = 0
  let current = 0
  let previous = 0

  function moveTo(nowMs: number): void {
    const nowIndex = Math.floor(nowMs / windowMs)
    // If the clock goes back, the window stays the same.
    if (nowIndex <= index) return
    previous = nowIndex === index + 1 ? current : 0
    current = 0
    index = nowIndex
  }

  function used(nowMs: number): number {
    moveTo(nowMs)
    return Math.floor((1 - (nowMs % windowMs) / windowMs) * previous) + current
  }

  /**
   * How long after the start of a window one more request is within the limit, given the weight of the window before.
   */
  function freeAfterMs(before: number, within: number): number {
    return before < within ? 0 : Math.floor(windowMs * (1 - within / before)) + 1
  }

  return {
    used,
    current: () => current,
    take(nowMs) {
      moveTo(nowMs)
      current += 1
    },
    waitMs(nowMs, requestsMax) {
      if (used(nowMs) < requestsMax) return 0
      const sinceMs = nowMs % windowMs
      if (current >= requestsMax) return windowMs - sinceMs + freeAfterMs(current, requestsMax)
      return Math.max(1, freeAfterMs(previous, requestsMax - current) - sinceMs)
    },
  }
}
