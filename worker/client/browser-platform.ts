import { systemClock } from '../../shared/clock.ts'
import { openSocket } from './open-socket.ts'
import type { Platform, Presence } from './platform.ts'

/** A browser, or Node. Each part that is missing is replaced: no WebSocket, no IndexedDB, no document. */
export function browserPlatform(): Platform {
  return {
    clock: { now: steadyNow(), schedule: systemClock.schedule },
    random: () => Math.random(),
    newId: () => crypto.randomUUID(),
    // Nothing of a user stays in the browser's own cache. The headers of requests.ts say how current an answer must be.
    send: (url, { headers, ...request }) =>
      fetch(url, {
        ...request,
        headers: { ...headers, traceparent: newTrace() },
        cache: 'no-store',
        credentials: 'omit',
      }),
    openSocket: typeof WebSocket === 'undefined' ? null : openSocket,
    async openShelves() {
      if (typeof indexedDB === 'undefined') return null
      return (await import('./browser-shelves.ts')).browserShelves
    },
    presence: presenceOf(),
    expose: (name, tools) => Object.assign(globalThis, { [name]: tools }),
  }
}

/** A new trace for each request (W3C Trace Context). Pages that came by plain HTTP have no `crypto.randomUUID`. */
function newTrace(): string {
  const form = `00-${'x'.repeat(32)}-${'x'.repeat(16)}-00`
  return form.replace(/x/g, () => Math.floor(Math.random() * 16).toString(16))
}

/** The time of day, except that it never goes back: an age must not become less because somebody sets the clock. */
function steadyNow(): () => number {
  let lastMs = Date.now()
  let aheadMs = 0
  return () => {
    const readMs = Date.now() + aheadMs
    if (readMs < lastMs) aheadMs += lastMs - readMs
    lastMs = Math.max(lastMs, readMs)
    return lastMs
  }
}

function presenceOf(): Presence {
  const page = typeof document === 'undefined' ? null : document
  const isWindow = page !== null && typeof window !== 'undefined'
  return {
    isHidden: () => page?.visibilityState === 'hidden',
    isOnline: () => !isWindow || navigator.onLine,
    onChange(listener) {
      if (!isWindow || page === null) return () => {}
      page.addEventListener('visibilitychange', listener)
      const names = ['online', 'offline', 'pageshow'] as const
      for (const name of names) window.addEventListener(name, listener)
      return () => {
        page.removeEventListener('visibilitychange', listener)
        for (const name of names) window.removeEventListener(name, listener)
      }
    },
  }
}
