/**
 * The bounds of the client's memory and of its patience. Those of a part that is loaded later are beside that part, which also checks how
 * they belong together (live/live-timing.ts, contact-writer.ts).
 */
export const clientLimits = {
  /** Queries that nobody listens to are forgotten past these, the longest unused first. */
  entriesMax: 300,
  entriesBytesMax: 16_777_216,
  storeAfterMs: 1_000,
  /** An attempt of a read, and of a write, of which the API knows the outcome within 10 s. */
  readDeadlineMs: 15_000,
  writeDeadlineMs: 13_000,
  tokenDeadlineMs: 15_000,
  /** 429 and 503 are tried again so often, and as long as the whole stays within `patienceMs`. */
  attemptsMax: 3,
  patienceMs: 20_000,
  retryAfterMaxMs: 60_000,
  /** How long a query that failed waits before it is asked again: at first, and at most. */
  retryFirstMs: 1_000,
  retryMostMs: 30_000,
  pollEveryMs: 10_000,
  pollEveryLeastMs: 1_000,
  /** How long an answer over HTTP counts as current after the time to the next poll. */
  pollGraceMs: 5_000,
  /** A read that follows another one within the staleness bound is not sent. */
  readAgainMs: 1_000,
  /** The time over which the clients that are told to ask spread their requests. */
  movedSpreadMs: 150,
  /** How long the hub may take to say whether what is held is current, before the API is asked. */
  hubAnswerMs: 2_000,
  /** How long a query stays shown after its last listener left, for one that comes back at once. */
  lingerMs: 500,
  /** How long the hub may take to tell a write of this client, before the API is asked. */
  writeToldMs: 2_500,
  preloadsAtOnce: 2,
  preloadsWaitingMax: 100,
} as const
