import { whenReady } from '../../shared/awaitable.ts'
import type { Clock } from '../../shared/clock.ts'
import type { UserId } from '../../shared/ids.ts'
import type { Entry } from '../entry/entry.ts'
import type { CheckOutcome, Recorder } from '../events.ts'
import type { Proof, View, Views } from '../ledger/view.ts'
import type { Origin } from '../outbound/origin-client.ts'
import type { AnswerQuestion, Inquiry } from './answer.ts'
import { ownerOf } from './answer.ts'
import { type Compared, type CreateSuspicion, differenceBetween } from './comparison.ts'
import { hasMoved } from './freshness.ts'
import type { ReadAnswer } from './read.ts'
import type { SeeAnswer } from './shadow.ts'
import { createSuspicions, type Suspicion } from './suspicions.ts'
import type { SettleViolation } from './violations.ts'

interface ConsistencyOptions {
  readonly views: Views
  readonly origin: Pick<Origin, 'load'>
  readonly recorder: Recorder
  readonly clock: Clock
  /** `CONSISTENCY_SAMPLE_RATE`: the share of cached answers that is checked, 0 to 1. */
  readonly sampleRate: number
  /** Uniform in [0, 1). */
  random(): number
  /** Makes a suspicion of a difference; null if there is no instant to judge it by. */
  readonly suspect: CreateSuspicion
  readonly violated: SettleViolation
  /** The comparisons of shadow, which see the answers of workspaces in shadow, and failures. */
  readonly shadow: SeeAnswer
}

/**
 * The same answers, and a share of those that were served as current is checked: behind the answer, the same question is loaded
 * from the origin and compared. This finds errors that no test covers, and writes that nothing reported to the ledger.
 *
 * A difference alone says nothing, since the relay may be late. It is a violation only if none of the entry's tags has moved in a view
 * that proves an instant after the comparison. Later reads bring such a view; nothing waits or asks for it, because a check must not
 * add load to an origin or a relay that is late. A violation heals by moving the entry's narrowest tags.
 */
export function withConsistencyChecks(answer: AnswerQuestion, options: ConsistencyOptions): AnswerQuestion {
  const { recorder, random, sampleRate, clock, shadow } = options
  const suspicions = createSuspicions(clock)

  function settle({ caller, workspaceId }: Inquiry, { view }: ReadAnswer): void {
    for (const { suspicion, outcome } of suspicions.settled(workspaceId, view)) {
      const staleMs = outcome === 'violated' ? { staleMs: suspicion.ageMs } : excusedAge(suspicion, outcome)
      recorder.record({ kind: 'consistency', outcome, ...staleMs })
      if (outcome === 'violated') caller.keepAlive(options.violated(suspicion))
    }
  }

  async function check(inquiry: Inquiry, entry: Entry, servedAtMs: number, view: View | null): Promise<void> {
    const ages = { viewAgeMs: view === null ? null : servedAtMs - view.calledAtMs }
    const ageMs = Math.max(0, servedAtMs - entry.createdAtMs)
    const compared = await compare(options, inquiry, entry)
    if (compared.outcome === 'differs') {
      const found = await options.suspect(inquiry, entry, { ...ages, ageMs, places: compared.places })
      const dropped = found === null ? 1 : suspicions.add(found)
      for (let count = 0; count < dropped; count += 1)
        recorder.record({ kind: 'consistency', outcome: 'unknown' })
      return
    }
    const { outcome } = compared
    const staleMs = outcome === 'consistent' ? { staleMs: 0 } : excusedAge(ages, outcome)
    recorder.record({ kind: 'consistency', outcome, ...staleMs })
  }

  return (inquiry) =>
    whenReady(answer(inquiry), (answered) => {
      if (!answered.ok || answered.value.rollout === 'shadow') shadow(inquiry, answered)
      if (!answered.ok) return answered
      settle(inquiry, answered.value)
      const { entry, view } = answered.value
      if (isClaimedCurrent(answered.value) && random() < sampleRate && !suspicions.includes(entry))
        inquiry.caller.keepAlive(check(inquiry, entry, clock.now(), view))
      return answered
    })
}

/**
 * The greatest age that a change missing from the answer can have had when the answer was served, in milliseconds. A change that
 * the ledger knows of was made after the ledger was called for the view. A change that it never learned of was made after the
 * entry was loaded.
 */
function excusedAge(
  { viewAgeMs }: Pick<Suspicion, 'viewAgeMs'>,
  outcome: CheckOutcome,
): { staleMs?: number } {
  return outcome === 'excused' && viewAgeMs !== null ? { staleMs: viewAgeMs } : {}
}

function isClaimedCurrent({ status, doubt }: ReadAnswer): boolean {
  return status === 'HIT' && doubt === null
}

/** Compares an entry with what the origin says now. */
async function compare(
  options: ConsistencyOptions,
  { workspaceId, question, caller }: Inquiry,
  entry: Entry,
): Promise<Compared | { readonly outcome: 'excused' }> {
  const owner = ownerOf(question, caller)
  if (question.comparable === null || !owner.ok) return { outcome: 'unknown' }
  const before = excuseFor(entry, await options.views.current(workspaceId, { kind: 'now' }, caller.keepAlive))
  if (before !== 'current') return { outcome: before }
  const saysNow = await loadNow(options, { workspaceId, question, caller }, owner.value)
  if (saysNow === null) return { outcome: 'unknown' }
  const { body } = saysNow
  return differenceBetween(question, entry, { found: body !== null, body: body ?? new Uint8Array() })
}

/** Whether a difference is excused: `excused` if the ledger knows by now that the entry moved. */
function excuseFor(entry: Entry, proof: Proof): 'current' | 'excused' | 'unknown' {
  if (!proof.ok) return 'unknown'
  return hasMoved(entry, proof.value) ? 'excused' : 'current'
}

/** Loads the current answer from the origin. The version is unique, so the load does not share a query that began earlier. */
async function loadNow(
  { origin }: ConsistencyOptions,
  { workspaceId, question, caller }: Pick<Inquiry, 'workspaceId' | 'question' | 'caller'>,
  owner: UserId | null,
) {
  const version = `check:${crypto.randomUUID()}`
  const loaded = await origin.load(question, { workspaceId, userId: owner, version }, caller)
  return loaded.ok && loaded.isOfOtherVersion !== true ? { body: loaded.value } : null
}
