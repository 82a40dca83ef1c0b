import type { WorkspaceId } from '../../shared/ids.ts'
import type { Dice } from '../support/dice.ts'
import type { Database } from './database.ts'
import type { Setup } from './isolate.ts'
import type { Scheduler } from './scheduler.ts'
import type { Trace } from './trace.ts'

/** Time, chance, and the record of what was true. */
export interface Nature {
  readonly setup: Setup
  /** Whether the faults go on for minutes, with fewer reads and writes in the same time. */
  readonly isLong: boolean
  readonly dice: Dice
  /** The chance of what concerns the rollout. */
  readonly rolloutDice: Dice
  readonly scheduler: Scheduler
  readonly trace: Trace
  databaseOf(workspaceId: WorkspaceId): Database
  /** Runs work that may find a broken promise. Answers null if it did, and the run ends with this step. */
  watch<Value>(work: () => Value): Value | null
  /** Lets time pass, and throws a promise that was found broken meanwhile. */
  pass(ms: number): Promise<void>
}
