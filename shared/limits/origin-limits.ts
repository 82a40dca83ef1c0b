/** The origin: queries, contacts, imports, and limits of its writers. */
export const originLimits = {
  /** Origin. */
  queriesAtOnceDefault: 32,
  queriesWaitingDefault: 512,
  /** One place each for reads, writes and imports. */
  queriesAtOnceMin: 3,
  /**
   * The shares of all places that are reserved for writes and imports; the rest belongs to reads. Of the waiting room,
   * writes have their share and reads the rest.
   */
  writePlacesShare: 1 / 4,
  importPlacesShare: 1 / 16,
  writeWaitingShare: 1 / 4,
  /**
   * The share of a class of queries that one workspace may take, and that one caller may take in all workspaces
   * together.
   */
  workspacePlacesShare: 1 / 2,
  workspaceWaitingShare: 3 / 4,
  callerPlacesShare: 1 / 4,
  callerWaitingShare: 1 / 2,
  /** The rows of the tallies that one call sums up, and how many calls follow each other. */
  foldRowsMax: 5_000,
  foldRoundsMax: 20,
  /**
   * The contacts whose search text one call rebuilds after an upgrade; each call locks rows for some tenths of a
   * second.
   */
  renewedRowsMax: 1_000,
  retryAfterSeconds: 1,
  stopGraceMs: 30_000,
  /** Import of contacts: the lines, a batch (which is one statement), and when an import gives up. */
  importLinesMax: 1_000_000,
  importLineBytesMax: 65_536,
  importBatchLinesMax: 500,
  importBatchBytesMax: 1_048_576,
  importRejectionsMax: 10_000,
  /** How many lines with ignored fields are named. An import continues past them. */
  importIgnoredMax: 10_000,
  importIdleMs: 30_000,
  /** An upload that is slower than this counts as stalled. */
  importPaceBytesPerSecondMin: 4_096,
  /** How long an import may keep the thread before it yields. */
  importSliceMs: 5,
  /**
   * Imports in parallel for a workspace (and for a caller) and for the process; how many wait for their turn, and how
   * long.
   */
  workspaceImportsMax: 2,
  importsMax: 8,
  workspaceImportsWaitingMax: 8,
  importsWaitingMax: 64,
  importTurnWaitMs: 10_000,
  importRetryAfterSeconds: 5,
  /** The presets for writes of members at the origin, the same as those for reads in wrangler.toml. */
  rateLimitUserDefault: 600,
  rateLimitWorkspaceDefault: 30_000,
  rateLimitWindowDefaultSeconds: 60,
  /** The clock skew that is tolerated in a token's times. */
  tokenSkewSeconds: 10,
  /** Warm-up: boards of a workspace, and entries of all resources. An entry takes some 8 of a request's 1,000 subrequests. */
  warmBoardsMax: 50,
  warmEntriesMax: 100,
} as const
