import { activityLimits } from './limits/activity-limits.ts'
import { backendRedisLimits } from './limits/backend-redis-limits.ts'
import { communicationLimits } from './limits/communication-limits.ts'
import { conversationLimits } from './limits/conversation-limits.ts'
import { edgeLimits } from './limits/edge-limits.ts'
import { inboundEmailLimits } from './limits/inbound-email-limits.ts'
import { inputLimits } from './limits/input-limits.ts'
import { jobLimits } from './limits/job-limits.ts'
import { ledgerLimits } from './limits/ledger-limits.ts'
import { liveLimits } from './limits/live-limits.ts'
import { mailEdgeLimits } from './limits/mail-edge-limits.ts'
import { markLimits } from './limits/mark-limits.ts'
import { originLimits } from './limits/origin-limits.ts'
import { queueLimits } from './limits/queue-limits.ts'
import { redisLimits } from './limits/redis-limits.ts'
import { voiceLimits } from './limits/voice-limits.ts'
import { webhookLimits } from './limits/webhook-limits.ts'
import { workLimits } from './limits/work-limits.ts'
import { workspaceLimits } from './limits/workspace-limits.ts'

/**
 * The bounds on everything that is accepted, stored, sent or waited for. The relations between them are asserted below. A limit of a
 * platform names its source. The pace of a single part (how often it retries, how much it collects) is declared in that part's file.
 */
export const limits = {
  ...inputLimits,
  ...conversationLimits,
  ...ledgerLimits,
  ...markLimits,
  ...edgeLimits,
  ...originLimits,
  ...queueLimits,
  ...redisLimits,
  ...voiceLimits,
  ...workspaceLimits,
  ...webhookLimits,
  ...communicationLimits,
  ...workLimits,
  ...jobLimits,
  ...backendRedisLimits,
  ...mailEdgeLimits,
  ...inboundEmailLimits,
  ...liveLimits,
  ...activityLimits,
} as const

function holds(condition: boolean, relation: string): void {
  if (!condition) throw new Error(`limits.ts: ${relation} does not hold`)
}

