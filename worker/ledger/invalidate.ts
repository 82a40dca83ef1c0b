import type { WireError } from '../../shared/contract/errors.ts'
import type { InvalidationAnswer, OutboxEvent, OutboxOutcome } from '../../shared/contract/invalidation.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { Move } from '../../shared/tags/moves.ts'
import type { Recorder } from '../events.ts'
import type { Scope, ScopedEvent } from './concerns.ts'
import { patternsOf } from './concerns.ts'
import { outboxLedgerEventOf } from './event-digest.ts'
import type { LedgerClient } from './ledger-client.ts'
import type { LedgerEntry, LedgerEvent, LedgerOutcome } from './ledger-messages.ts'

type Events<Event extends LedgerEvent> = ReadonlyMap<WorkspaceId, readonly Event[]>

/** An event that was not taken, since its id is that of another one. */
interface Conflict {
  readonly workspaceId: WorkspaceId
  /** Among the events of its workspace. */
  readonly index: number
}

/** What the events that were taken came to, and which were not. */
export interface Invalidated extends InvalidationAnswer {
  readonly conflicts: readonly Conflict[]
}

/**
 * Writes events down in their workspaces' ledgers. Answers only when all but the conflicting ones are durable; when one ledger
 * cannot be reached nothing is claimed, and the caller sends them all again: that is harmless, and with event ids it even
 * answers the same.
 */
export async function invalidate(
  ledger: LedgerClient,
  recorder: Recorder,
  events: Events<ScopedEvent>,
): Promise<Result<Invalidated, WireError>> {
  const versions: Record<string, number> = {}
  const patterns: string[] = []
  const conflicts: Conflict[] = []
  let invalidated = 0
  let version = 0
  for (const { workspaceId, answer } of await advanceAll(ledger, recorder, events, scopesOf)) {
    if (!answer.ok) return err({ code: 'ledger_unavailable', retryAfterSeconds: limits.retryAfterSeconds })
    const { outcomes } = answer.value
    for (const [index, outcome] of outcomes.entries()) {
      if (!isEntry(outcome)) conflicts.push({ workspaceId, index })
    }
    const entries = outcomes.filter(isEntry)
    if (entries.length === 0) continue
    const taken = takenOf(events.get(workspaceId) ?? [], outcomes)
    const scopes = [...scopesOf(taken)]
    // Of an event that came again it is an old one: only the greatest is that of a view with all of them in it.
    version = Math.max(...entries.map((entry) => entry.version))
    versions[workspaceId] = version
    patterns.push(...patternsOf(workspaceId, scopes))
    invalidated += scopes.length
  }
  return ok({ invalidated, patterns, version, versions, conflicts })
}

/**
 * Writes the events of an outbox down and answers for each by itself, in their order: one ledger out of reach holds up no
 * other. An event that the ledger did not write down, for whatever reason, is never answered 200.
 */
export async function invalidateEach(
  ledger: LedgerClient,
  recorder: Recorder,
  events: readonly OutboxEvent[],
): Promise<OutboxOutcome[]> {
  const written = await Promise.all(
    events.map(async ({ workspaceId, eventId, tags }, position) => ({
      ...{ workspaceId, position, eventId },
      event: await outboxLedgerEventOf(eventId, tags),
    })),
  )
  const byWorkspace = Map.groupBy(written, ({ workspaceId }) => workspaceId)
  const ledgerEvents = new Map([...byWorkspace].map(([id, own]) => [id, own.map(({ event }) => event)]))
  const outcomes: OutboxOutcome[] = []
  for (const { workspaceId, answer } of await advanceAll(ledger, recorder, ledgerEvents, movesOf)) {
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

async function advanceAll<Event extends LedgerEvent>(
  ledger: LedgerClient,
  recorder: Recorder,
  events: Events<Event>,
  movedBy: (taken: readonly Event[]) => ReadonlySet<string>,
) {
  return Promise.all(
    [...events].map(async ([workspaceId, written]) => {
      const answer = await ledger.advance(workspaceId, written.map(plainEvent))
      if (answer.ok) {
        const taken = takenOf(written, answer.value.outcomes)
        recorder.record({ kind: 'invalidation', events: taken.length, tags: movedBy(taken).size })
      }
      return { workspaceId, answer }
    }),
  )
}

/** What of an event its ledger is given. */
function plainEvent({ moves, eventId, digest }: LedgerEvent): LedgerEvent {
  return { moves, ...(eventId === undefined ? {} : { eventId }), ...(digest === undefined ? {} : { digest }) }
}

function isEntry(outcome: LedgerOutcome): outcome is LedgerEntry {
  return 'version' in outcome
}

/** The events that were taken, now or when they came first. */
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
