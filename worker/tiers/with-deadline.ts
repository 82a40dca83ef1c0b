import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import type { Result } from '../../shared/result.ts'
import { err } from '../../shared/result.ts'
import type { Tier, TierFailure } from './tier.ts'

/** The same tier, every call of which settles within `deadlineMs`: later than that is a `timeout`. */
export function withDeadline(tier: Tier, clock: Clock, deadlineMs: number): Tier {
  function bounded<Value>(
    signal: AbortSignal,
    call: (signal: AbortSignal) => Promise<Result<Value, TierFailure>>,
  ): Promise<Result<Value, TierFailure>> {
    return withinDeadline<Result<Value, TierFailure>>(
      clock,
      deadlineMs,
      (late) => call(AbortSignal.any([signal, late])),
      err({ kind: 'timeout' }),
    )
  }

  return {
    name: tier.name,
    get: (key, signal) => bounded(signal, (either) => tier.get(key, either)),
    put: (key, entry, signal) => bounded(signal, (either) => tier.put(key, entry, either)),
    remove: (keys, signal) => bounded(signal, (either) => tier.remove(keys, either)),
    probe: (signal) => bounded(signal, (either) => tier.probe(either)),
  }
}
