import {
  type QueueName as JobQueueName,
  queueNames as jobQueueNames,
} from '../../../shared/contract/queue-names.ts'
import { partNames } from '../../../shared/contract/tier-names.ts'
import { redisNamespaceNames } from '../../../shared/redis/names.ts'
import type { MailSums } from '../metrics/figures.ts'

/** The parts that can be away: all that answer over a network. */
export const watchedParts = partNames.filter((part) => part !== 'memory')
export type WatchedPart = (typeof watchedParts)[number]

/** The queues whose length is known: rows that wait for the ledgers, and queries that wait at the origin. */
export const queueNames = ['outbox', 'origin_queries'] as const
type QueueName = (typeof queueNames)[number]

/** The queues of the work in the background. */
export const watchedJobQueues: readonly JobQueueName[] = jobQueueNames
/** Every Redis that a deployment can have: the one for all, and one for each namespace. */
export const redisServerNames: readonly string[] = ['main', ...redisNamespaceNames]

/** Where messages of inbound e-mail can fail: on their way in, and as jobs. */
export const mailSubjects = ['deliveries', 'jobs'] as const

/** Sums over a span of time. */
export interface SpanSums {
  readonly requests: number
  readonly hits: number
  /** Answers with a status of 500 or above. */
  readonly errors: number
  /** Sum over all requests. */
  readonly durationMs: number
  readonly violations: number
  readonly mail: MailSums
}

/** The status of a part that may be away. */
export interface PartStatus {
  /** Time from the first failure since the last success to the latest failure; 0 if the latest call succeeded. */
  readonly awayMs: number
  /** When any isolate last called the part; null if none has since the watch began. */
  readonly heardAtMs: number | null
  /** Calls since the part last went away or came back. */
  readonly calls: number
}

/** A queue of the work in the background. */
export interface JobsSeen {
  readonly waiting: number
  readonly oldestWaitingMs: number
  /** Jobs that ended in the last hour, and those among them that failed. */
  readonly ended: number
  readonly failed: number
}

/** The whole deployment in the form that the rules measure. */
export interface Observation {
  readonly atMs: number
  /** Sums over the last `windowSeconds`. */
  over(windowSeconds: number): SpanSums
  readonly parts: Readonly<Record<WatchedPart, PartStatus>>
  /** Null while the origin does not report its outbox. */
  readonly outbox: { readonly oldestAgeMs: number } | null
  readonly queues: Readonly<Record<QueueName, number | null>>
  /** The work in the background, by queue. Empty while the origin does not report it. */
  readonly jobs: Readonly<Partial<Record<JobQueueName, JobsSeen>>>
  /** The share of its memory that each Redis uses, by the name of the server, for those whose size is known. */
  readonly redisMemory: Readonly<Record<string, number>>
}
