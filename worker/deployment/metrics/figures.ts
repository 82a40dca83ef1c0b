import type { SourceName } from '../../../shared/contract/tier-names.ts'
import type { Gauges } from './gauges.ts'
import type { Totals } from './totals.ts'

/**
 * What isolates, shards and the overview say to each other. An isolate adds batches to the shard of its location; a shard
 * reports its sums to the overview, whole each time, so that a report that comes twice or late does no harm.
 */
export interface MetricsShard extends Rpc.DurableObjectBranded {
  /** Adds a batch, once, and answers when the writer may send its next. */
  add(id: FlushId, location: string, totals: Totals, gauges: Gauges): Receipt
  /** What it holds, confirmed batches included; null where it never held anything. */
  currentReport(): ShardReport | null
}

/** What the one object that sums the whole deployment is told by shards, and tells isolates. */
export interface MetricsSums extends Rpc.DurableObjectBranded {
  report(report: ShardReport): Receipt
  /** The figures with the news of every shard in them, `location`'s own first of all. */
  read(location: string): Promise<Figures>
}

/** Names a batch: a writer's batches are numbered from 1, and it sends one only once the one before was taken. */
export interface FlushId {
  readonly writer: string
  readonly sequence: number
}

export interface Receipt {
  /** How long to leave it alone: what keeps a store within a few hundred calls a second. */
  readonly nextMs: number
}

/** The sums of a shard since it began. `epoch` names that beginning: another one counts from nothing again. */
export interface ShardReport {
  readonly location: string
  readonly epoch: string
  /** Grows with every batch; the higher one is the newer. */
  readonly batches: number
  readonly totals: Totals
  readonly gauges: Gauges
}

/** The deployment's figures as the overview has them. */
export interface Figures {
  readonly atMs: number
  readonly totals: Totals
  /** By location, of those heard of in the last minute. */
  readonly gauges: Readonly<Record<string, Gauges>>
  readonly shards: number
  /** Shards that could not be asked: of them the sums hold what they last reported. */
  readonly shardsAway: number
  /** Null before the origin was first asked. */
  readonly origin: OriginStatus | null
}

/** The origin as it last told of itself. */
export interface OriginStatus {
  readonly fetchedAtMs: number
  /** Whether it answered when it was last asked; if not, the rest is from before, or null. */
  readonly isUp: boolean
  readonly queriesRunning: number | null
  readonly queriesWaiting: number | null
  readonly outbox: OutboxStatus | null
}

interface OutboxStatus {
  readonly status: 'off' | 'running' | 'failing' | 'lagging' | 'parked'
  /** Null before it could be asked for the first time. */
  readonly depth: number | null
  readonly oldestAgeMs: number | null
  readonly parked: number | null
  /** Since that origin started. */
  readonly relayed: number
}

/** What happened in a span of time that ended at `atMs`. */
export interface Sample {
  readonly atMs: number
  readonly spanMs: number
  /** Everything that was counted in it. */
  readonly totals: Totals
  readonly sums: ReadSums
}

/** Reads of cached resources in a span of time, in brief. */
export interface ReadSums {
  readonly requests: number
  readonly hits: number
  /** Answers of 500 and above. */
  readonly errors: number
  readonly violations: number
  /** Sum over all requests. */
  readonly durationMs: number
  readonly sources: Readonly<Record<SourceName, number>>
}
