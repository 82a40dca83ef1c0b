import type { ActivityCause } from '../../shared/contract/activity.ts'
import type { RolloutState } from '../../shared/contract/rollout-state.ts'
import type { UserId, Version } from '../../shared/ids.ts'
import type { Move } from '../../shared/tags/moves.ts'
import type { NoteDetail } from './book-notes.ts'

/** One change to write down: its moves, and its id for idempotency if it has one. */
export interface LedgerEvent {
  readonly moves: readonly Move[]
  readonly eventId?: string
  /**
   * A digest of the event's content (event-digest.ts), for an event with an id. It distinguishes a repeated event from another one
   * with the same id. If it is absent, the moves distinguish them.
   */
  readonly digest?: string
  /** The ids or settings that the activity feed shows with the event. They decide nothing. */
  readonly detail?: NoteDetail
  /** When the outbox told it, in milliseconds since 1970. It is not written down. */
  readonly toldAtMs?: number
}

/** Why events are written down, and the user behind them, for the activity feed. */
export interface Author {
  readonly cause: ActivityCause
  readonly userId: UserId | null
}

/** The version that an event took. */
export interface LedgerEntry {
  readonly version: Version
}

/** The event has the id of another event that the ledger remembers, and was not written down. */
interface LedgerConflict {
  readonly isIdOfAnother: true
}

export type LedgerOutcome = LedgerEntry | LedgerConflict

export interface LedgerAdvance {
  readonly version: Version
  readonly outcomes: readonly LedgerOutcome[]
}

/**
 * Tags with the versions that last moved them, as distances from the ledger's birth. If `tags` is null, `distances` has an element
 * for every tag, 0 if none moved it. They are typed arrays, which are sent to an isolate as their bytes.
 */
export interface MovedTags {
  readonly tags: Uint16Array | null
  readonly distances: Uint32Array
}

export interface LedgerChanges {
  /** The id of the ledger. A ledger with another id has another history, and stamps of the former one count as outdated. */
  readonly ledgerId: string
  /** The version that the ledger began with. */
  readonly birth: Version
  readonly version: Version
  /** The tags that moved after the version in the call; all that ever moved if the call named another ledger. */
  readonly moved: MovedTags
  /**
   * The instant up to which everything that was committed is in this answer. Absent if nothing is proved, and from a ledger of the
   * release before.
   */
  readonly provedAtMs?: number
  /** How the workspace is answered (contract/rollout.ts). Absent if the tiers answer, and from a ledger of the release before. */
  readonly rollout?: Exclude<RolloutState, 'on'> | undefined
}

/** The changes with the way in which the workspace is answered. */
export function withRollout(changes: LedgerChanges, state: RolloutState): LedgerChanges {
  return state === 'on' ? changes : { ...changes, rollout: state }
}
