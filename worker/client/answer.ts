import type { BoardcacheError } from './client-error.ts'

/**
 * How much an answer can be relied on.
 *
 *   current    the hub, or an answer of the API a moment ago, proves it
 *   unproved   it was right at `asOfMs`, and the proof that it still is has not arrived
 *   stale      the API or the network is away, and this is the last that is known
 *   loading    nothing is known yet
 *   failed     nothing is known, and `error` says why
 */
export type AnswerStatus = 'current' | 'unproved' | 'stale' | 'loading' | 'failed'

/** The answer to a query at one moment. It is never changed: a later one is another object. Equal rows are the same objects. */
export interface Answer<Data> {
  /** Undefined while nothing is known, and if the thing does not exist (`error` is then that 404). */
  readonly data: Data | undefined
  readonly status: AnswerStatus
  /** The data were right at this instant, in milliseconds since 1970; null if nothing is known. */
  readonly asOfMs: number | null
  /**
   * The data contain every change up to this version of the workspace's ledger, and if the status is `current`, nothing of them has
   * changed up to the newest version that the client has seen for this query. Null if no version is known.
   */
  readonly version: number | null
  /** Whether the data show a write of this client that the database has not confirmed yet. */
  readonly isPending: boolean
  readonly error: BoardcacheError | null
}
