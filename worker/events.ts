import type { HubFrame, liveCloseCodes } from '../shared/contract/live.ts'
import type { ShadowOutcome } from '../shared/contract/rollout.ts'
import type { SourceName, TierName } from '../shared/contract/tier-names.ts'
import type { ContextSource } from '../shared/contract/voice.ts'
import type { ResourceName } from '../shared/resources/index.ts'
import type { Served } from '../shared/resources/served.ts'

/** Why a tier has no answer. `breaker-open`: it was not called, because earlier calls failed. */
export type TierFailureKind =
  | 'timeout'
  | 'unavailable'
  | 'rate-limited'
  | 'corrupt'
  | 'too-large'
  | 'breaker-open'
/** A tier has one breaker for reads and one for writes: a place that refuses writes can still be read. */
export type BreakerSide = 'get' | 'put'
export type BreakerState = 'closed' | 'open' | 'half-open'

/** The parts that a region has of its own. */
export type RegionPart = 'origin' | 'redis'

/** The way on which a message came: the webhook as JSON or as MIME, or Email Routing. */
export type MailWay = 'json' | 'mime' | 'routing'
/**
 * The outcome of a message, with the place that recognized it if it was seen before or past a limit. `refused`: it cannot be taken as it is.
 * `failed`: the service could not take it, and it may be sent again.
 */
export type MailResult =
  | 'processed'
  | 'queued'
  | 'duplicate-redis'
  | 'duplicate-database'
  | 'limited-redis'
  | 'limited-database'
  | 'refused'
  | 'failed'

export type RequestMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS' | 'other'
export type StoreCause = 'fill' | 'back-fill'
/** A limit counts the requests of a user or of a workspace, or the calls of a number or to an organization. */
export type LimitScope = 'user' | 'workspace' | 'call-number' | 'call-organization'
/**
 * `refused`: by the isolates' own count. While Redis is away: `refused-by-platform` and `passed-by-platform` by the
 * count of the location, `let-through` if that is unavailable too.
 */
export type LimitOutcome = 'refused' | 'refused-by-platform' | 'passed-by-platform' | 'let-through'

/**
 * The outcome of checking a served answer against the database. `excused`: a change was in flight and has arrived
 * since. `unknown`: a part did not answer, or the answer changes with time alone.
 */
export type CheckOutcome = 'consistent' | 'excused' | 'violated' | 'unknown'

/** Why an entry is loaded ahead: its reader goes from page to page, a write moved it, or a deploy or working hours begin. */
export type AheadReason = 'page' | 'write' | 'deploy' | 'schedule'
export type AheadOutcome = 'loaded' | 'found' | 'failed' | 'refused' | 'passing'

/**
 * Everything the Worker counts. This union is the only surface between the code that acts and the figures. No event
 * carries a workspace, a user or a key.
 */
