import type { WireError } from '../../shared/contract/errors.ts'
import type { InvalidationAnswer } from '../../shared/contract/invalidation.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { Recorder } from '../metrics/events.ts'
import type { LedgerClient } from './client.ts'
import type { LedgerEvent } from './contract.ts'
import { patternsOf } from './tags.ts'

/**
 * Writes events down in their workspaces' ledgers. Answers only when all are durable; when one ledger cannot be
 * reached nothing is claimed, and the caller sends them all again: that is harmless, and with event ids it even
 * answers the same.
 */
export async function invalidate(
  ledger: LedgerClient,
  recorder: Recorder,
  events: ReadonlyMap<WorkspaceId, readonly LedgerEvent[]>,
): Promise<Result<InvalidationAnswer, WireError>> {
  const advanced = await Promise.all(
    [...events].map(async ([workspaceId, written]) => ({
      workspaceId,
      answer: await ledger.advance(workspaceId, written),
    })),
  )
  const versions: Record<string, number> = {}
  const patterns: string[] = []
  let invalidated = 0
  let version = 0
  for (const { workspaceId, answer } of advanced) {
    if (!answer.ok) return err({ code: 'ledger_unavailable', retryAfterSeconds: limits.retryAfterSeconds })
    const { outcomes } = answer.value
    const tags = [...new Set(outcomes.flatMap((outcome) => outcome.tags))]
    version = outcomes.at(-1)?.version ?? answer.value.version
    versions[workspaceId] = version
    patterns.push(...patternsOf(workspaceId, tags))
    invalidated += tags.length
    recorder.record({ kind: 'invalidation', events: outcomes.length, tags: tags.length })
  }
  return ok({ invalidated, patterns, version, versions })
}
