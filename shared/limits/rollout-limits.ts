/** The bounds of the rollout (contract/rollout.ts): its setting, how a change reaches the ledgers, and what shadow may cost. */
export const rolloutLimits = {
  /** The workspaces of each list of the setting, and the bytes of a change with all lists full: each id has 64 characters at most. */
  rolloutWorkspacesMax: 500,
  rolloutBodyBytesMax: 131_072,
  /** The buckets over which workspaces are spread: a percentage has two decimals. */
  rolloutBuckets: 10_000,
  /**
   * The time for which a ledger that has asked receives changes. It asks again after half of that time, and nothing is sent to one that has
   * slept for longer. If more ledgers are awake than the deployment keeps, the others ask again after the short time.
   */
  rolloutLeaseMs: 3_600_000,
  rolloutLedgersMax: 20_000,
  rolloutShortLeaseMs: 1_000,
  /** How long a ledger that wakes up waits for the rollout, and the least time between two questions of one that got no answer. */
  rolloutAskDeadlineMs: 500,
  rolloutAskEveryMs: 1_000,
  /**
   * How a change is told: how long one ledger has to confirm it, how many are called at once and in a round (1,000 calls are possible for
   * a request, Cloudflare, Workers limits), the pause between rounds, and how long the call that changes the setting waits for them.
   */
  rolloutTellDeadlineMs: 1_000,
  rolloutTellsAtOnce: 200,
  rolloutTellsPerRoundMax: 900,
  rolloutTellAgainMs: 1_000,
  rolloutChangeWaitsMs: 3_000,
  rolloutChangeDeadlineMs: 5_000,
  /** How long queries that the tiers do not answer share a result after it arrived, as long as nothing moved. */
  rolloutLingerMs: 1_000,
  /** The seconds over which readers spread their return after a 503 of the database that answers them. */
  rolloutRetrySpreadSeconds: 5,
  /** The comparisons of an isolate at once, after which time one is taken for lost, and how long none begins after the origin has failed. */
  shadowAtOnceMax: 8,
  shadowLostMs: 10_000,
  shadowPauseMs: 5_000,
  /** The places of one difference, the characters of each, and the places that the deployment keeps. */
  differencePlacesMax: 5,
  differencePlaceCharactersMax: 120,
  differencesKeptMax: 100,
  /** The violations that an isolate reports in a minute. */
  violationsPerMinuteMax: 10,
  /** A workspace returns to shadow after violations of this many distinct keys within this time. */
  suspectKeysMax: 3,
  suspectMs: 86_400_000,
  /** The keys of suspected workspaces that are kept. */
  suspectsKeptMax: 1_000,
  /** How old the origin's figures may be that say whether it has room. */
  originRoomAgeMaxMs: 15_000,
} as const
