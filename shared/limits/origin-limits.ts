/** The bounds of the origin: queries, contacts, imports, and the rate limits of its writers. */
export const originLimits = {
  /** The defaults for queries that run and for queries that wait for a place. */
  queriesAtOnceDefault: 32,
  queriesWaitingDefault: 512,
  /** Reads, writes, imports and mail need one place each. */
  queriesAtOnceMin: 4,
  /**
   * The shares of all places that are reserved for writes, imports and mail; the rest belongs to reads. Of the waiting room,
   * writes have their share and reads the rest.
   */
  writePlacesShare: 1 / 4,
  importPlacesShare: 1 / 16,
  mailPlacesShare: 1 / 8,
  writeWaitingShare: 1 / 4,
  /**
   * The share of a class of queries that one workspace may take, and that one caller may take in all workspaces
   * together.
   */
  workspacePlacesShare: 1 / 2,
  workspaceWaitingShare: 3 / 4,
  callerPlacesShare: 1 / 4,
  callerWaitingShare: 1 / 2,
  /** The rows of tallies that one call sums up, and the greatest number of calls in a row. */
  foldRowsMax: 5_000,
  foldRoundsMax: 20,
  /**
   * The contacts whose search text one call rebuilds after an upgrade; each call locks rows for some tenths of a
   * second.
   */
  renewedRowsMax: 1_000,
  retryAfterSeconds: 1,
  stopGraceMs: 30_000,
  /** Imports of contacts: the lines, the batches (each is one statement), and the rejections after which an import stops. */
  importLinesMax: 1_000_000,
  importLineBytesMax: 65_536,
  importBatchLinesMax: 500,
  importBatchBytesMax: 1_048_576,
  importRejectionsMax: 10_000,
  /** The lines with ignored fields that a report names. The import continues after them. */
  importIgnoredMax: 10_000,
  importIdleMs: 30_000,
  /** An upload that is slower than this counts as stalled. */
  importPaceBytesPerSecondMin: 4_096,
  /** How long an import may keep the thread before it yields. */
  importSliceMs: 5,
  /**
   * The imports that run in parallel for a workspace (and for a caller) and for the process; those that wait for their turn, and how
   * long they wait.
   */
  workspaceImportsMax: 2,
  importsMax: 8,
  workspaceImportsWaitingMax: 8,
  importsWaitingMax: 64,
  importTurnWaitMs: 10_000,
  importRetryAfterSeconds: 5,
  /** The default rate limits for writes of members at the origin. They equal those for reads in wrangler.toml. */
  rateLimitUserDefault: 600,
  rateLimitWorkspaceDefault: 30_000,
  rateLimitWindowDefaultSeconds: 60,
  /** The clock skew that is tolerated in a token's times. */
  tokenSkewSeconds: 10,
  /** A warm-up: the boards of a workspace, and the entries of all resources. An entry takes some 8 of 1,000 subrequests. */
  warmBoardsMax: 50,
  warmEntriesMax: 100,
} as const
