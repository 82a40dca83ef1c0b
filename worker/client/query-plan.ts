import type { Belief } from './belief.ts'
import { clientLimits } from './client-limits.ts'
import type { Shared } from './query-shared.ts'

/** The parts of an entry, and of all entries together, on which the plan depends. */
interface Planned {
  readonly belief: Belief
  readonly isProofDemanded: boolean
  readonly toldBy: { readonly atMs: number; readonly version: number } | null
  readonly isUntold: boolean
  readonly shownAtMs: number
  readonly spreadMs: number
  readonly lateMs: number
}
type Around = Pick<Shared, 'live' | 'isLiveExpected' | 'pollEveryMs'>

/** When the API is to be asked about a question that is shown; null if nothing calls for it. */
export function nextAskAtMs(
  entry: Planned,
  { live, isLiveExpected, pollEveryMs }: Around,
  nowMs: number,
): number | null {
  const { belief, toldBy, shownAtMs } = entry
  const { held, needed, heardAtMs } = belief
  if (held === null || entry.isProofDemanded) return nowMs
  if (needed !== null) return belief.neededSinceMs + entry.spreadMs
  if (toldBy !== null && (held.version ?? -1) < toldBy.version) return toldBy.atMs
  const provedUntilMs = live?.knowledge().provedUntilMs ?? null
  const isLive = provedUntilMs !== null && nowMs < provedUntilMs
  if (isLive && belief.isTold) return belief.dueAtMs
  const polledAtMs = heardAtMs === null ? shownAtMs : heardAtMs + pollEveryMs
  // The proofs of all clients of a hub end together.
  if (provedUntilMs !== null && !isLive) return Math.max(polledAtMs, provedUntilMs + entry.lateMs)
  // The hub may still say that an answer from the disk is current.
  const isHubExpected = !entry.isUntold && (isLive || (live?.isConnecting() ?? isLiveExpected))
  return isHubExpected && heardAtMs === null ? shownAtMs + clientLimits.hubAnswerMs : polledAtMs
}
