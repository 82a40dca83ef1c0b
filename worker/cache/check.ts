import { whenReady } from '../../shared/awaitable.ts'
import type { Clock } from '../../shared/clock.ts'
import { hexDigest } from '../../shared/hex-digest.ts'
import type { UserId } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Entry } from '../entry/entry.ts'
import { cacheKey } from '../entry/key.ts'
import type { CheckOutcome, Recorder } from '../events.ts'
import type { Proof, View, Views } from '../ledger/view.ts'
import type { Origin } from '../outbound/origin-client.ts'
import type { AnswerQuestion, Inquiry } from './answer.ts'
import { ownerOf } from './answer.ts'
import { hasMoved } from './freshness.ts'
import type { ReadAnswer } from './read.ts'

interface ConsistencyOptions {
  readonly views: Views
  readonly origin: Pick<Origin, 'load'>
  readonly recorder: Recorder
  readonly clock: Clock
  /** `CONSISTENCY_SAMPLE_RATE`: the share of cached answers that is checked, 0 to 1. */
  readonly sampleRate: number
  /** Uniform in [0, 1). */
  random(): number
  /** Logs one line about a violation, so that a person can look into it. */
  report(line: string): void
}

/**
 * The same answers, and a share of those that were served as current is checked: behind the answer, the same question is loaded
 * from the origin and compared. This finds errors that no test covers, and writes that nothing reported to the ledger.
 */
export function withConsistencyChecks(answer: AnswerQuestion, options: ConsistencyOptions): AnswerQuestion {
  const { recorder, random, sampleRate, clock } = options
  return (inquiry) =>
    whenReady(answer(inquiry), (answered) => {
      if (answered.ok && isClaimedCurrent(answered.value) && random() < sampleRate) {
        const { entry, view } = answered.value
        const servedAtMs = clock.now()
        const staleMs = staleMsOf(entry, view, servedAtMs)
        inquiry.caller.keepAlive(
          check(options, inquiry, entry).then((outcome) =>
            recorder.record({ kind: 'consistency', outcome, ...staleMs(outcome) }),
          ),
        )
      }
      return answered
    })
}

/**
 * The greatest age that a change missing from the answer can have had when the answer was served, in milliseconds. A change that
 * the ledger knows of was made after the ledger was called for the view. A change that it never learned of was made after the
 * entry was loaded.
 */
function staleMsOf(entry: Entry, view: View | null, servedAtMs: number) {
  return (outcome: CheckOutcome): { staleMs?: number } => {
    if (outcome === 'consistent') return { staleMs: 0 }
    if (outcome === 'violated') return { staleMs: Math.max(0, servedAtMs - entry.createdAtMs) }
    return outcome === 'excused' && view !== null ? { staleMs: servedAtMs - view.calledAtMs } : {}
  }
}

function isClaimedCurrent({ status, doubt }: ReadAnswer): boolean {
  return status === 'HIT' && doubt === null
}

async function check(options: ConsistencyOptions, inquiry: Inquiry, entry: Entry): Promise<CheckOutcome> {
  const { views, clock, report } = options
  const { workspaceId, question, caller } = inquiry
  const ledgerNow = () => views.current(workspaceId, { kind: 'now' }, caller.keepAlive)
  const owner = ownerOf(question, caller)
  if (question.comparable === null || !owner.ok) return 'unknown'

  const before = excuseFor(entry, await ledgerNow())
  if (before !== 'current') return before
  const saysNow = await loadNow(options, inquiry, owner.value)
  if (saysNow === null) return 'unknown'
  const isSame =
    entry.found === (saysNow.body !== null) &&
    (saysNow.body === null || question.comparable(entry.body) === question.comparable(saysNow.body))
  if (isSame) return 'consistent'

  // The write may have been committed while its invalidation is still on its way.
  await new Promise<void>((resolve) => clock.schedule(resolve, limits.consistencyPatienceMs))
  const after = excuseFor(entry, await ledgerNow())
  if (after !== 'current') return after
  // A digest identifies the key in the log without its parameters, which may hold a person's name.
  const keyDigest = await hexDigest(await cacheKey(question, workspaceId, owner.value), 8)
  report(
    JSON.stringify({
      ...{ level: 'error', event: 'consistency-violation' },
      ...{ resource: question.resource.name, keyDigest },
    }),
  )
  return 'violated'
}

/** Whether a difference is excused: `excused` if the ledger knows by now that the entry moved. */
function excuseFor(entry: Entry, proof: Proof): 'current' | 'excused' | 'unknown' {
  if (!proof.ok) return 'unknown'
  return hasMoved(entry, proof.value) ? 'excused' : 'current'
}

/** Loads the current answer from the origin. The version is unique, so the load does not share a query that began earlier. */
async function loadNow(
  { origin }: ConsistencyOptions,
  { workspaceId, question, caller }: Inquiry,
  owner: UserId | null,
) {
  const version = `check:${crypto.randomUUID()}`
  const loaded = await origin.load(question, { workspaceId, userId: owner, version }, caller)
  return loaded.ok ? { body: loaded.value } : null
}
