import { partNames } from '../../../shared/contract/tier-names.ts'

/** The parts that can be away: all that answer over a network. */
export const watchedParts = partNames.filter((part) => part !== 'memory')
export type WatchedPart = (typeof watchedParts)[number]

/** Queues whose length is known: what waits for the ledgers, and for a place among the origin's queries. */
export const queueNames = ['outbox', 'origin_queries'] as const
type QueueName = (typeof queueNames)[number]

/** Sums of what happened in a span of time. */
export interface SpanSums {
  readonly requests: number
  readonly hits: number
  /** Answers of 500 and above. */
  readonly errors: number
  /** Sum over all requests. */
  readonly durationMs: number
  readonly violations: number
}

/** What is known of a part that may be away. */
export interface PartStatus {
  /** From the first failure after the last success to the latest; 0 where the latest call succeeded. */
  readonly awayMs: number
  /** When it was last called, by anybody; null: not since anyone watches. */
  readonly heardAtMs: number | null
  /** Calls since it changed over between away and not. */
  readonly calls: number
}

/** The whole deployment as rules look at it. */
export interface Observation {
  readonly atMs: number
  /** Sums over the last so many seconds. */
  over(windowSeconds: number): SpanSums
  readonly parts: Readonly<Record<WatchedPart, PartStatus>>
  /** Null while nobody can say. */
  readonly outbox: { readonly oldestAgeMs: number } | null
  readonly queues: Readonly<Record<QueueName, number | null>>
}
