import type { Awaitable } from '../../shared/awaitable.ts'
import type { TierName } from '../../shared/contract/tier-names.ts'
import type { Result } from '../../shared/result.ts'
import type { Entry } from '../entry/entry.ts'
import type { CacheKey } from '../entry/key.ts'
import type { TierFailureKind } from '../events.ts'

export interface TierFailure {
  readonly kind: TierFailureKind
}

/**
 * The outcome of a put. `skipped`: nothing was written because nothing had to be: the entry had already expired, or the
 * same key was written a moment ago. That is not a failure.
 */
export type PutOutcome = 'stored' | 'skipped'

/**
 * A place that keeps entries. Its laws, each a test of the contract suite every tier passes:
 *
 * - it never rejects: a miss is `null`, a failure an error with its kind;
 * - what was put comes back identical, empty bodies included;
 * - it never gives an entry back past its last usable instant (`deleteAtMs`);
 * - bytes it cannot read are `corrupt`, never a crash;
 * - an entry over the limit is `too-large` before any I/O;
 * - an aborted signal settles the call; without a signal the call is never cancelled.
 *
 * An adapter only adapts. Policy is put around it from outside: `withMetrics(withBreaker(withDeadline(tier)))`, KV's
 * writes past `withWritePause`. The signal of a call is the caller's; one that an adapter cannot pass on is heeded by the
 * deadline around it.
 */
export interface Tier {
  readonly name: TierName
  /** Whether calls pass their signal on. If not, a deadline around the tier needs no signal to abort. */
  readonly heedsSignals: boolean
  get(key: CacheKey, signal?: AbortSignal): Awaitable<Result<Entry | null, TierFailure>>
  put(key: CacheKey, entry: Entry, signal?: AbortSignal): Promise<Result<PutOutcome, TierFailure>>
  remove(keys: readonly CacheKey[], signal?: AbortSignal): Promise<Result<void, TierFailure>>
  /** Whether the place answers at all. Touches no entry. */
  probe(signal?: AbortSignal): Promise<Result<void, TierFailure>>
}
