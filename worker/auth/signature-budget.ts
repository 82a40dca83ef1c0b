import { LRUCache } from 'lru-cache'
import type { Clock } from '../../shared/clock.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import { limits } from '../../shared/limits.ts'
import { createSlidingWindow, type SlidingWindow } from '../../shared/sliding-window.ts'

/** Bounds the signatures that are checked for one address: each costs a read of the body before anything is known about its sender. */
interface SignatureBudget {
  /** Counts one check; null, or the refusal of an address that has had too many. */
  spend(headers: Pick<Headers, 'get'>): WireError | null
}

const minuteMs = 60_000

export function createSignatureBudget(clock: Clock): SignatureBudget {
  const addresses = new LRUCache<string, SlidingWindow>({ max: limits.isolateAddressesMax })
  return {
    spend(headers) {
      // Cloudflare sets this header, whatever the caller sends under its name.
      const address = headers.get('CF-Connecting-IP') ?? ''
      const window = addresses.get(address) ?? createSlidingWindow(minuteMs)
      addresses.set(address, window)
      const waitMs = window.waitMs(clock.now(), limits.signaturesPerMinuteMax)
      if (waitMs > 0) return { code: 'rate_limited', retryAfterSeconds: Math.ceil(waitMs / 1_000) }
      window.take(clock.now())
      return null
    },
  }
}
