import { aheadLimits } from './ahead-limits.ts'
import { regionLimits } from './region-limits.ts'

/** The bounds of the Worker: entries, the memory of an isolate, deadlines, memberships, monitoring. */
export const edgeLimits = {
  ...aheadLimits,
  ...regionLimits,
  /** The size of an entry. KV accepts 25 MiB for a value and 512 bytes for a key; Upstash accepts 10 MB for a request. */
  entryBytesMax: 4_194_304,
  entryHeaderBytesMax: 8_192,
  entryTagsMax: 256,
  keyBytesMax: 512,
  keyPartCharactersMax: 160,
  /** KV refuses a shorter expirationTtl (Cloudflare, Workers KV limits). */
  kvExpirationSecondsMin: 60,
  /** KV accepts one write a second for each key (the same page). */
  kvWritePauseMs: 1_000,
  /**
   * The age from which an entry that is found in Redis is worth a write to KV. Before that, the isolates that see the same write
   * take it from Redis one after the other, and many an entry is replaced soon.
   */
  settledMs: 2_000,
  /** The entries in the memory of one isolate, which has 128 MB, and the share of this bound that one entry may take. */
  memoryCacheBytesDefault: 16_777_216,
  memoryCacheBytesMax: 67_108_864,
  memoryEntryShareMax: 1 / 16,
  /** The other memories of an isolate, in their numbers of elements. An isolate has 128 MB (Cloudflare, Workers limits). */
  isolateViewsBytesMax: 16_777_216,
  isolateViewsMax: 250,
  isolateSettingsMax: 1_000,
  isolateTokensMax: 5_000,
  /** Remembered URLs of all routes together: their number, and the sum of their characters. */
  isolateQuestionsMax: 4_000,
  isolateQuestionUrlCharactersMax: 1_000_000,
  isolateMembershipsMax: 10_000,
  /** Callers that the origin remembers as strangers of a workspace: their number, and how long none of them causes a query. */
  originStrangersMax: 1_000,
  originStrangerSeconds: 1,
  /**
   * The questions that would follow the last answers of readers, and the pages that a reader must have read in a row before this one
   * so that the page after it is loaded ahead.
   */
  isolateExpectedMax: 2_000,
  pagesInARowMin: 2,
  /**
   * The questions of a workspace that are renewed after a change: their number, and the time within which two reads make a question
   * worth that. Isolates spread their renewals over a while, so that most of them find in a tier what another one has loaded.
   */
  watchedMax: 32,
  watchedMs: 120_000,
  renewalSpreadMs: 1_000,
  /** A request may have six connections open (Cloudflare, Workers limits); renewals leave some of them to others. */
  renewalsAtOnce: 2,
  isolateOverdueMax: 1_000,
  isolateKvWritesMax: 1_000,
  /** The users whose requests an isolate counts, and likewise the workspaces. */
  isolateLimitedMax: 10_000,
  membershipSeconds: 60,
  /**
   * Strangers: users who are no members of a workspace. They are remembered apart from members and so evict none. If the ledger is
   * reachable, a stranger who becomes a member is noticed sooner than this.
   */
  isolateStrangersMax: 5_000,
  strangerSeconds: 10,
  /** A user's lookups about workspaces without being a member: the users that are counted, and the lookups in a window. */
  isolateLookupUsersMax: 5_000,
  membershipLookupsMax: 60,
  membershipLookupsSeconds: 60,
  /**
   * How long a known member may continue to read while memberships cannot be looked up, unless the ledger shows that the membership
   * changed (SPEC 8: cached answers are served).
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
  /**
   * How long a request may take until it is answered: a read, which may load three times, and everything else, where an upload may be large.
   * The calls behind it have shorter deadlines.
   */
  answerDeadlineMs: 45_000,
  workDeadlineMs: 3_600_000,
  settingsDeadlineMs: 1_500,
  /** How long the lookup of a member within the grace period may take before the remembered role is used. */
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
   * Metrics: the calls a second that one object accepts from all its callers together, and the longest pause that it demands of a
   * caller.
   */
  figuresCallsPerSecondMax: 200,
  figuresPauseMaxMs: 10_000,
  /** Samples: how many seconds are kept one by one, the span of older samples, and how long samples are kept. */
  samplesFineSeconds: 300,
  samplesCoarseSeconds: 10,
  samplesKeptSeconds: 3_600,
  /** Figures by hour, of which 720 are 30 days, and the versions of the Worker whose first appearance is kept. */
  hoursKeptMax: 720,
  versionsKeptMax: 200,
  /**
   * Where reads and misses come from: how many keys, boards and workspaces a batch of an isolate and an hour of the deployment track,
   * the characters of a question, and the versions in a batch.
   */
  causesBatchMax: 128,
  causesKeptMax: 750,
  causesQuestionCharactersMax: 400,
  causesVersionsMax: 8,
  /** How often a location hands them to the overview, how often it stores the running hour, and how many finished hours it keeps. */
  causesDeliveryMs: 10_000,
  causesStoredEveryMs: 300_000,
  causesHoursMax: 24,
  workspaceHoursMax: 168,
  /** The rows of a list of the hottest keys, boards and workspaces, and of a list of routes. */
  causesShownMax: 50,
  routesShownMax: 250,
  /** After a failure of the origin, no entry is loaded ahead for this long. */
  loadsAheadPauseMs: 5_000,
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
