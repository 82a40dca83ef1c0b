import type { Version } from '../../shared/ids.ts'
import type { Move } from '../../shared/tags/moves.ts'

/** One change to write down: what it moves, and its id for idempotency where it has one. */
export interface LedgerEvent {
  readonly moves: readonly Move[]
  readonly eventId?: string
  /**
   * Beside an id: what the event is (event-digest.ts). It tells an event that comes again from another one that uses the same
   * id. An event without one is told by what it moves.
   */
  readonly digest?: string
}

/** The version that an event took. */
export interface LedgerEntry {
  readonly version: Version
}

/** The event has the id of another one that the ledger remembers; nothing of it was written down. */
interface LedgerConflict {
  readonly isIdOfAnother: true
}

export type LedgerOutcome = LedgerEntry | LedgerConflict

export interface LedgerAdvance {
  readonly version: Version
  readonly outcomes: readonly LedgerOutcome[]
}

/**
 * Tags with the versions that last moved them, as distances from the ledger's birth. `tags` null: `distances` has one for every
 * tag there is, 0 where none moved it. Typed arrays, which cross to an isolate as the bytes that they are.
 */
export interface MovedTags {
  readonly tags: Uint16Array | null
  readonly distances: Uint32Array
}

export interface LedgerChanges {
  /** Which ledger speaks: with another id its history begins again, and no older stamp counts. */
  readonly ledgerId: string
  /** The version that the ledger began with. */
  readonly birth: Version
  readonly version: Version
  /** What moved after the version that was asked about; all that ever moved where the question named another ledger. */
  readonly moved: MovedTags
}
