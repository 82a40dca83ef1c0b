import type { WireError } from '../../shared/contract/errors.ts'
import type { InvalidationAnswer, OutboxEvent, OutboxOutcome } from '../../shared/contract/invalidation.ts'
import { deploymentId, type WorkspaceId } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import { bucketMove, type Move } from '../../shared/tags/moves.ts'
import type { Recorder } from '../events.ts'
import type { Scope, ScopedEvent } from './concerns.ts'
import { patternsOf } from './concerns.ts'
import { outboxLedgerEventOf } from './event-digest.ts'
import type { LedgerClient } from './ledger-client.ts'
import type { Author, LedgerEntry, LedgerEvent, LedgerOutcome } from './ledger-messages.ts'

type Events<Event extends LedgerEvent> = ReadonlyMap<WorkspaceId, readonly Event[]>

/** An event that was not accepted, because another event has its id. */
interface Conflict {
  readonly workspaceId: WorkspaceId
  /** The position among the events of its workspace. */
  readonly index: number
}

/** The answer for the accepted events, and the conflicts. */
export interface Invalidated extends InvalidationAnswer {
  readonly conflicts: readonly Conflict[]
}

/** The database records its writes itself. Its rows name no user. */
const outboxAuthor: Author = { cause: 'outbox', userId: null }

const unavailable: WireError = { code: 'ledger_unavailable', retryAfterSeconds: limits.retryAfterSeconds }

/**
 * Writes events down in the ledgers of their workspaces. A success means that all of them except the conflicts are durable. If one
 * ledger cannot be reached, the answer is an error and the caller sends all events again. That is harmless, and events with ids
 * get the same answer again.
 */
export async function invalidate(
  ledger: LedgerClient,
  recorder: Recorder,
  events: Events<ScopedEvent>,
  author: Author,
): Promise<Result<Invalidated, WireError>> {
  const versions: Record<string, number> = {}
  const patterns: string[] = []
  const conflicts: Conflict[] = []
  let invalidated = 0
  let version = 0
  const [advanced, organizations] = await Promise.all([
    advanceAll({ ledger, recorder, author }, events, scopesOf),
    advanceOrganizations(ledger, events, author),
  ])
  if (!organizations.ok) return organizations
  for (const { workspaceId, answer } of advanced) {
    if (!answer.ok) return err(unavailable)
    const { outcomes } = answer.value
    for (const [index, outcome] of outcomes.entries()) {
      if (!isEntry(outcome)) conflicts.push({ workspaceId, index })
    }
    const entries = outcomes.filter(isEntry)
    if (entries.length === 0) continue
    const taken = takenOf(events.get(workspaceId) ?? [], outcomes)
    const scopes = [...scopesOf(taken)]
    // A repeated event has an old version. Only a view at the greatest version contains all the events.
    version = Math.max(...entries.map((entry) => entry.version))
    versions[workspaceId] = version
    patterns.push(...patternsOf(workspaceId, scopes))
    invalidated += scopes.length
  }
  return ok({ invalidated, patterns, version, versions, conflicts })
}

/**
 * Moves the workspaces that may have changed themselves in the ledger of the deployment, whose entries show them as organizations. The
 * caller is not told its version, which is none of theirs. An event that is repeated moves it again, which costs a load.
 */
async function advanceOrganizations(
  ledger: LedgerClient,
  events: Events<ScopedEvent>,
  author: Author,
): Promise<Result<void, WireError>> {
  const changed = [...events].filter(([, own]) => own.some((event) => event.changesOrganization))
  if (changed.length === 0) return ok(undefined)
  const moved = changed.map(([workspaceId]) => ({ moves: [bucketMove('company', workspaceId)] }))
  const advanced = await ledger.advance(deploymentId, moved, author)
  return advanced.ok ? ok(undefined) : err(unavailable)
}

/**
 * Writes the events of an outbox down and answers an outcome for each, in their order. Browsers are shown `toldAtMs` with the change. A ledger that cannot be reached affects only
 * its own events. An event that was not written down, for whatever reason, never gets 200.
 */
export async function invalidateEach(
  ledger: LedgerClient,
  recorder: Recorder,
  events: readonly OutboxEvent[],
  toldAtMs?: number,
): Promise<OutboxOutcome[]> {
  const written = await Promise.all(
    events.map(async ({ workspaceId, eventId, tags }, position) => ({
      ...{ workspaceId, position, eventId },
      event: {
        ...(await outboxLedgerEventOf(eventId, tags)),
        ...(toldAtMs === undefined ? {} : { toldAtMs }),
      },
    })),
  )
  const byWorkspace = Map.groupBy(written, ({ workspaceId }) => workspaceId)
  const ledgerEvents = new Map([...byWorkspace].map(([id, own]) => [id, own.map(({ event }) => event)]))
  const outcomes: OutboxOutcome[] = []
  for (const { workspaceId, answer } of await advanceAll(
    { ledger, recorder, author: outboxAuthor },
    ledgerEvents,
    movesOf,
  )) {
    for (const [index, { eventId, position }] of (byWorkspace.get(workspaceId) ?? []).entries()) {
      const outcome = answer.ok ? answer.value.outcomes[index] : undefined
      const isDurable = outcome !== undefined && isEntry(outcome)
      outcomes[position] = isDurable
        ? { eventId, status: 200, version: outcome.version }
        : { eventId, status: 503 }
    }
  }
  return outcomes
}

interface Way {
  readonly ledger: LedgerClient
  readonly recorder: Recorder
  readonly author: Author
}

async function advanceAll<Event extends LedgerEvent>(
  { ledger, recorder, author }: Way,
  events: Events<Event>,
  movedBy: (taken: readonly Event[]) => ReadonlySet<string>,
) {
  return Promise.all(
    [...events].map(async ([workspaceId, written]) => {
      const answer = await ledger.advance(workspaceId, written.map(plainEvent), author)
      if (answer.ok) {
        const taken = takenOf(written, answer.value.outcomes)
        recorder.record({ kind: 'invalidation', events: taken.length, tags: movedBy(taken).size })
      }
      return { workspaceId, answer }
    }),
  )
}

/** The part of an event that is sent to its ledger. */
function plainEvent({ moves, eventId, digest, detail, toldAtMs }: LedgerEvent): LedgerEvent {
  return {
    moves,
    ...(eventId === undefined ? {} : { eventId }),
    ...(digest === undefined ? {} : { digest }),
    ...(detail === undefined ? {} : { detail }),
    ...(toldAtMs === undefined ? {} : { toldAtMs }),
  }
}

function isEntry(outcome: LedgerOutcome): outcome is LedgerEntry {
  return 'version' in outcome
}

/** The events that were accepted, now or when they were first sent. */
function takenOf<Event>(events: readonly Event[], outcomes: readonly LedgerOutcome[]): Event[] {
  return events.filter((_event, index) => {
    const outcome = outcomes[index]
    return outcome !== undefined && isEntry(outcome)
  })
}

function scopesOf(events: readonly ScopedEvent[]): Set<Scope> {
  return new Set(events.flatMap(({ scopes }) => scopes))
}

function movesOf(events: readonly LedgerEvent[]): Set<Move> {
  return new Set(events.flatMap(({ moves }) => moves))
}
