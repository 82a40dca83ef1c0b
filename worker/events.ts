import type { TierName } from '../shared/contract/tier-names.ts'
import type { ResourceName } from '../shared/resources/index.ts'
import type { Served, Source } from '../shared/resources/resource.ts'

/** Why a tier has no answer. `breaker-open`: it was not asked, because it failed before. */
export type TierFailureKind =
  | 'timeout'
  | 'unavailable'
  | 'rate-limited'
  | 'corrupt'
  | 'too-large'
  | 'breaker-open'
/** A tier is read and written past two breakers: what it refuses to take it may still give. */
export type BreakerSide = 'get' | 'put'
export type BreakerState = 'closed' | 'open' | 'half-open'

export type RequestMethod = 'GET' | 'HEAD' | 'POST' | 'OPTIONS' | 'other'
export type StoreCause = 'fill' | 'back-fill'
/** Whose requests a limit counts. */
export type LimitScope = 'user' | 'workspace'
/**
 * `refused`: by our own count. With Redis away: `refused-by-platform` and `passed-by-platform` by the location's own,
 * `let-through` by nobody, where that is away too.
 */
export type LimitOutcome = 'refused' | 'refused-by-platform' | 'passed-by-platform' | 'let-through'

/**
 * What became of one check of a served answer. `excused`: a change was on its way, and has arrived since; `unknown`:
 * somebody could not be asked, or time alone changes the answer.
 */
export type CheckOutcome = 'consistent' | 'excused' | 'violated' | 'unknown'

/**
 * Everything the Worker counts: the one surface between the code that does things and the figures. No event
 * carries a workspace, a user or a key.
 */
export type CacheEvent =
  /** A request was answered, whatever the answer. */
  | {
      readonly kind: 'request'
      readonly method: RequestMethod
      /** The pattern of its route; `none` where none fits. */
      readonly route: string
      readonly httpStatus: number
      readonly durationMs: number
    }
  /** A request for a cached resource was answered. */
  | {
      readonly kind: 'read'
      readonly resource: ResourceName
      /** HTTP status of the answer. */
      readonly httpStatus: number
      /** How it was answered; absent where it ended in an error. */
      readonly served?: { readonly status: Served['status']; readonly source: Source }
      readonly durationMs: number
      /** How long ago the ledger had been asked for what the answer was judged by; absent where it was not judged. */
      readonly viewAgeMs?: number
    }
  /** A tier was asked for an entry. */
  | {
      readonly kind: 'tier-get'
      readonly tier: TierName
      readonly outcome: 'hit' | 'miss' | TierFailureKind
      readonly durationMs: number
    }
  /** An entry was handed to a tier. `skipped`: it needed no write, and none was made. */
  | {
      readonly kind: 'tier-put'
      readonly tier: TierName
      readonly outcome: 'done' | 'skipped' | TierFailureKind
    }
  /** A tier took an entry: after a load, or a hit in a farther tier. */
  | {
      readonly kind: 'entry-stored'
      readonly tier: TierName
      readonly cause: StoreCause
      readonly bodyBytes: number
    }
  /** A tier dropped an entry to make room. */
  | { readonly kind: 'eviction'; readonly tier: TierName }
  /** A circuit breaker changed over to `state`. */
  | {
      readonly kind: 'breaker'
      readonly tier: TierName | 'origin'
      readonly side: BreakerSide
      readonly state: BreakerState
    }
  /** The ledger was asked. */
  | {
      readonly kind: 'ledger'
      readonly call: 'since' | 'advance'
      readonly outcome: 'done' | 'timeout' | 'unavailable'
      readonly durationMs: number
    }
  /** The origin was asked. */
  | {
      readonly kind: 'origin'
      readonly outcome:
        | 'done'
        | 'not-found'
        | 'refused'
        | 'overloaded'
        | 'timeout'
        | 'unavailable'
        /** It answered more than this service gives out. */
        | 'too-large'
      readonly durationMs: number
    }
  /**
   * A served answer was compared with what the origin says now. `staleMs`: how old, at most, what it missed was when it
   * was served; absent where nobody can say.
   */
  | { readonly kind: 'consistency'; readonly outcome: CheckOutcome; readonly staleMs?: number }
  /** Invalidation events were made durable. */
  | { readonly kind: 'invalidation'; readonly events: number; readonly tags: number }
  /** A request was over a limit of its user or workspace, or could not be held against it. */
  | { readonly kind: 'rate-limited'; readonly scope: LimitScope; readonly outcome: LimitOutcome }

/** Where events go. Never throws, never waits. */
export interface Recorder {
  record(event: CacheEvent): void
}