export type CacheEvent =
  /** A request was answered, successfully or not. */
  | {
      readonly kind: 'request'
      readonly method: RequestMethod
      /** The pattern of the route; `none` if no route matches. */
      readonly route: string
      readonly httpStatus: number
      readonly durationMs: number
    }
  /** A request for a cached resource was answered. */
  | {
      readonly kind: 'read'
      readonly resource: ResourceName
      /** The HTTP status of the answer. */
      readonly httpStatus: number
      /** How the request was answered; absent if it ended in an error. */
      readonly served?: { readonly status: Served['status']; readonly source: SourceName }
      readonly durationMs: number
      /** The age of the view that the answer was judged by; absent if no view was used. */
      readonly viewAgeMs?: number
    }
  /** An entry was looked up in a tier. */
  | {
      readonly kind: 'tier-get'
      readonly tier: TierName
      readonly outcome: 'hit' | 'miss' | TierFailureKind
      readonly durationMs: number
    }
  /** An entry was handed to a tier. `skipped`: no write was necessary, and none was made. */
  | {
      readonly kind: 'tier-put'
      readonly tier: TierName
      readonly outcome: 'done' | 'skipped' | TierFailureKind
    }
  /** A tier stored an entry, after a load or after a hit in a farther tier. */
  | {
      readonly kind: 'entry-stored'
      readonly tier: TierName
      readonly cause: StoreCause
      readonly bodyBytes: number
    }
  /** A tier had an entry whose body does not have the form that it is presented in: a miss. */
  | { readonly kind: 'unreadable-entry'; readonly tier: TierName }
  /** A tier dropped an entry to make room. */
  | { readonly kind: 'eviction'; readonly tier: TierName }
  /** A circuit breaker changed to `state`. */
  | {
      readonly kind: 'breaker'
      readonly tier: TierName | 'origin'
      readonly side: BreakerSide
      readonly state: BreakerState
    }
  /**
   * A region was to answer, where there are several. `passed-on`: it did not answer, or its breaker was open, and the next one was
   * called.
   */
  | {
      readonly kind: 'region'
      readonly region: string
      readonly part: RegionPart
      readonly outcome: 'used' | 'passed-on'
    }
  /** The ledger was called. */
  | {
      readonly kind: 'ledger'
      readonly call: 'since' | 'advance' | 'watch'
      readonly outcome: 'done' | 'timeout' | 'unavailable'
      readonly durationMs: number
    }
  /** The origin was called. */
  | {
      readonly kind: 'origin'
      readonly outcome:
        | 'done'
        | 'not-found'
        | 'refused'
        | 'overloaded'
        | 'timeout'
        | 'unavailable'
        /** The origin's answer was larger than an entry may be. */
        | 'too-large'
      readonly durationMs: number
    }
  /**
   * A served answer was compared with the database. `staleMs` is an upper bound for the age of a change that the answer
   * missed; absent if it is not known.
   */
  | { readonly kind: 'consistency'; readonly outcome: CheckOutcome; readonly staleMs?: number }
  /**
   * An answer of the database was compared with what the tiers would have said. `savedMs` is the time that they would have saved; absent
   * if they would not have answered the same.
   */
  | {
      readonly kind: 'shadow'
      readonly resource: ResourceName
      readonly outcome: ShadowOutcome
      readonly savedMs?: number
    }
  /**
   * An entry was to be loaded before a reader needs it, and why. `found`: a tier had it. `refused`: a bound, the origin or the workspace's
   * settings forbade the load.
   */
  | { readonly kind: 'load-ahead'; readonly why: AheadReason; readonly outcome: AheadOutcome }
  /** Invalidation events were made durable. */
  | { readonly kind: 'invalidation'; readonly events: number; readonly tags: number }
  /** A call was answered before it was picked up, with variables from these places. */
  | { readonly kind: 'call-answered'; readonly contextSource: ContextSource }
  /** A message was answered. */
  | { readonly kind: 'mail'; readonly way: MailWay; readonly result: MailResult; readonly durationMs: number }
  /** A request exceeded a limit of its user or workspace, or Redis was away and another count decided. */
  | { readonly kind: 'rate-limited'; readonly scope: LimitScope; readonly outcome: LimitOutcome }

  /** A user asked a hub for a live connection. */
  | {
      readonly kind: 'live-connect'
      readonly outcome: 'admitted' | 'full' | 'user-full' | 'ledger-away' | 'membership-moved'
    }
  /** A hub sent a frame. */
  | { readonly kind: 'live-frame'; readonly frame: HubFrame['type'] }
  /** A hub loaded the answer of a question that is shown. */
  | { readonly kind: 'live-load'; readonly outcome: 'done' | 'failed' }
  /** A hub closed a connection. */
  | { readonly kind: 'live-close'; readonly reason: keyof typeof liveCloseCodes }

/** Receives events. Never throws and never waits. */
export interface Recorder {
  record(event: CacheEvent): void
}
