/** Freshness, ledgers and their views, the outbox and its relay. */
export const ledgerLimits = {
  /** Freshness. */
  stalenessBoundDefaultMs: 1_000,
  stalenessBoundMaxMs: 30_000,
  staleIfErrorDefaultSeconds: 86_400,
  staleIfErrorMaxSeconds: 604_800,
  /**
   * How long a loaded entry may still be shared with readers that looked for it before it was stored, with bounds on
   * number and size. Longer than the deadlines of all tiers together: on an overloaded machine a lookup takes that
   * long.
   */
  flightLingerMs: 5_000,
  flightsLingeringMax: 64,
  flightLingerBytesMax: 262_144,
  /** How often a read loads again because the loaded entry was invalidated meanwhile. */
  loadAttemptsMax: 3,
  /** Ledger: what it remembers of a workspace. Its tags are so many by construction (tags/families.ts): four bytes each. */
  ledgerTagsMax: 16_384,
  /** Buckets of a family, by how many things of it a workspace has; of the places, and the slots of each. */
  tagBucketsMost: 1_024,
  tagBucketsMany: 512,
  tagBucketsSome: 256,
  tagBucketsFew: 64,
  placeBuckets: 512,
  placeSlots: 16,
  /** Buckets of a family that a statement names one by one; past that it moves the family. */
  bucketsNamedMax: 32,
  ledgerEventIdsMax: 10_000,
  /**
   * The ledger's log: rows of the ring, batches (a row each) from one snapshot to the next, and the bytes of a row, of which
   * SQLite in a Durable Object accepts 2 MB (Cloudflare, Durable Objects limits).
   */
  ledgerLogRowsMax: 10_000,
  ledgerBatchesPerSnapshot: 1_000,
  ledgerRowBytesMax: 2_000_000,
  /**
   * Views shared by the isolates of a location: how many changes, for how long, and how far their clocks may differ.
   */
  sharedChangesMax: 500,
  sharedViewSeconds: 60,
  sharedViewDeadlineMs: 100,
  locationClockSkewMs: 100,
  /**
   * Outbox and relay. A row's moves are bounded by the triggers: seven families of buckets, and those that are one thing. Rows
   * that were written before there were moves have at most so many tags.
   */
  outboxTagsMax: 240,
  olderOutboxTagsMax: 17,
  relayBatchMax: 200,
  relayDeadlineMs: 3_000,
  /** How long a claim is valid. The rows of a relay that died can be claimed again after it. */
  outboxLeaseMs: 5_000,
  outboxDeadlineMs: 3_000,
  outboxAttemptsMax: 20,
  /** How long the answer to a write waits for the ledger. The background relay delivers what takes longer. */
  writeRelayDeadlineMs: 1_500,
  /** The age of the oldest row of the outbox from which `/health` reports it. */
  outboxLagAlarmMs: 30_000,
} as const
