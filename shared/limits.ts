/**
 * What is let in, kept, sent and waited for, in one place, with the relations between them asserted where they are
 * declared. Figures of a platform name their source. The pace of one part alone (how often it tries, how much it
 * gathers) stands beside that part.
 */
export const limits = {
  /** Query of a contact list (SPEC 1). */
  perPageDefault: 50,
  perPageMax: 100,
  pageMax: 1_000_000,
  searchCharactersMax: 200,
  cursorCharactersMax: 2_048,
  /** Requests. Cloudflare takes URLs of 16 KB; nothing here needs a quarter of it. */
  urlBytesMax: 4_096,
  requestBodyBytesMax: 1_048_576,
  /** Bodies that need less: a workspace and a user, a workspace's settings, the settings of all alerts. */
  workspaceBodyBytesMax: 1_024,
  settingsBodyBytesMax: 4_096,
  alertSettingsBodyBytesMax: 16_384,
  /** What the origin gives out at once, and the Worker takes from it; in bytes. */
  answerBytesMax: 4_000_000,
  /** Objects and arrays within each other. A row of a database webhook may hold JSON of its own. */
  jsonDepthMax: 64,
  /** Bodies that the origin reads, each as its schema needs it, with every character escaped (six bytes each). */
  contactBodyBytesMax: 65_536,
  contactMoveBodyBytesMax: 2_048,
  loadBodyBytesMax: 20_480,
  originSettingsBodyBytesMax: 1_024,
  /** Faults that an answer lists, and the characters of what each one names. */
  faultsMax: 20,
  faultParameterCharactersMax: 200,
  /** What arrives at the origin: a request's headers, and then its body, have so long each. */
  arrivalDeadlineMs: 15_000,
  /** How long the origin reads on, and drops what it reads, behind an answer that came before the body of its request. */
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
  /** All its texts together, in bytes of JSON; and what its ids, instants and the names of its fields add at most. */
  contactContentBytesMax: 32_768,
  contactFrameBytesMax: 3_072,
  /** Boards of a workspace, columns of a board; a board's id and name in bytes of JSON. */
  boardsMax: 1_000,
  columnsPerBoardMax: 500,
  boardBytesMax: 2_048,
  /** The assignees that an entry of counts names, and the bytes of such an entry, the longest ids included. */
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
   * A loaded entry may be joined this long by who looked for it before it was stored; how many, and how large. Longer
   * than every tier's deadline together: on a machine out of breath a look takes that long.
   */
  flightLingerMs: 5_000,
  flightsLingeringMax: 64,
  flightLingerBytesMax: 262_144,
  /** How often a read loads anew because what it loaded was invalidated meanwhile. */
  loadAttemptsMax: 3,
  /** A thing that does not exist may come to be without an event that names it. */
  notFoundLifetimeSeconds: 30,
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
   * Its log: rows of the ring, batches (a row each) from one snapshot to the next, and the bytes of a row, of which SQLite in a
   * Durable Object takes 2 MB (Cloudflare, Durable Objects limits).
   */
  ledgerLogRowsMax: 10_000,
  ledgerBatchesPerSnapshot: 1_000,
  ledgerRowBytesMax: 2_000_000,
  /** Views shared by a location's isolates: how much of one, for how long, and how far their clocks may differ. */
  sharedChangesMax: 500,
  sharedViewSeconds: 60,
  sharedViewDeadlineMs: 100,
  locationClockSkewMs: 100,
  /** Entries. KV takes 25 MiB a value and 512 bytes a key; Upstash 10 MB a request. */
  entryBytesMax: 4_194_304,
  entryHeaderBytesMax: 8_192,
  entryTagsMax: 256,
  keyBytesMax: 512,
  keyPartCharactersMax: 160,
  /** KV refuses a shorter expirationTtl (Cloudflare, Workers KV limits). */
  kvExpirationSecondsMin: 60,
  /** KV takes one write a second a key (the same page). */
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
  /** Of each resource, by URL: at most `urlBytesMax` each. */
  isolateQuestionsMax: 1_000,
  isolateMembershipsMax: 10_000,
  /** Of the origin's strangers: how many, and for how long none of them is asked about again. */
  originStrangersMax: 1_000,
  originStrangerSeconds: 5,
  isolateExpectedMax: 2_000,
  /** Of each workspace: what its readers look at, and for how long after they last did. */
  watchedMax: 32,
  watchedMs: 120_000,
  /** A request may have six connections open (Cloudflare, Workers limits); what is renewed leaves some to others. */
  renewalsAtOnce: 2,
  isolateOverdueMax: 1_000,
  isolateKvWritesMax: 1_000,
  /** Of users, and of workspaces. */
  isolateLimitedMax: 10_000,
  membershipSeconds: 60,
  /**
   * Of strangers to a workspace: remembered apart from members, so that they evict none, and for so short a time that
   * somebody who was just let in soon gets in.
   */
  isolateStrangersMax: 5_000,
  strangerSeconds: 10,
  /** Questions about workspaces that a user is not known to be in, unless the answer is that they are. */
  isolateQuestionersMax: 5_000,
  membershipQuestionsMax: 60,
  membershipQuestionsSeconds: 60,
  /** How long a known member still reads while nobody can be asked (SPEC 8: what is cached is served). */
  membershipGraceSeconds: 3_600,
  /** Deadlines of one call outwards, in milliseconds. */
  edgeCacheDeadlineMs: 250,
  kvDeadlineMs: 1_000,
  redisDeadlineMs: 1_000,
  ledgerDeadlineMs: 2_000,
  /** The platform's decision, beside the read while Redis is away; and Redis's, behind the answer, where nobody waits. */
  rateLimitDecisionDeadlineMs: 100,
  rateLimitCountDeadlineMs: 500,
  originDeadlineMs: 10_000,
  /** How long the origin is waited for by who has something older to answer with; and for how long not again. */
  fallbackPatienceMs: 2_500,
  overduePauseMs: 10_000,
  settingsDeadlineMs: 1_500,
  /** Where a known member could be let in by grace. */
  membershipDeadlineMs: 1_500,
  jwksDeadlineMs: 2_000,
  metricsStoreDeadlineMs: 2_000,
  /** What the overview waits for: a shard while somebody waits for the sum, and the origin's figures. */
  shardDeadlineMs: 1_000,
  originFiguresDeadlineMs: 1_500,
  probeDeadlineMs: 1_500,
  /** How long an isolate gives everybody the same answer of a public route. */
  publicAnswerMs: 1_000,
  queryDeadlineMs: 8_000,
  /** The issuer's keys: fetched anew when older (so long may a withdrawn key still verify), and never used past this. */
  jwksRenewAfterMs: 600_000,
  jwksUsableMs: 86_400_000,
  /** Between two fetches while keys are known: what bounds a flood of tokens with invented key ids. */
  jwksCooldownMs: 30_000,
  /** Between two fetches while none are known and the issuer fails. */
  jwksFailureCooldownMs: 1_000,
  jwksCharactersMax: 262_144,
  /** Figures: calls a second that one object takes of all its callers together, and how long one may be told to wait. */
  figuresCallsPerSecondMax: 200,
  figuresPauseMaxMs: 10_000,
  /** Samples: so many seconds one by one, before that in spans of so many, for so long altogether. */
  samplesFineSeconds: 300,
  samplesCoarseSeconds: 10,
  samplesKeptSeconds: 3_600,
  /** After a failure of the origin nothing is fetched that nobody asked for. */
  unaskedPauseMs: 5_000,
  /** How long the report of a committed write may be on its way before its absence is a violation. */
  consistencyPatienceMs: 5_000,
  /** Origin. */
  queriesAtOnceDefault: 32,
  queriesWaitingDefault: 512,
  /** One place each for reads, writes and imports. */
  queriesAtOnceMin: 3,
  /**
   * The shares of all places that writes and imports have to themselves; the rest is the reads'. Of the waiting room, writes
   * have their share and reads the rest.
   */
  writePlacesShare: 1 / 4,
  importPlacesShare: 1 / 16,
  writeWaitingShare: 1 / 4,
  /** What one workspace, and one caller in all workspaces together, may take of a class of queries. */
  workspacePlacesShare: 1 / 2,
  workspaceWaitingShare: 3 / 4,
  callerPlacesShare: 1 / 4,
  callerWaitingShare: 1 / 2,
  /** Rows of the tallies that one call puts together, and calls in a row. */
  foldRowsMax: 5_000,
  foldRoundsMax: 20,
  /** Contacts whose search text is made again by one call after an upgrade: some tenths of a second of row locks. */
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
  /** How long a claim holds; that of a relay that died comes back after it. */
  outboxLeaseMs: 5_000,
  outboxDeadlineMs: 3_000,
  outboxAttemptsMax: 20,
  /** How long the answer to a write waits for the ledger; the background relay delivers what took longer. */
  writeRelayDeadlineMs: 1_500,
  /** How old the oldest row of the outbox may be before `/health` tells of it. */
  outboxLagAlarmMs: 30_000,
  /** Alerts: what is kept of their changes, and how one is told to the webhook. */
  alertChangesKeptMax: 200,
  alertChangesWaitingMax: 500,
  alertTriesMax: 15,
  alertWebhookDeadlineMs: 10_000,
  /** Sent at once; a Worker has six connections (Cloudflare, Workers limits), and the object has others to ask. */
  alertSendsMax: 4,
  /** The monitoring stream: so many at once, each for so long, each with so much waiting for a slow reader. */
  streamsMax: 100,
  streamsPerWorkspaceMax: 25,
  streamsPerUserMax: 4,
  streamDurationMs: 300_000,
  streamHeartbeatMs: 15_000,
  streamBufferBytes: 65_536,
  /** A reader who takes nothing for so long is gone. */
  streamStalledMs: 60_000,
  /** Import of contacts: a line, a batch (which is one statement), and when it gives up. */
  importLinesMax: 1_000_000,
  importLineBytesMax: 65_536,
  importBatchLinesMax: 500,
  importBatchBytesMax: 1_048_576,
  importRejectionsMax: 10_000,
  /** Lines with ignored fields that are named; an import goes on past them. */
  importIgnoredMax: 10_000,
  importIdleMs: 30_000,
  /** An upload that comes more slowly than this stands still as much as one that does not come at all. */
  importPaceBytesPerSecondMin: 4_096,
  /** An import lets others have the thread after so long. */
  importSliceMs: 5,
  /** Imports at once, of a workspace (and of a caller) and of the process; those that wait for their turn, and how long. */
  workspaceImportsMax: 2,
  importsMax: 8,
  workspaceImportsWaitingMax: 8,
  importsWaitingMax: 64,
  importTurnWaitMs: 10_000,
  importRetryAfterSeconds: 5,
  /** Rate limits: the share of a limit that an isolate lets through before it tells the others. */
  rateLimitBatchShare: 0.05,
  rateLimitRequestsMax: 1_000_000,
  rateLimitWindowMaxSeconds: 3_600,
  /** What the origin lets members write, unless told otherwise: as wrangler.toml lets them read. */
  rateLimitUserDefault: 600,
  rateLimitWorkspaceDefault: 30_000,
  rateLimitWindowDefaultSeconds: 60,
  /** Clock difference tolerated in a token's times. */
  tokenSkewSeconds: 10,
  /** Warm-up: pages of a board, boards of a workspace. */
  warmBoardsMax: 50,
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
