import type { OriginMetrics } from '../../../shared/contract/origin.ts'
import type { SourceName } from '../../../shared/contract/tier-names.ts'
import type { Causes } from './causes/cause-batch.ts'
import type { CauseDelivery } from './causes/cause-relay.ts'
import type { Gauges } from './gauges.ts'
import type { Totals } from './totals.ts'

/**
 * The calls between isolates, shards and the overview. An isolate adds batches to the shard of its location. A shard
 * reports all of its sums to the overview each time, so a report that arrives twice or late does no harm.
 */
export interface MetricsShard extends Rpc.DurableObjectBranded {
  /** Adds a batch once, and says when the writer may send the next one. */
  add(id: FlushId, location: string, totals: Totals, gauges: Gauges, causes?: Causes | null): Receipt
  /** Everything the shard has confirmed; null if it has never received a batch. */
  currentReport(): ShardReport | null
}

/** The calls of the one object that sums the whole deployment: shards report to it, isolates read from it. */
export interface MetricsSums extends Rpc.DurableObjectBranded {
  report(report: ShardReport): Receipt
  /** The figures, with the latest reports of all shards. The shard of `location` is always included. */
  read(location: string): Promise<Figures>
}

/**
 * Identifies a batch. A writer numbers its batches from 1 and sends the next one only after the previous one was
 * confirmed.
 */
export interface FlushId {
  readonly writer: string
  readonly sequence: number
}

export interface Receipt {
  /** How long the caller should wait before its next call. This keeps an object within a few hundred calls a second. */
  readonly nextMs: number
}

/** The sums of a shard since it began. A shard with another `epoch` has started again from zero. */
export interface ShardReport {
  readonly location: string
  readonly epoch: string
  /** Grows with every batch: of two reports the one with the higher number is newer. */
  readonly batches: number
  readonly totals: Totals
  readonly gauges: Gauges
  /** Not the sum, but what was collected since the last delivery; absent if there is none. */
  readonly causes?: CauseDelivery
}

/** The deployment's figures as the overview knows them. */
export interface Figures {
  readonly atMs: number
  readonly totals: Totals
  /** By location, for locations that reported within the last minute. */
  readonly gauges: Readonly<Record<string, Gauges>>
  readonly shards: number
  /** The number of shards that did not answer. The totals contain what they last reported. */
  readonly shardsAway: number
  /** Gauges of the deployment that have labels, by series. */
  readonly labelledGauges: Gauges
  /** Null before the first report of the origin. */
  readonly origin: OriginStatus | null
}

/** The origin's last report about itself. */
export interface OriginStatus {
  readonly fetchedAtMs: number
  /** Whether it answered the latest request. If not, the other values are older, or null. */
  readonly isUp: boolean
  readonly queriesRunning: number | null
  /** The places for queries. */
  readonly queriesRunningMax: number | null
  readonly queriesWaiting: number | null
  readonly outbox: OutboxStatus | null
  /** By queue; null if there are no queues, or they do not answer. */
  readonly jobs: OriginMetrics['jobs']
}

interface OutboxStatus {
  readonly status: 'off' | 'running' | 'failing' | 'lagging' | 'parked'
  /** Null until the relay has queried the outbox for the first time. */
  readonly depth: number | null
  readonly oldestAgeMs: number | null
  readonly parked: number | null
  /** Rows since that process of the origin started. */
  readonly relayed: number
}

/** The events of a span of time that ended at `atMs`. */
export interface Sample {
  readonly atMs: number
  readonly spanMs: number
  /** The sums of the span, as far as samples are shown (sampled-totals.ts). */
  readonly totals: Totals
  readonly sums: ReadSums
}

/** Reads of cached resources in a span of time, in brief. */
export interface ReadSums {
  readonly requests: number
  readonly hits: number
  /** Answers with a status of 500 or above. */
  readonly errors: number
  /** Answers with a status from 400 to 499. */
  readonly clientErrors: number
  readonly violations: number
  /** Sum over all requests. */
  readonly durationMs: number
  readonly sources: Readonly<Record<SourceName, number>>
  readonly mail: MailSums
}

/** New messages of inbound e-mail in a span of time. */
export interface MailSums {
  /** Those that were taken, and those that the service failed to take. */
  readonly received: number
  readonly failed: number
  /** Those that were processed at once, and the sum of the time until their answers. */
  readonly processed: number
  readonly processingMs: number
}
