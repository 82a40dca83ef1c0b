import type { Clock } from '../../shared/clock.ts'
import { limits } from '../../shared/limits.ts'

/** How long the transactions of mail take, as far as this process sees it. */
export interface MailPace {
  record(durationMs: number): void
  /** Whether the last transactions took so long, at the median, that new messages are better queued. */
  isSlow(): boolean
}

/** A transaction says nothing about the database a minute later, so messages that are few are never queued for long. */
const countsMs = 60_000

/**
 * Queued messages have short transactions too, which bring the median down once the database is itself again: so the way back needs
 * no decision of its own.
 */
export function createMailPace(clock: Clock): MailPace {
  let last: { readonly atMs: number; readonly durationMs: number }[] = []
  return {
    record(durationMs) {
      last = [...last, { atMs: clock.now(), durationMs }].slice(-limits.mailSlowTransactions)
    },
    isSlow() {
      last = last.filter(({ atMs }) => clock.now() - atMs < countsMs)
      if (last.length < limits.mailSlowTransactions) return false
      const sorted = last.map(({ durationMs }) => durationMs).toSorted((a, b) => a - b)
      const middle = sorted.length / 2
      const median = ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
      return median >= limits.mailSlowMs
    },
  }
}
