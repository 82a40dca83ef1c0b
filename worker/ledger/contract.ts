import type { Version } from '../../shared/ids.ts'
import type { Tag } from '../../shared/tags.ts'

/** One change to write down: the tags it moves, and its id for idempotency where it has one. */
export interface LedgerEvent {
  readonly tags: readonly Tag[]
  readonly eventId?: string
  /**
   * Beside an id: what the event is (event-digest.ts), by which one that comes again is told from another that uses its id.
   * Where one of the two has none, as those of a Worker that was deployed earlier, their tags are compared.
   */
  readonly digest?: string
}

/** What an event came to: the version it took, and the tags that moved with it. */
export interface LedgerEntry {
  readonly version: Version
  readonly tags: readonly Tag[]
}

/** The event has the id of another one that the ledger remembers; nothing of it was written down. */
export interface LedgerConflict {
  readonly isIdOfAnother: true
}

export type LedgerOutcome = LedgerEntry | LedgerConflict

export interface LedgerAdvance {
  readonly version: Version
  readonly outcomes: readonly LedgerOutcome[]
}

/** What moved after a version. Stamps below `floor` can no longer be judged. */
export interface LedgerChanges {
  /** Which ledger speaks: another id means that its history starts anew and no older stamp counts. */
  readonly ledgerId: string
  readonly version: Version
  readonly floor: Version
  readonly changes: readonly { readonly tag: Tag; readonly version: Version }[]
}
