import type { Result } from '../../shared/result.ts'
import type { Entry } from '../cache/entry.ts'
import type { CacheKey } from '../cache/key.ts'
import type { TierFailureKind, TierName } from '../metrics/events.ts'

export interface TierFailure {
  readonly kind: TierFailureKind
}

/**
 * A place that keeps entries. Its laws, each a test of the contract suite every tier passes:
 *
 * - it never rejects: a miss is `null`, a failure an error with its kind;
 * - what was put comes back identical, empty bodies included;
 * - it never gives an entry back past its last usable instant (`deleteAtMs`);
 * - bytes it cannot read are `corrupt`, never a crash;
 * - an entry over the limit is `too-large` before any I/O;
 * - an aborted signal settles the call.
 *
 * An adapter only adapts. Deadlines and counting are put around it by `withDeadline` and `withMetrics`.
 */
export interface Tier {
  readonly name: TierName
  get(key: CacheKey, signal: AbortSignal): Promise<Result<Entry | null, TierFailure>>
  put(key: CacheKey, entry: Entry, signal: AbortSignal): Promise<Result<void, TierFailure>>
  remove(keys: readonly CacheKey[], signal: AbortSignal): Promise<Result<void, TierFailure>>
  /** Whether the place answers at all; touches no entry. */
  probe(signal: AbortSignal): Promise<Result<void, TierFailure>>
}
