import type { RolloutState } from '../../shared/contract/rollout-state.ts'

/** How a workspace is answered, and the version of the setting that says so. */
export interface RolloutNews {
  readonly version: number
  readonly state: RolloutState
}

/** The answer to a ledger that asks. Changes are told to it for `leaseMs` from then on. */
export interface RolloutTold extends RolloutNews {
  readonly leaseMs: number
}

/** The object that keeps the rollout, as ledgers call it. */
export interface RolloutObject extends Rpc.DurableObjectBranded {
  rolloutFor(scope: string): RolloutTold
}
