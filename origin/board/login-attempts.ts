import { LRUCache } from 'lru-cache'
import type { Clock } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'
import type { SlidingWindow } from '../../shared/sliding-window.ts'
import { createSlidingWindow } from '../../shared/sliding-window.ts'

interface LoginAttempts {
  /** Milliseconds until somebody at this address may try to sign in again; 0 if now. */
  waitMs(address: string): number
  noteFailure(address: string): void
}

const addressesMax = 10_000
/** All addresses together get this many times the attempts of one: an attacker has many, and a password has only one owner. */
const addressesAtOnce = 10

/** Counts failed attempts to sign in. They alone count, so that no operator is locked out by signing in often. */
export function createLoginAttempts(clock: Clock): LoginAttempts {
  const byAddress = new LRUCache<string, SlidingWindow>({ max: addressesMax })
  const all = createSlidingWindow(limits.boardAttemptsWindowMs)

  return {
    waitMs(address) {
      const nowMs = clock.now()
      const ofAddress = byAddress.get(networkOf(address))?.waitMs(nowMs, limits.boardAttemptsMax) ?? 0
      return Math.max(ofAddress, all.waitMs(nowMs, addressesAtOnce * limits.boardAttemptsMax))
    },
    noteFailure(address) {
      const network = networkOf(address)
      const window = byAddress.get(network) ?? createSlidingWindow(limits.boardAttemptsWindowMs)
      byAddress.set(network, window)
      window.take(clock.now())
      all.take(clock.now())
    },
  }
}

/** A host with one IPv6 address usually has the 2^64 of its network, so these count as one. */
function networkOf(address: string): string {
  const isMapped = address.startsWith('::ffff:') && address.includes('.')
  if (isMapped || !address.includes(':')) return address.replace(/^::ffff:/, '')
  const [head = '', tail] = address.split('%', 1)[0]?.split('::') ?? []
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - before.length - after.length }, () => '0')
  return [...before, ...zeros, ...after].slice(0, 4).join(':')
}
