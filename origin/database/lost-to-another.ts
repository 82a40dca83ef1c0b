import { type Clock, pause } from '../../shared/clock.ts'

/** Postgres's codes for a transaction that was undone so that another one could go on: a serialization failure and a deadlock. */
export const lostToAnother: ReadonlySet<unknown> = new Set(['40001', '40P01'])

/** Random, so that transactions that lost to each other do not meet again. */
export interface Jitter {
  readonly clock: Clock
  readonly random: () => number
}

/** The pause before a transaction that lost is tried again: some ms, and twice as long after each further attempt. `attempt` begins at 1. */
export function pauseAfterLoss({ clock, random }: Jitter, attempt: number): Promise<void> {
  return pause(clock, 5 * 2 ** attempt * (0.5 + random()))
}
