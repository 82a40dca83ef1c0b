/** The Worker: entries, what an isolate remembers, deadlines, memberships, monitoring. */
export const edgeLimits = {
  /** Entries. KV accepts 25 MiB for a value and 512 bytes for a key; Upstash accepts 10 MB for a request. */
  entryBytesMax: 4_194_304,
  entryHeaderBytesMax: 8_192,
  entryTagsMax: 256,
  keyBytesMax: 512,
  keyPartCharactersMax: 160,
  /** KV refuses a shorter expirationTtl (Cloudflare, Workers KV limits). */
  kvExpirationSecondsMin: 60,
  /** KV accepts one write a second for each key (the same page). */
  kvWritePauseMs: 1_000,
  /** Entries in the memory of one isolate (128 MB in all), and the share of it that one entry may take. */
  memoryCacheBytesDefault: 16_777_216,
  memoryCacheBytesMax: 67_108_864,
  memoryEntryShareMax: 1 / 16,
  /** What one isolate remembers (128 MB in all, Cloudflare, Workers limits). */
  isolateViewsBytesMax: 16_777_216,
  isolateViewsMax: 250,
  isolateSettingsMax: 1_000,
  isolateTokensMax: 5_000,
  /** Of all resources together, by URL: how many, and the characters of the URLs that are kept. */
  isolateQuestionsMax: 4_000,
  isolateQuestionUrlCharactersMax: 1_000_000,
  isolateMembershipsMax: 10_000,
  /** Callers that the origin remembers as no members: how many, and how long none of them causes another query. */
  originStrangersMax: 1_000,
  originStrangerSeconds: 1,
  isolateExpectedMax: 2_000,
  /** Of each workspace: the pages that its readers look at, and how long after the last read they count. */
  watchedMax: 32,
  watchedMs: 120_000,
  /** A request may have six connections open (Cloudflare, Workers limits); renewals leave some of them to others. */
  renewalsAtOnce: 2,
  isolateOverdueMax: 1_000,
  isolateKvWritesMax: 1_000,
  /** Of users, and of workspaces. */
  isolateLimitedMax: 10_000,
  membershipSeconds: 60,
  /**
   * Users who are no members of a workspace. They are remembered apart from members, so that they evict none. The ledger
   * tells sooner when one of them has been added.
   */
  isolateStrangersMax: 5_000,
  strangerSeconds: 10,
  /** Membership queries of users about workspaces they are not known to be in, unless they turn out to be members. */
  isolateLookupUsersMax: 5_000,
  membershipLookupsMax: 60,
  membershipLookupsSeconds: 60,
  /**
   * How long a known member can go on reading while memberships cannot be checked, unless the ledger says that theirs changed
   * (SPEC 8: what is cached is served).
   */
  membershipGraceSeconds: 3_600,
  /** Deadlines of a single outgoing call, in milliseconds. */
  edgeCacheDeadlineMs: 250,
  kvDeadlineMs: 1_000,
  redisDeadlineMs: 1_000,
  ledgerDeadlineMs: 2_000,
  /**
   * The platform's decision is made beside the read while Redis is away. The count in Redis runs after the answer,
   * where nobody waits for it.
   */
  rateLimitDecisionDeadlineMs: 100,
  rateLimitCountDeadlineMs: 500,
  originDeadlineMs: 10_000,
  /**
   * How long a reader that already holds an older entry waits for the origin, and for how long later readers do not
   * wait again.
   */
  fallbackPatienceMs: 2_500,
  overduePauseMs: 10_000,
  settingsDeadlineMs: 1_500,
  /** Used if a known member could be let in during the grace period. */
  membershipDeadlineMs: 1_500,
  jwksDeadlineMs: 2_000,
  metricsStoreDeadlineMs: 2_000,
  /** How long the overview waits for a shard while a reader waits for the sum, and for the origin's figures. */
  shardDeadlineMs: 1_000,
  originFiguresDeadlineMs: 1_500,
  probeDeadlineMs: 1_500,
  /** How long an isolate gives all callers the same answer of a public route. */
  publicAnswerMs: 1_000,
  queryDeadlineMs: 8_000,
  /**
   * The issuer's keys: the age from which they are fetched again (a revoked key may verify that long), and the age at
   * which they are no longer used.
   */
  jwksRenewAfterMs: 600_000,
  jwksUsableMs: 86_400_000,
  /** The least time between two fetches while keys are known. It bounds a flood of tokens with invented key ids. */
  jwksCooldownMs: 30_000,
  /** The least time between two fetches while no keys are known and the issuer fails. */
  jwksFailureCooldownMs: 1_000,
  jwksCharactersMax: 262_144,
  /**
   * Figures: the calls a second that one object accepts from all its callers together, and the longest that a caller is
   * told to wait.
   */
  figuresCallsPerSecondMax: 200,
  figuresPauseMaxMs: 10_000,
  /** Samples: how many seconds are kept one by one, the span of older samples, and how long samples are kept. */
  samplesFineSeconds: 300,
  samplesCoarseSeconds: 10,
  samplesKeptSeconds: 3_600,
  /** After a failure of the origin nothing is loaded ahead for this long. */
  loadsAheadPauseMs: 5_000,
  /** How long the report of a committed write may be in flight before its absence counts as a violation. */
  consistencyPatienceMs: 5_000,
  /** Alerts: how many changes are kept, and how a change is sent to the webhook. */
  alertChangesKeptMax: 200,
  alertChangesWaitingMax: 500,
  alertTriesMax: 15,
  alertWebhookDeadlineMs: 10_000,
  /**
   * Deliveries in parallel. A Worker has six connections (Cloudflare, Workers limits), and the object needs some for
   * other calls.
   */
  alertSendsMax: 4,
  /** The monitoring stream: how many at once, how long each lasts, and how much is buffered for a slow reader. */
  streamsMax: 100,
  streamsPerWorkspaceMax: 25,
  streamsPerUserMax: 4,
  streamDurationMs: 300_000,
  streamHeartbeatMs: 15_000,
  streamBufferBytes: 65_536,
  /** A reader that takes nothing for this long is disconnected. */
  streamStalledMs: 60_000,
  /** Rate limits: the share of a limit that an isolate lets through before it reports to the others. */
  rateLimitBatchShare: 0.05,
  rateLimitRequestsMax: 1_000_000,
  rateLimitWindowMaxSeconds: 3_600,
} as const
