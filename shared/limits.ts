import { edgeLimits } from './limits/edge-limits.ts'
import { inputLimits } from './limits/input-limits.ts'
import { ledgerLimits } from './limits/ledger-limits.ts'
import { originLimits } from './limits/origin-limits.ts'

/**
 * Everything that is accepted, kept, sent or waited for is bounded here, and the relations between the bounds are
 * asserted below. Limits of a platform name their source. The pace of a single part (how often it tries, how much it
 * gathers) stands in the file of that part.
 */
export const limits = {
  ...inputLimits,
  ...ledgerLimits,
  ...edgeLimits,
  ...originLimits,
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
