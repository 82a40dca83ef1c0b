/** The bounds of marks: what a relay posts, how ledgers learn of it, and how long a proof can keep an entry. */
export const markLimits = {
  /** The workspaces that a mark may except. With more of them, the relay posts no mark. */
  markExceptionsMax: 200,
  /** How long a relay waits for the answer to a mark. */
  markDeadlineMs: 3_000,
  /** The time from one question of a ledger for its proof to the next one. */
  proofAskedEveryMs: 10_000,
  /** How long a ledger that wakes up waits to hear whether it has gone back in time. Later it answers without a proof. */
  proofWakeDeadlineMs: 500,
  /** An entry is loaded again after this time, however often it was proved. */
  provedSecondsMax: 86_400,
  /** A mark with its exceptions: each is an id of at most 64 characters, with quotation marks and a comma. */
  markBodyBytesMax: 16_384,
  /** The differences that an isolate remembers until they are proved or excused, and for how long. */
  suspicionsMax: 100,
  suspicionMs: 600_000,
  /** The healing of violations: the tags that one moves, the time between two of a key, and the keys of a workspace in a minute and in memory. */
  healedTagsMax: 8,
  healKeyEveryMs: 3_600_000,
  healingsPerMinuteMax: 10,
  healedKeysMax: 1_000,
} as const
