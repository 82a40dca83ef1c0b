import type { WireError } from '../../shared/contract/errors.ts'
import type { InvalidationAnswer, OutboxEvent, OutboxOutcome } from '../../shared/contract/invalidation.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { Tag } from '../../shared/tags.ts'
import type { Recorder } from '../metrics/events.ts'
import type { LedgerClient } from './client.ts'
import type { LedgerEvent, LedgerOutcome } from './contract.ts'
import { patternsOf } from './tags.ts'

type Events = ReadonlyMap<WorkspaceId, readonly LedgerEvent[]>

/**
 * Writes events down in their workspaces' ledgers. Answers only when all are durable; when one ledger cannot be
 * reached nothing is claimed, and the caller sends them all again: that is harmless, and with event ids it even
 * answers the same.
 */
export async function invalidate(
  ledger: LedgerClient,
  recorder: Recorder,
  events: Events,
): Promise<Result<InvalidationAnswer, WireError>> {
  const versions: Record<string, number> = {}
  const patterns: string[] = []
  let invalidated = 0
  let version = 0
  for (const { workspaceId, answer } of await advanceAll(ledger, recorder, events)) {
    if (!answer.ok) return err({ code: 'ledger_unavailable', retryAfterSeconds: limits.retryAfterSeconds })
    const { outcomes } = answer.value
    const tags = tagsMoved(outcomes)
    version = outcomes.at(-1)?.version ?? answer.value.version
    versions[workspaceId] = version
    patterns.push(...patternsOf(workspaceId, tags))
    invalidated += tags.length
  }
  return ok({ invalidated, patterns, version, versions })
}

/** Writes the events of an outbox down and answers for each by itself: one ledger out of reach holds up no other. */
export async function invalidateEach(
  ledger: LedgerClient,
  recorder: Recorder,
  events: readonly OutboxEvent[],
): Promise<OutboxOutcome[]> {
  const byWorkspace = Map.groupBy(events, ({ workspaceId }) => workspaceId)
  const advanced = await advanceAll(ledger, recorder, byWorkspace)
  return advanced.flatMap(({ workspaceId, answer }) =>
    (byWorkspace.get(workspaceId) ?? []).map(({ eventId }, index): OutboxOutcome => {
      const version = answer.ok ? answer.value.outcomes[index]?.version : undefined
      return version === undefined ? { eventId, status: 503 } : { eventId, status: 200, version }
    }),
  )
}

async function advanceAll(ledger: LedgerClient, recorder: Recorder, events: Events) {
  return Promise.all(
    [...events].map(async ([workspaceId, written]) => {
      const answer = await ledger.advance(workspaceId, written)
      if (answer.ok) {
        const { outcomes } = answer.value
        recorder.record({
          kind: 'invalidation',
          events: outcomes.length,
          tags: tagsMoved(outcomes).length,
        })
      }
      return { workspaceId, answer }
    }),
  )
}

function tagsMoved(outcomes: readonly LedgerOutcome[]): Tag[] {
  return [...new Set(outcomes.flatMap((outcome) => outcome.tags))]
}
