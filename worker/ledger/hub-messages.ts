import type { Version } from '../../shared/ids.ts'
import type { ChangeTime } from './change-times.ts'
import type { LedgerChanges } from './ledger-messages.ts'

/** The version that a hub has of a ledger. `ledgerId` is null if it has none. */
export interface HubPosition {
  readonly ledgerId: string | null
  readonly version: Version
}

/**
 * The changes that a ledger tells a hub. They continue a hub that is at `since` or past it. With `since.ledgerId` null they are all
 * changes that the ledger ever had, which continue every hub.
 */
export interface Told {
  readonly since: HubPosition
  readonly changes: LedgerChanges
  /** When the last of them happened, as far as the ledger remembers. Absent from a ledger of the release before. */
  readonly times?: readonly ChangeTime[]
}

/** A hub's answer: its position afterwards, from which the ledger goes on; or that nobody is connected to it, so that it need not be told. */
export type HubAnswer = HubPosition | 'gone'

/** A hub as other objects and the Worker call it. */
export interface HubObject extends Rpc.DurableObjectBranded {
  tell(told: Told): HubAnswer
}
