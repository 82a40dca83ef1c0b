import { liveLimits } from '../../../shared/limits/live-limits.ts'
import { liveCloseCodes } from '../../../shared/live/wire.ts'
import { clientLimits } from '../client-limits.ts'

export const liveTiming = {
  /** A ping that is not answered before the next one means that the socket is dead. A second ping falls shortly before the next proof. */
  pingEveryMs: 12_500,
  welcomeDeadlineMs: 10_000,
  /** A token is renewed so long before it expires. */
  renewBeforeMs: 60_000,
  renewAgainMs: 15_000,
  /** A timer of a browser cannot be longer than 24 days. */
  renewLatestMs: 86_400_000,
  /**
   * Returns after a failure to connect: the first about this long after it, then twice as long each time. A token that neither a hub nor the
   * API has taken for as long as the longest of them may be why.
   */
  retryFirstMs: 1_000,
  retryMostMs: 60_000,
  /** A question that an overloaded hub refused is shown to it again after this time, or twice as much. */
  showAgainMs: 5_000,
  /** A socket that was closed sooner counts as a failure to connect. */
  steadyAfterMs: 5_000,
  returnSoonMs: 500,
  /** Frames that are kept back for `seen` and `renew`. */
  framesReserved: 20,
} as const

if (clientLimits.pollEveryMs + clientLimits.pollGraceMs >= liveLimits.liveProofLifetimeMs) {
  throw new Error('An answer over HTTP would count as current for longer than a proof of the hub.')
}
if (liveTiming.pingEveryMs * 2 >= liveLimits.liveCompareEveryMs) {
  throw new Error('A proof would count from a ping long before it.')
}

/**
 * When to connect after a socket was closed. `failures` is the number of times in a row that there was no welcome, or that it did not
 * last. After a deploy all clients come back at once, so each waits for a random part of `liveReturnSpreadMs`.
 */
export function returnDelayMs(
  {
    code,
    wasWelcomed,
    failures,
  }: { readonly code: number; readonly wasWelcomed: boolean; readonly failures: number },
  random: () => number,
): number {
  const { retryFirstMs, retryMostMs, returnSoonMs } = liveTiming
  if (code === liveCloseCodes.tooMuch) return (1 + random()) * liveLimits.liveReturnSpreadMs
  if (failures > 0) {
    const upToMs = Math.min(retryMostMs, retryFirstMs * 2 ** Math.min(failures, 10))
    return upToMs / 4 + random() * upToMs * 0.75
  }
  const isAskedBack = code === liveCloseCodes.tokenExpired || code === liveCloseCodes.membershipMoved
  if (isAskedBack) return random() * returnSoonMs
  return random() * (wasWelcomed ? liveLimits.liveReturnSpreadMs : retryFirstMs)
}