holds(
  limits.sessionSeconds <= limits.sessionSecondsMax,
  'a session without a lifetime lives no longer than others',
)
holds(
  limits.backendRedisDeadlineMs < limits.backendLoadDeadlineMs,
  'a load of the backend has more time than Redis',
)
holds(
  limits.stalenessBoundDefaultMs + limits.renewalSpreadMs <= limits.settledMs,
  'an entry is settled when all isolates have seen the write before it and have renewed',
)
holds(limits.perPageDefault <= limits.perPageMax, 'perPageDefault <= perPageMax')
holds(limits.stalenessBoundDefaultMs <= limits.stalenessBoundMaxMs, 'default bound <= greatest bound')
holds(
  limits.staleIfErrorDefaultSeconds <= limits.staleIfErrorMaxSeconds,
  'default stale-if-error <= greatest',
)
holds(3 * limits.regionPatienceMs < limits.originDeadlineMs, 'a silent region leaves time for the next one')
holds(
  limits.queryDeadlineMs < limits.originDeadlineMs,
  'a query ends before the Worker stops waiting for the origin',
)
holds(
  limits.ledgerBatchesPerSnapshot <= limits.ledgerLogRowsMax,
  'the ring holds all batches since the last snapshot',
)
// A view has four bytes for each tag, and some hundred bytes of its own.
holds(
  limits.isolateViewsMax * (limits.ledgerTagsMax * 4 + 1_024) <= limits.isolateViewsBytesMax,
  'the views of an isolate stay within their bytes',
)
holds(limits.sharedChangesMax <= limits.ledgerTagsMax, 'a shared view has at most as many tags as a view')
// A pair of tags has up to ten digits, and JSON adds a comma.
holds(limits.entryTagsMax * 11 + 1_024 <= limits.entryHeaderBytesMax, "an entry's tags fit in its header")
holds(
  limits.queryDeadlineMs + limits.writeRelayDeadlineMs < limits.originDeadlineMs,
  'the origin commits a write and waits for its invalidation before the Worker gives up',
)
holds(limits.entryHeaderBytesMax < limits.entryBytesMax, 'an entry holds more than its header')
holds(limits.keyPartCharactersMax < limits.keyBytesMax, 'a key holds more than one part')
holds(limits.ledgerTagsMax <= 65_536, 'a tag fits in two bytes')
holds(7 * limits.bucketsNamedMax + 3 <= limits.outboxTagsMax, 'a row has room for all moves of a statement')
// JSON adds two quotation marks and a comma to each move.
holds(
  limits.relayBatchMax * (limits.outboxTagsMax * (limits.moveCharactersMax + 3) + 300) <=
    limits.requestBodyBytesMax,
  'the largest batch of the relay fits in a request',
)
holds(
  limits.relayBatchMax * (limits.olderOutboxTagsMax * (limits.olderTagCharactersMax + 3) + 300) <=
    limits.requestBodyBytesMax,
  'the largest batch of older rows fits in a request',
)
holds(limits.relayBatchMax <= limits.invalidationEventsMax, 'the Worker accepts a batch of the relay')
holds(
  limits.relayDeadlineMs > limits.ledgerDeadlineMs,
  'the relay waits longer than the Worker waits for a ledger',
)
holds(
  limits.shardDeadlineMs < limits.metricsStoreDeadlineMs,
  'the overview answers before its caller stops waiting',
)
holds(limits.samplesFineSeconds < limits.samplesKeptSeconds, 'samples are kept longer than they are fine')
// A name or a digest, a question, and four numbers for each of some thirty resources.
holds(
  limits.causesKeptMax * (limits.causesQuestionCharactersMax + 2_200) <= limits.ledgerRowBytesMax,
  'the most tracked keys, boards or workspaces of an hour fit in a row',
)
holds(limits.causesShownMax <= limits.causesBatchMax, 'a list is no longer than what is tracked')
// A workspace's id has up to 64 characters.
holds(
  limits.markExceptionsMax * (64 + 3) + 1_024 <= limits.markBodyBytesMax,
  'a mark with the most exceptions fits in its body',
)
holds(
  limits.proofWakeDeadlineMs < limits.ledgerDeadlineMs,
  'a ledger that wakes up answers before its caller stops waiting',
)
holds(
  limits.lifetimeSecondsMax <= limits.provedSecondsMax,
  'a proof never ends an entry before its own lifetime does',
)
holds(limits.outboxLeaseMs > limits.relayDeadlineMs, 'a claim is valid until its delivery has ended')
holds(
  limits.outboxWaitMs < limits.outboxWaitDeadlineMs,
  'a look at the outbox ends before its relay stops waiting',
)
holds(limits.liveUserSocketsMax < limits.liveSocketsMax, 'no user takes all connections of a hub')
// A body has a row of its own, with its tags.
holds(
  limits.liveBodyBytesMax + limits.entryTagsMax * 11 + 4_096 <= limits.ledgerRowBytesMax,
  'a body fits in a row of a Durable Object',
)
holds(
  limits.liveQuestionCharactersMax + 1_024 <= limits.liveAttachmentBytesMax,
  'the longest question fits in what a connection keeps through hibernation',
)
holds(
  limits.streamStalledMs < limits.streamDurationMs,
  'a reader that is gone is noticed before its stream would end',
)
holds(
  limits.streamsPerUserMax < limits.streamsPerWorkspaceMax &&
    limits.streamsPerWorkspaceMax < limits.streamsMax,
  'no user takes all streams of a workspace, and no workspace takes all streams',
)
holds(
  limits.workspaceBodyBytesMax <= limits.settingsBodyBytesMax &&
    limits.settingsBodyBytesMax <= limits.alertSettingsBodyBytesMax &&
    limits.alertSettingsBodyBytesMax <= limits.requestBodyBytesMax,
  'the bounds of bodies grow up to that of a batch of events',
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
  'the origin, which follows no ledger, notices a new member within the staleness bound',
)
holds(limits.strangerSeconds < limits.membershipSeconds, 'strangers are forgotten before members')
holds(limits.importLineBytesMax <= limits.importBatchBytesMax, 'a line fits in a batch')
holds(
  limits.writePlacesShare + limits.importPlacesShare + limits.mailPlacesShare < 1 / 2,
  'reads have more places than writes, imports and mail have together',
)
holds(
  limits.queriesAtOnceMin <= limits.queriesAtOnceDefault,
  'the default number of places has one for each class of queries',
)
holds(
  limits.callerPlacesShare <= limits.workspacePlacesShare && limits.workspacePlacesShare < 1,
  'a caller takes at most as many places as a workspace, and no workspace takes all',
)
holds(
  limits.callerWaitingShare <= limits.workspaceWaitingShare && limits.workspaceWaitingShare < 1,
  'a caller takes at most as much of the waiting room as a workspace, and no workspace takes all',
)
holds(limits.workspaceImportsMax < limits.importsMax, 'one workspace does not take all turns of imports')
holds(
  limits.workspaceImportsWaitingMax < limits.importsWaitingMax,
  'one workspace does not fill the waiting room of imports',
)
holds(limits.warmBoardsMax < limits.warmEntriesMax, 'a page of each board and the counts fit in a warm-up')
holds(8 * limits.warmEntriesMax < 1_000, 'a warm-up needs fewer subrequests than a request may make')
holds(
  limits.contactBodyBytesMax <= limits.importLineBytesMax,
  'a contact that fits in a body fits in a line of an import',
)
holds(
  limits.contactMoveBodyBytesMax < limits.contactBodyBytesMax,
  "a move's body is smaller than a contact's",
)
holds(
  limits.entryBytesMax + limits.keyBytesMax < limits.redisReplyBytesMax / 6,
  'the largest entry fits in an answer of Redis, whatever JSON makes of it',
)
holds(
  limits.redisWalkStepsPerMinuteMax * limits.redisMemoryEveryMs > 60_000,
  'a walk takes a step between two looks at the memory',
)
holds(
  limits.redisClearDeadlineMs > limits.originDeadlineMs + limits.redisAdminDeadlineMs,
  'a clearing has time to move all tags and to reach Redis',
)
holds(limits.faultsMax > 1, 'a list of faults has room for the number of omitted ones')
holds(limits.lingerMs < limits.arrivalDeadlineMs, 'an unread body gets less time than one that is read')
holds(
  limits.arrivalDeadlineMs < limits.importIdleMs,
  'an upload may pause for longer than a request may take to arrive',
)
holds(
  limits.rateLimitUserDefault <= limits.rateLimitRequestsMax &&
    limits.rateLimitWorkspaceDefault <= limits.rateLimitRequestsMax,
  'the default rate limits are within their bounds',
)
holds(
  limits.rateLimitWindowDefaultSeconds <= limits.rateLimitWindowMaxSeconds,
  'the default window of rate limits is within its bound',
)
holds(
  limits.perPageMax * (limits.contactContentBytesMax + limits.contactFrameBytesMax) +
    limits.cursorCharactersMax <
    limits.answerBytesMax,
  'the largest page fits in an answer of the origin',
)
holds(
  limits.communicationsMax * limits.companyCommunicationBytesMax + 1_024 <= limits.answerBytesMax &&
    (limits.threadCommunicationsMax + 1) * limits.threadCommunicationBytesMax + 1_024 <=
      limits.answerBytesMax &&
    limits.attachmentsMax * limits.attachmentBytesMax + 1_024 <= limits.answerBytesMax,
  "the longest lists of a company's and a thread's communications and of attachments fit in an answer of the origin",
)
holds(
  limits.boardsMax * limits.boardBytesMax < limits.answerBytesMax,
  'the largest list of boards fits in an answer of the origin',
)
holds(
  limits.importLineBytesMax > limits.contactContentBytesMax + limits.contactFrameBytesMax,
  'the largest contact fits in a line of an import',
)
// An id has up to 128 characters of ASCII, and quotation marks and backslashes take two bytes each in JSON.
holds(
  limits.countedAssigneesMax * (2 * 128 + 24) + 1_024 <= limits.countsBytesMax,
  'the counts with the longest ids stay within their bytes',
)
holds(
  limits.countsBytesMax <= limits.flightLingerBytesMax &&
    limits.countsBytesMax <= limits.memoryCacheBytesDefault * limits.memoryEntryShareMax,
  'an entry of counts fits in memory, and its load can be shared after its end',
)
holds(limits.voiceGatherMs < limits.voiceAnswerMs, 'a call is answered after its lookups and in time')
holds(
  limits.endedCallBodyBytesMax + 150 * limits.callMessagesMax < limits.storedCallBodyBytesMax,
  'a call that the Worker accepts fits in its request to the origin',
)
holds(
  limits.endedCallBodyBytesMax / limits.messageCharactersMax + limits.transcriptTurnsMax <
    limits.callMessagesMax,
  'the turns of the longest transcript can be stored in pieces',
)
holds(
  6 * limits.messageCharactersMax + 1_024 <= limits.messageBytesMax,
  'a message fits in its bytes with every character escaped',
)
holds(
  limits.historyMessagesMax * limits.messageBytesMax + limits.cursorCharactersMax < limits.answerBytesMax,
  "the largest page of a lead's history fits in an answer of the origin",
)
holds(
  limits.webhookSourcesMax * limits.webhookSourceBytesMax + 1_024 < limits.answerBytesMax,
  'the largest list of webhook sources fits in an answer of the origin',
)
holds(
  limits.mailboxPerPage * limits.mailboxMessageBytesMax + 1_024 < limits.answerBytesMax,
  'the largest page of a mailbox fits in an answer of the origin',
)
holds(
  limits.mailboxMessagesMax * limits.mailboxMessageBytesMax + 1_024 <= limits.mailboxBodyBytesMax,
  'the largest folder of a mailbox fits in the body that puts it',
)
holds(
  limits.mailboxMessagesMax <= limits.mailboxPerPage * limits.mailboxPageMax,
  'every message of a folder that was put can be read',
)
holds(
  2 * limits.permissionChangesMax * (limits.permissionCharactersMax + 3) < limits.answerBytesMax,
  'the permissions of a user fit in an answer of the origin',
)
holds(
  6 * limits.callStateBytesMax + 1_024 <= limits.callSessionBodyBytesMax,
  'the state of a call fits in its body',
)
holds(
  12 * limits.messageCharactersMax + 4_096 <= limits.leadMessageBodyBytesMax,
  'a message with every character escaped fits in its body',
)
holds(
  limits.analyticsDaysDefault <= limits.analyticsDaysMax,
  'the default number of days is within its bound',
)
holds(
  limits.dashboardRecentMax * limits.recentContactBytesMax < limits.answerBytesMax,
  'the largest dashboard fits in an answer of the origin',
)
// An id has up to 128 characters of printable ASCII, and quotation marks and backslashes take two bytes each in JSON.
holds(
  limits.notificationsReadMax * (2 * 128 + 3) + 64 <= limits.notificationsReadBodyBytesMax,
  'the ids of the notifications to mark fit in their body',
)
holds(
  limits.snapshotsMax * limits.snapshotBytesMax + 1_024 < limits.answerBytesMax,
  'the largest page of snapshots fits in an answer of the origin',
)
// With every character escaped: a status has 40 characters, a source 100, and two ids have 128 of printable ASCII each.
holds(
  limits.snapshotValuesMax * (6 * (limits.statusCharactersMax + limits.sourceCharactersMax) + 100) +
    limits.snapshotColumnsMax * (4 * 128 + 100) +
    10_240 <
    limits.snapshotBytesMax,
  'a snapshot stays within its bytes',
)
// A rejected line has five faults, whose parameters have characters of up to four bytes.
holds(
  limits.importReportsMax * 5 * (4 * limits.faultParameterCharactersMax + 1_024) <
    limits.importReportsBytesMax && limits.importReportsBytesMax < limits.answerBytesMax,
  'the rejected lines of an import fit in its row and in an answer of the origin',
)
holds(limits.exportLinkMs < limits.workKeptMs, 'a link ends before its export is forgotten')
holds(limits.jobInputBytesMax < limits.jobsBodyBytesMax, 'the largest job fits in a body')
holds(
  limits.jobsPerPageMax * (12 * limits.jobReasonCharactersMax + 2_048) < limits.answerBytesMax,
  'the largest page of jobs fits in an answer of the origin',
)
// A workspace's id has up to 64 characters.
holds(64 + 1 + limits.jobIdCharactersMax <= limits.fullJobIdCharactersMax, 'the id of every job can be named')
holds(limits.jobsPerPageDefault <= limits.jobsPerPageMax, 'the default page of jobs is within its bound')
holds(
  limits.webhookDeliveriesPerPageDefault <= limits.webhookDeliveriesPerPageMax,
  'the default page of deliveries is within its bound',
)
holds(
  limits.webhookPreviousSecretDefaultSeconds <= limits.webhookPreviousSecretMaxSeconds,
  'a rotated secret keeps signing for no longer than it may',
)
holds(
  limits.webhookEndpointsMax *
    (6 * limits.webhookUrlCharactersMax +
      12 * limits.webhookDescriptionCharactersMax +
      140 * limits.webhookEndpointEventsMax +
      1_024) <
    limits.answerBytesMax,
  'the largest list of webhook endpoints fits in an answer of the origin',
)
holds(
  limits.mailsOfSenderDefault <= limits.mailsOfDomainDefault &&
    limits.mailsOfDomainDefault <= limits.mailsOfOneMax &&
    limits.mailRepliesOfTwoMax < limits.mailsOfSenderDefault,
  'a loop ends before its sender is limited, and a sender is limited before the domain is',
)
holds(
  limits.mailsTogetherMin <= limits.mailsTogetherMax &&
    limits.mailsTogetherMax * limits.mailTogetherCharactersMax <= limits.storedMailBytesMax,
  'messages that are taken together make no larger call than one message may',
)
holds(
  limits.mailJsonBytesMax < limits.storedMailBytesMax &&
    limits.communicationBodyCharactersMax < limits.mailTextCharactersMax,
  'a message as JSON fits in its internal form, and the beginning of its text in the text',
)
holds(
  limits.mailExemptionsMax * 2 * (limits.emailCharactersMax + 3) < limits.mailSettingsBodyBytesMax,
  'the exemptions of a workspace fit in their body',
)
holds(
  limits.liveCompareEveryMs + limits.liveTellDeadlineMs + limits.ledgerDeadlineMs <
    limits.liveProofLifetimeMs,
  'a client waits longer for a proof than a hub takes to compare itself with its ledger',
)
holds(
  limits.liveSeenEvery < limits.liveUnseenMax,
  'a client acknowledges frames before its hub stops to send them',
)
holds(limits.liveQuestionCharactersMax < limits.liveClientFrameBytesMax, 'a question fits in a frame')
