import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { Move } from '../../shared/tags/moves.ts'
import type { Recorder } from '../events.ts'
import type { Author, LedgerAdvance, LedgerChanges, LedgerEvent, LedgerOutcome } from './ledger-messages.ts'

export interface LedgerFailure {
  readonly kind: 'timeout' | 'unavailable'
}

/** Calls the ledgers of all workspaces, with a deadline. Never rejects. */
export interface LedgerClient {
  advance(
    workspaceId: WorkspaceId,
    events: readonly LedgerEvent[],
    author: Author,
  ): Promise<Result<LedgerAdvance, LedgerFailure>>
  since(
    workspaceId: WorkspaceId,
    ledgerId: string | null,
    version: number,
  ): Promise<Result<LedgerChanges, LedgerFailure>>
}

/** The methods of a ledger. The stub of the Durable Object has this type. */
export interface LedgerStub {
  advance(events: readonly LedgerEvent[], author: Author): Promise<LedgerAdvance>
  since(ledgerId: string | null, version: number): Promise<LedgerChanges>
}

/** Moves tags of a key that was found wrong, and answers whether it did. Never rejects. */
export type Heal = (workspaceId: WorkspaceId, keyDigest: string, moves: readonly Move[]) => Promise<boolean>

export function createHeal(
  stubOf: (workspaceId: WorkspaceId) => { heal(keyDigest: string, moves: readonly Move[]): Promise<boolean> },
  clock: Clock,
): Heal {
  return (workspaceId, keyDigest, moves) =>
    withinDeadline(
      clock,
      limits.ledgerDeadlineMs,
      async () =>
        stubOf(workspaceId)
          .heal(keyDigest, moves)
          .catch(() => false),
      false,
    )
}

/** Registers a hub at its ledger, and answers the changes after its version; null if the ledger does not answer. Never rejects. */
type Watch = (ledgerId: string | null, version: number) => Promise<LedgerChanges | null>

export function createWatch(
  stub: () => { watch(hubName: string, ledgerId: string | null, version: number): Promise<LedgerChanges> },
  hubName: string,
  clock: Clock,
  recorder: Recorder,
): Watch {
  const call = createCall(clock, recorder)
  return async (ledgerId, version) => {
    const work = async () => stub().watch(hubName, ledgerId, version)
    const answer = await call('watch', work, areChanges)
    return answer.ok ? answer.value : null
  }
}

/** Creates the function that calls a ledger with a deadline and counts the call. */
function createCall(clock: Clock, recorder: Recorder) {
  return async function call<Value>(
    name: 'since' | 'advance' | 'watch',
    work: () => Promise<Value>,
    isSound: (answer: Value) => boolean,
  ): Promise<Result<Value, LedgerFailure>> {
    const startedAtMs = clock.now()
    const answer = await withinDeadline<Result<Value, LedgerFailure>>(
      clock,
      limits.ledgerDeadlineMs,
      async () => {
        const value = await work().catch(() => null)
        return value !== null && isSound(value) ? ok(value) : err({ kind: 'unavailable' })
      },
      err({ kind: 'timeout' }),
    )
    const outcome = answer.ok ? 'done' : answer.error.kind
    recorder.record({ kind: 'ledger', call: name, outcome, durationMs: clock.now() - startedAtMs })
    return answer
  }
}

export function createLedgerClient(
  stubOf: (workspaceId: WorkspaceId) => LedgerStub,
  clock: Clock,
  recorder: Recorder,
): LedgerClient {
  const call = createCall(clock, recorder)
  return {
    advance: (workspaceId, events, author) =>
      call(
        'advance',
        async () => stubOf(workspaceId).advance(events, author),
        (answer) => isAdvance(answer, events.length),
      ),
    since: (workspaceId, ledgerId, version) =>
      call('since', async () => stubOf(workspaceId).since(ledgerId, version), areChanges),
  }
}

/**
 * Whether an answer has the form of this release. During a deployment a ledger may still run the release before, whose answers
 * have another form. Checked by hand, since an answer may have 64 kB of numbers.
 */
function areChanges({ ledgerId, birth, version, moved }: LedgerChanges): boolean {
  const areNumbers = Number.isSafeInteger(birth) && Number.isSafeInteger(version) && version >= birth
  if (typeof ledgerId !== 'string' || !areNumbers || !(moved?.distances instanceof Uint32Array)) return false
  const { tags, distances } = moved
  if (tags === null) return distances.length === limits.ledgerTagsMax
  return tags instanceof Uint16Array && tags.length === distances.length
}

/** Without an outcome for each event, no event may count as durable. */
function isAdvance({ version, outcomes }: LedgerAdvance, events: number): boolean {
  if (!Number.isSafeInteger(version) || !Array.isArray(outcomes)) return false
  return outcomes.length === events && outcomes.every(isOutcome)
}

function isOutcome(outcome: unknown): outcome is LedgerOutcome {
  if (typeof outcome !== 'object' || outcome === null) return false
  if ('version' in outcome) return Number.isSafeInteger(outcome.version)
  return 'isIdOfAnother' in outcome && outcome.isIdOfAnother === true
}
