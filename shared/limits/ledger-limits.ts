import { rolloutLimits } from './rollout-limits.ts'

/** The bounds of freshness, of ledgers and their views, and of the outbox and its relay. */
export const ledgerLimits = {
  /** Ledgers carry the rollout to the isolates. */
  ...rolloutLimits,
  /** The staleness bound (`STALENESS_BOUND_MS`), and how long an older entry may answer after its lifetime if the origin fails. */
  stalenessBoundDefaultMs: 1_000,
  stalenessBoundMaxMs: 30_000,
  staleIfErrorDefaultSeconds: 86_400,
  staleIfErrorMaxSeconds: 604_800,
  /**
   * How long a loaded entry is still shared with readers that looked into the tiers before it was stored there, with bounds on the
   * number and the size of such entries. Longer than the deadlines of all tiers together, because a lookup on an overloaded machine
   * takes that long.
   */
  flightLingerMs: 5_000,
  flightsLingeringMax: 64,
  flightLingerBytesMax: 262_144,
  /** The loads of one read. Another load is needed if an entry is invalidated while it is loaded. */
  loadAttemptsMax: 3,
  /** The tags of a ledger, at four bytes each. Their number follows from the families (tags/families.ts). */
  ledgerTagsMax: 16_384,
  /** The buckets of a family, depending on the number of its things in a workspace; the buckets of places and the slots of each. */
  tagBucketsMost: 1_024,
  tagBucketsMany: 512,
  tagBucketsSome: 256,
  tagBucketsFew: 64,
  placeBuckets: 512,
  placeSlots: 16,
  /** The buckets of a family that a statement names one by one. If it changes more, it moves the whole family. */
  bucketsNamedMax: 32,
  /** The last events of a workspace whose ids its ledger remembers. */
  ledgerEventIdsMax: 10_000,
  /**
   * The ledger's log: the rows of the ring, the batches from one snapshot to the next (each takes a row), and the bytes of a row. SQLite
   * in a Durable Object accepts rows of 2 MB (Cloudflare, Durable Objects limits).
   */
  ledgerLogRowsMax: 10_000,
  ledgerBatchesPerSnapshot: 1_000,
  ledgerRowBytesMax: 2_000_000,
  /**
   * Views that the isolates of a location share: the number of changes, how long they are kept, how long a call may take, and how far
   * the clocks of the isolates may differ.
   */
  sharedChangesMax: 500,
  sharedViewSeconds: 60,
  sharedViewDeadlineMs: 100,
  locationClockSkewMs: 100,
  /** The moves of an outbox row. The triggers name buckets of at most seven families, and families without buckets. */
  outboxTagsMax: 240,
  /** The tags of an outbox row that was written before there were moves. */
  olderOutboxTagsMax: 17,
  relayBatchMax: 200,
  relayDeadlineMs: 3_000,
  /** How long a relay's claim on rows is valid. After it, another relay can claim the rows of one that died. */
  outboxLeaseMs: 5_000,
  outboxDeadlineMs: 3_000,
  /**
   * How long a look at the outbox waits in the database for a row, and how long a relay waits for its answer. An answer that is lost
   * costs no more time than the longest pause between two polls.
   */
  outboxWaitMs: 300,
  outboxWaitDeadlineMs: 500,
  outboxAttemptsMax: 20,
  /** How long the answer to a write waits for the ledger. If it takes longer, the relay delivers the row in the background. */
  writeRelayDeadlineMs: 1_500,
  /** The age of the oldest row of the outbox from which `/health` reports it. */
  outboxLagAlarmMs: 30_000,
} as const
