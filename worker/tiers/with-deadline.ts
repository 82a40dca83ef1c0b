import type { Awaitable } from '../../shared/awaitable.ts'
import type { Clock } from '../../shared/clock.ts'
import type { Result } from '../../shared/result.ts'
import { err } from '../../shared/result.ts'
import type { Tier, TierFailure } from './tier.ts'

/**
 * The same tier with a deadline: every call settles within `deadlineMs`, or at once when the caller's signal is
 * aborted, as a `timeout`. It waits for the clock and the caller and not for the tier, so even a call that never
 * settles ends here.
 */
export function withDeadline(tier: Tier, clock: Clock, deadlineMs: number): Tier {
  function bounded<Value>(
    signal: AbortSignal | undefined,
    call: (signal: AbortSignal | undefined) => Awaitable<Result<Value, TierFailure>>,
  ): Promise<Result<Value, TierFailure>> {
    if (signal?.aborted) return Promise.resolve(err({ kind: 'timeout' }))
    return new Promise((resolve, reject) => {
      const controller = tier.heedsSignals ? new AbortController() : null
      const giveUp = () => {
        leave()
        controller?.abort()
        resolve(err({ kind: 'timeout' }))
      }
      const cancel = clock.schedule(giveUp, deadlineMs)
      signal?.addEventListener('abort', giveUp)
      // A signal may outlive many calls and must not collect their listeners.
      const leave = () => {
        cancel()
        signal?.removeEventListener('abort', giveUp)
      }
      const end =
        <Ended>(settle: (ended: Ended) => void) =>
        (ended: Ended) => {
          leave()
          settle(ended)
        }
      Promise.resolve(call(controller?.signal)).then(end(resolve), end(reject))
    })
  }

  return {
    name: tier.name,
    heedsSignals: true,
    get: (key, signal) => bounded(signal, (either) => tier.get(key, either)),
    put: (key, entry, signal) => bounded(signal, (either) => tier.put(key, entry, either)),
    remove: (keys, signal) => bounded(signal, (either) => tier.remove(keys, either)),
    probe: (signal) => bounded(signal, (either) => tier.probe(either)),
  }
}
