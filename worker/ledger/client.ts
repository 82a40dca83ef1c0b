import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { Recorder } from '../events.ts'
import type { LedgerAdvance, LedgerChanges, LedgerEvent } from './contract.ts'

export interface LedgerFailure {
  readonly kind: 'timeout' | 'unavailable'
}

/** The ledgers of all workspaces, asked within a deadline. Never rejects. */
export interface LedgerClient {
  advance(
    workspaceId: WorkspaceId,
    events: readonly LedgerEvent[],
  ): Promise<Result<LedgerAdvance, LedgerFailure>>
  since(
    workspaceId: WorkspaceId,
    ledgerId: string | null,
    version: number,
  ): Promise<Result<LedgerChanges, LedgerFailure>>
}

/** What a ledger answers to a call; the Durable Object's stub fits it. */
export interface LedgerStub {
  advance(events: readonly LedgerEvent[]): Promise<LedgerAdvance>
  since(ledgerId: string | null, version: number): Promise<LedgerChanges>
}

export function createLedgerClient(
  stubOf: (workspaceId: WorkspaceId) => LedgerStub,
  clock: Clock,
  recorder: Recorder,
): LedgerClient {
  async function ask<Value>(
    call: 'since' | 'advance',
    question: () => Promise<Value>,
  ): Promise<Result<Value, LedgerFailure>> {
    const askedAtMs = clock.now()
    const answer = await withinDeadline<Result<Value, LedgerFailure>>(
      clock,
      limits.ledgerDeadlineMs,
      () => question().then(ok, () => err({ kind: 'unavailable' })),
      err({ kind: 'timeout' }),
    )
    const outcome = answer.ok ? 'done' : answer.error.kind
    recorder.record({ kind: 'ledger', call, outcome, durationMs: clock.now() - askedAtMs })
    return answer
  }

  return {
    advance: (workspaceId, events) => ask('advance', async () => stubOf(workspaceId).advance(events)),
    since: (workspaceId, ledgerId, version) =>
      ask('since', async () => stubOf(workspaceId).since(ledgerId, version)),
  }
}
