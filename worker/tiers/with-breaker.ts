import type { Awaitable } from '../../shared/awaitable.ts'
import type { Clock } from '../../shared/clock.ts'
import type { Result } from '../../shared/result.ts'
import { err } from '../../shared/result.ts'
import type { BreakerSide, Recorder, TierFailureKind } from '../events.ts'
import type { Breaker, BreakerPace, BreakerStatus, CallOutcome } from '../outbound/circuit-breaker.ts'
import { createBreaker, tierPace } from '../outbound/circuit-breaker.ts'
import type { PutOutcome, Tier, TierFailure } from './tier.ts'

/** A tier behind circuit breakers whose status can be read. */
export interface BreakerTier extends Tier {
  breakers(): Readonly<Record<BreakerSide, BreakerStatus>>
}

/** The meaning of a failure for the tier. Corrupt bytes of one entry are an answer: all other entries may be sound. */
const outcomes: Readonly<Record<TierFailureKind, CallOutcome>> = {
  timeout: 'failed',
  unavailable: 'failed',
  'rate-limited': 'rate-limited',
  corrupt: 'answered',
  'too-large': 'unheard',
  'breaker-open': 'unheard',
}

/**
 * The same tier, which is not called while it fails: calls are then answered with `breaker-open` at once. Reads and
 * writes have a breaker each, since a place that refuses writes (KV: 429) can still be read; `remove` goes with the
 * writes. A probe is always made and never counted: it reports whether the place answers.
 *
 * Belongs around `withDeadline`: the breaker learns of a call that hangs by its `timeout`.
 */
export function withBreaker(
  tier: Tier,
  clock: Clock,
  recorder: Recorder,
  pace: BreakerPace = tierPace,
): BreakerTier {
  const breakerOf = (side: BreakerSide) =>
    createBreaker(clock, pace, (state) => recorder.record({ kind: 'breaker', tier: tier.name, side, state }))
  const [reads, writes] = [breakerOf('get'), breakerOf('put')]

  async function behind<Value>(
    breaker: Breaker,
    signal: AbortSignal | undefined,
    call: () => Awaitable<Result<Value, TierFailure>>,
  ): Promise<Result<Value, TierFailure>> {
    const settle = breaker.admit()
    if (settle === null) return err({ kind: 'breaker-open' })
    const answer = await call()
    settle(outcomeOf(answer, signal))
    return answer
  }

  return {
    name: tier.name,
    heedsSignals: tier.heedsSignals,
    get: (key, signal) => behind(reads, signal, () => tier.get(key, signal)),
    put: (key, entry, signal) => behind(writes, signal, () => tier.put(key, entry, signal)),
    remove: (keys, signal) =>
      keys.length === 0 ? tier.remove(keys, signal) : behind(writes, signal, () => tier.remove(keys, signal)),
    probe: (signal) => tier.probe(signal),
    breakers: () => ({ get: reads.status(), put: writes.status() }),
  }
}

function outcomeOf(answer: Result<unknown, TierFailure>, signal: AbortSignal | undefined): CallOutcome {
  const skipped: PutOutcome = 'skipped'
  if (answer.ok) return answer.value === skipped ? 'unheard' : 'answered'
  // The caller went away and so ended the call. That says nothing about the tier.
  return signal?.aborted === true ? 'unheard' : outcomes[answer.error.kind]
}
