import { LRUCache } from 'lru-cache'
import type { Clock } from '../../../shared/clock.ts'

/** A turn at a receiver, which must be ended with what it showed; or how long to wait before another try. */
export type Turn =
  | { readonly kind: 'begin'; end(experience: Experience): void }
  | { readonly kind: 'wait'; readonly waitMs: number }

/** `untried`: nothing was sent, so nothing was learned. */
type Experience = { readonly isGood: boolean; readonly tookMs: number } | 'untried'

/**
 * Lets a receiver that is slow or away have few of this process's places, so that it does not hold up the others. The shared breaker
 * (20261128002200_webhook_attempts.sql) acts only after some attempts have failed; until then each of them holds a place for as long
 * as its deadline.
 */
interface ReceiverTurns {
  take(receiver: string): Turn
}

interface Receiver {
  underWay: number
  /** Whether the last answer was a success within `quickMs`. Only then is it given as many places as it likes. */
  isQuick: boolean
  /** The time that the last attempt took. */
  tookMs: number
  /** When the next of those that have to wait may come. */
  nextAtMs: number
}

/** The places of a receiver that has not shown that it is quick. */
const cautiousMax = 2
const quickMs = 1_000
const waitMinMs = 1_000
const waitMaxMs = 600_000
/** A receiver that is forgotten has to show again that it is quick. */
const receiversMax = 10_000

export function createReceiverTurns(clock: Clock): ReceiverTurns {
  const receivers = new LRUCache<string, Receiver>({ max: receiversMax })

  return {
    take(name) {
      const receiver = receivers.get(name) ?? { underWay: 0, isQuick: false, tookMs: quickMs, nextAtMs: 0 }
      receivers.set(name, receiver)
      if (!receiver.isQuick && receiver.underWay >= cautiousMax) return waitFor(receiver, clock.now())
      receiver.underWay += 1
      return {
        kind: 'begin',
        end(experience) {
          receiver.underWay -= 1
          if (experience === 'untried') return
          receiver.isQuick = experience.isGood && experience.tookMs <= quickMs
          receiver.tookMs = experience.tookMs
        },
      }
    },
  }
}

/** Those that wait get instants one after the other, so that they do not come back all at once. */
function waitFor(receiver: Receiver, nowMs: number): Turn {
  const apartMs = Math.max(receiver.tookMs, waitMinMs / 2) / cautiousMax
  receiver.nextAtMs = Math.min(Math.max(receiver.nextAtMs, nowMs + waitMinMs) + apartMs, nowMs + waitMaxMs)
  return { kind: 'wait', waitMs: Math.ceil(receiver.nextAtMs - nowMs) }
}
