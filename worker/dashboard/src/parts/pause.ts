/** Waits, but no longer than until the network comes back or the signal ends it. */
export function pauseUntilOnline(durationMs: number, over: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const ended = new AbortController()
    const timer = setTimeout(end, durationMs)
    function end() {
      clearTimeout(timer)
      ended.abort()
      resolve()
    }
    over.addEventListener('abort', end, { signal: ended.signal })
    window.addEventListener('online', end, { signal: ended.signal })
  })
}
