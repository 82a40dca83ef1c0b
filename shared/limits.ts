/**
 * Everything that is accepted, kept, sent or waited for is bounded here, and the relations between the bounds are
 * asserted below. Limits of a platform name their source. The pace of a single part (how often it tries, how much it
 * gathers) stands in the file of that part.
 */
export const limits = {
  /** Query of a contact list (SPEC 1). */
  perPageDefault: 50,
  perPageMax: 100,
  pageMax: 1_000_000,
  searchCharactersMax: 200,
  cursorCharactersMax: 2_048,
  /** Requests. Cloudflare accepts URLs of 16 KB; nothing here needs a quarter of that. */
  urlBytesMax: 4_096,
  requestBodyBytesMax: 1_048_576,
  /** Smaller bodies: a workspace and a user, a workspace's settings, the settings of all alerts. */
  workspaceBodyBytesMax: 1_024,
  settingsBodyBytesMax: 4_096,
  alertSettingsBodyBytesMax: 16_384,
  /** The largest answer that the origin gives and the Worker accepts, in bytes. */
  answerBytesMax: 4_000_000,
  /** Objects and arrays inside each other. The row of a database webhook may contain JSON of its own. */
  jsonDepthMax: 64,
  /** Bodies that the origin reads, each large enough for its schema with every character escaped (six bytes each). */
  contactBodyBytesMax: 65_536,
  contactMoveBodyBytesMax: 2_048,
  loadBodyBytesMax: 20_480,
  /** As much as the database keeps of a workspace's settings; each resource may have a toggle and a lifetime of its own. */
  originSettingsBodyBytesMax: 4_096,
  /** The faults that an answer lists, and the characters of each parameter's name. */
  faultsMax: 20,
  faultParameterCharactersMax: 200,
  /** A request at the origin: the time its headers may take to arrive, and then its body. */
  arrivalDeadlineMs: 15_000,
  /** How long the origin goes on reading and discarding a body after it has answered early. */
  lingerMs: 500,
  tokenCharactersMax: 8_192,
  invalidationEventsMax: 500,
  eventIdCharactersMax: 200,
  /** A move: the name of a family, and a bucket or a bucket and a mask of slots. Of the older form of a tag: two identifiers. */
  moveCharactersMax: 17,
  olderTagCharactersMax: 270,
  /** A contact's texts, in characters, and its tags. The database has the same numbers (migrations, `bounds`). */
  nameCharactersMax: 200,
  emailCharactersMax: 320,
  phoneCharactersMax: 40,
  statusCharactersMax: 40,
  sourceCharactersMax: 100,
  messageCharactersMax: 4_000,
  contactTagsMax: 50,
  contactTagCharactersMax: 100,
  /** All texts of a contact together, in bytes of JSON, and the most that its ids, instants and field names add. */
  contactContentBytesMax: 32_768,
  contactFrameBytesMax: 3_072,
  /** The boards of a workspace, the columns of a board, and a board's id and name in bytes of JSON. */
  boardsMax: 1_000,
  columnsPerBoardMax: 500,
  boardBytesMax: 2_048,
  /** The assignees that an entry of counts names, and the bytes of such an entry with the longest ids. */
  countedAssigneesMax: 500,
  countsBytesMax: 163_840,
  /** Lifetimes a workspace may set, in seconds. */
  lifetimeSecondsMin: 30,
  lifetimeSecondsMax: 86_400,
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
  isolateQuestionersMax: 5_000,
  membershipQuestionsMax: 60,
  membershipQuestionsSeconds: 60,
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
  unaskedPauseMs: 5_000,
  /** How long the report of a committed write may be in flight before its absence counts as a violation. */
  consistencyPatienceMs: 5_000,
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
  /** Rate limits: the share of a limit that an isolate lets through before it reports to the others. */
  rateLimitBatchShare: 0.05,
  rateLimitRequestsMax: 1_000_000,
  rateLimitWindowMaxSeconds: 3_600,
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

function holds(condition: boolean, relation: string): void {
  if (!condition) throw new Error(`limits.ts: ${relation} does not hold`)
}

holds(limits.perPageDefault <= limits.perPageMax, 'perPageDefault <= perPageMax')
holds(limits.stalenessBoundDefaultMs <= limits.stalenessBoundMaxMs, 'default bound <= greatest bound')
holds(
  limits.staleIfErrorDefaultSeconds <= limits.staleIfErrorMaxSeconds,
  'default stale-if-error <= greatest',
)
holds(limits.queryDeadlineMs < limits.originDeadlineMs, 'a query ends before the Worker gives the origin up')
holds(
  limits.ledgerBatchesPerSnapshot <= limits.ledgerLogRowsMax,
  'the ring holds all batches since the last snapshot',
)
// A view has four bytes a tag, and some hundred for itself.
holds(
  limits.isolateViewsMax * (limits.ledgerTagsMax * 4 + 1_024) <= limits.isolateViewsBytesMax,
  'the views of an isolate stay within their bytes',
)
holds(limits.sharedChangesMax <= limits.ledgerTagsMax, 'a shared view is a part of a view')
holds(limits.entryTagsMax * 6 + 1_024 <= limits.entryHeaderBytesMax, "an entry's tags fit in its header")
holds(
  limits.queryDeadlineMs + limits.writeRelayDeadlineMs < limits.originDeadlineMs,
  'a write has been committed, and its invalidation waited for, before the Worker gives the origin up',
)
holds(limits.entryHeaderBytesMax < limits.entryBytesMax, 'an entry holds more than its header')
holds(limits.keyPartCharactersMax < limits.keyBytesMax, 'a key holds more than one part')
holds(limits.ledgerTagsMax <= 65_536, 'a tag fits in two bytes')
holds(7 * limits.bucketsNamedMax + 3 <= limits.outboxTagsMax, 'a row has room for the moves of a statement')
// Around each move stand two quotation marks and a comma.
holds(
  limits.relayBatchMax * (limits.outboxTagsMax * (limits.moveCharactersMax + 3) + 300) <=
    limits.requestBodyBytesMax,
  'the largest batch of the relay fits in a request',
)
holds(
  limits.relayBatchMax * (limits.olderOutboxTagsMax * (limits.olderTagCharactersMax + 3) + 300) <=
    limits.requestBodyBytesMax,
  'so does the largest batch of older rows',
)
holds(
  limits.relayBatchMax <= limits.invalidationEventsMax,
  'a batch of the relay is a batch the Worker takes',
)
holds(limits.relayDeadlineMs > limits.ledgerDeadlineMs, "the relay outwaits the Worker's wait for a ledger")
holds(limits.shardDeadlineMs < limits.metricsStoreDeadlineMs, 'the overview answers before it is given up')
holds(limits.samplesFineSeconds < limits.samplesKeptSeconds, 'fine samples are a part of those kept')
holds(limits.outboxLeaseMs > limits.relayDeadlineMs, 'a claim holds until its delivery is over')
holds(limits.streamStalledMs < limits.streamDurationMs, 'who is gone is noticed before the stream would end')
holds(
  limits.streamsPerUserMax < limits.streamsPerWorkspaceMax &&
    limits.streamsPerWorkspaceMax < limits.streamsMax,
  'no user has all streams of a workspace, and no workspace all there are',
)
holds(
  limits.workspaceBodyBytesMax <= limits.settingsBodyBytesMax &&
    limits.settingsBodyBytesMax <= limits.alertSettingsBodyBytesMax &&
    limits.alertSettingsBodyBytesMax <= limits.requestBodyBytesMax,
  'a body is at most as large as a batch of events',
)
holds(
  limits.invalidationEventsMax * (4 * limits.eventIdCharactersMax + 1_000) <= limits.requestBodyBytesMax,
  'the largest batch of events fits in a request',
)
holds(
  limits.answerBytesMax + limits.entryHeaderBytesMax <= limits.entryBytesMax,
  'the largest answer of the origin can be cached',
)
holds(
  1_000 * limits.originStrangerSeconds <= limits.stalenessBoundDefaultMs,
  'somebody who was let in is seen by the origin, which follows no ledger, within the bound',
)
holds(limits.strangerSeconds < limits.membershipSeconds, 'strangers are forgotten before members')
holds(limits.importLineBytesMax <= limits.importBatchBytesMax, 'a line fits in a batch')
holds(
  limits.writePlacesShare + limits.importPlacesShare < 1 / 2,
  'reads have more places than writes and imports together',
)
holds(limits.queriesAtOnceMin <= limits.queriesAtOnceDefault, 'the default has a place for each class')
holds(
  limits.callerPlacesShare <= limits.workspacePlacesShare && limits.workspacePlacesShare < 1,
  'a caller takes no more places than a workspace, and no workspace takes all',
)
holds(
  limits.callerWaitingShare <= limits.workspaceWaitingShare && limits.workspaceWaitingShare < 1,
  'no workspace fills the waiting room, and no caller what its workspace has of it',
)
holds(limits.workspaceImportsMax < limits.importsMax, 'one workspace does not hold all turns of imports')
holds(
  limits.workspaceImportsWaitingMax < limits.importsWaitingMax,
  'one workspace does not fill the waiting room of imports',
)
holds(limits.warmBoardsMax < limits.warmEntriesMax, 'a page of each board and the counts fit in a warm-up')
holds(8 * limits.warmEntriesMax < 1_000, 'a warm-up stays within the subrequests of one request')
holds(limits.contactBodyBytesMax <= limits.importLineBytesMax, 'a contact that fits in a body fits in a line')
holds(limits.contactMoveBodyBytesMax < limits.contactBodyBytesMax, 'a move is a part of a contact')
holds(limits.faultsMax > 1, 'a list of faults has room to say how many more there are')
holds(
  limits.lingerMs < limits.arrivalDeadlineMs,
  'a body that nobody reads has no more time than one that is read',
)
holds(
  limits.arrivalDeadlineMs < limits.importIdleMs,
  'only an upload may take longer to arrive than a request',
)
holds(
  limits.rateLimitUserDefault <= limits.rateLimitRequestsMax &&
    limits.rateLimitWorkspaceDefault <= limits.rateLimitRequestsMax,
  'the default rate limits may be set',
)
holds(
  limits.rateLimitWindowDefaultSeconds <= limits.rateLimitWindowMaxSeconds,
  'the default window may be set',
)
holds(
  limits.perPageMax * (limits.contactContentBytesMax + limits.contactFrameBytesMax) +
    limits.cursorCharactersMax <
    limits.answerBytesMax,
  'the largest page is an answer that the origin gives out',
)
holds(limits.boardsMax * limits.boardBytesMax < limits.answerBytesMax, 'so is the list of boards')
holds(
  limits.importLineBytesMax > limits.contactContentBytesMax + limits.contactFrameBytesMax,
  'the largest contact fits in a line of an import',
)
// An id has 128 characters of ASCII, of which quotation marks and backslashes take two bytes in JSON.
holds(
  limits.countedAssigneesMax * (2 * 128 + 24) + 1_024 <= limits.countsBytesMax,
  'the counts with the longest ids stay within their bytes',
)
holds(
  limits.countsBytesMax <= limits.flightLingerBytesMax &&
    limits.countsBytesMax <= limits.memoryCacheBytesDefault * limits.memoryEntryShareMax,
  'the counts are kept in memory and joined while they are loaded',
)
