import { applyDifference } from '../../../shared/live/apply-difference.ts'
import { type Belief, greater } from '../belief.ts'
import type { QuestionFrame } from './live-connection.ts'

/** After so many `moved` in a row the hub seems to hold no entry of the question, so it is not told any more which one is held. */
const movesInARowMax = 3

/** The client's time, and the time up to which the hub's knowledge is proved; null if it is not. */
interface Times {
  readonly nowMs: number
  readonly provedAsOfMs: number | null
}

/**
 * Takes a frame about a question into what is believed of it. Answers whether a difference was applied. A frame that is older than what is
 * held says nothing new. One that starts from another entry than the one that is held makes the client ask the API.
 *
 * A difference leads to what the hub knows, which may be older than the API's answer that it is applied to. So its result is no newer than
 * the hub's last proof.
 */
export function takeFrame(belief: Belief, frame: QuestionFrame, { nowMs, provedAsOfMs }: Times): boolean {
  const { held } = belief
  belief.isTold = true
  const isOldNews = held !== null && held.version !== null && frame.version < held.version
  if (frame.type === 'moved') {
    belief.hubEntry = null
    belief.movesInARow += 1
    belief.isUnheld ||= belief.movesInARow >= movesInARowMax
    if (!isOldNews) belief.need(frame.version, nowMs)
    return false
  }
  const entry = frame.type === 'shown' ? frame.etag : frame.to
  belief.movesInARow = 0
  belief.hubEntry = entry
  if (isOldNews) return false
  belief.dueEveryMs = frame.dueInMs
  if (held?.entry === entry) {
    confirm(belief, frame.version, nowMs)
    return false
  }
  const isFromHeld = frame.type === 'changed' && held !== null && held.entry === frame.from
  const data = isFromHeld && held.data !== null ? applyDifference(held.data, frame.difference) : null
  if (held === null || data === null) {
    belief.need(frame.version, nowMs)
    return false
  }
  belief.held = { ...held, data, entry, asOfMs: Math.min(held.asOfMs, provedAsOfMs ?? 0) }
  belief.heardAtMs = null
  confirm(belief, frame.version, nowMs)
  return true
}

/** The hub has told everything up to this version. */
export function takeProof(belief: Belief, version: number): void {
  const { held } = belief
  if (!belief.isTold || belief.needed !== null || held === null) return
  belief.held = { ...held, version: greater(held.version, version), isStale: false }
}

/** A hub of this ledger answered, after one of `before`. Versions of another ledger mean nothing. */
export function comeUnderLedger(belief: Belief, ledger: string, before: string | null): void {
  const { held } = belief
  const known = held?.ledger ?? before
  const isOther = known !== null && known !== ledger
  if (isOther) belief.needed = null
  if (held === null) return
  belief.held = { ...held, ledger, version: isOther ? null : held.version }
}

function confirm(belief: Belief, version: number, nowMs: number): void {
  const { held, needed } = belief
  if (held !== null) belief.held = { ...held, version: greater(held.version, version), isStale: false }
  if (needed !== null && version >= needed) belief.needed = null
  belief.renewDue(nowMs)
}
