import type { ApiErrorCode } from './api-types.ts'

/** Codes of the client itself, beside those of the API. */
export type ClientErrorCode =
  /** There is no connection. A read had nothing in the cache, or a write was refused. */
  | 'offline'
  /** The request did not reach the Worker, or its answer did not arrive. */
  | 'network'
  | 'timeout'
  /** The function that gives tokens failed. */
  | 'token_unavailable'
  /** The answer is not one of this API. */
  | 'answer_invalid'
  /** The client was closed, or its user signed out. */
  | 'closed'

/** One parameter that the API refused, and the reason. */
export interface Fault {
  readonly parameter: string
  readonly message: string
}

interface ErrorFacts {
  readonly code: ApiErrorCode | ClientErrorCode
  readonly message: string
  readonly status?: number | null
  readonly retryAfterMs?: number | null
  readonly requestId?: string | null
  readonly details?: readonly Fault[]
  readonly mayHaveHappened?: boolean
}

/** The facts that an error has where nothing else is known. */
const unknownFacts = {
  status: null,
  retryAfterMs: null,
  requestId: null,
  details: [],
  mayHaveHappened: false,
}

/** Every failure that this library reports. `code` says which one; `message` is a sentence for developers. */
export class BoardcacheError extends Error {
  override readonly name = 'BoardcacheError'
  declare readonly code: ApiErrorCode | ClientErrorCode
  /** The status of the answer; null if there was none. */
  declare readonly status: number | null
  /** How long the API asked to wait before the request is repeated; null if it did not. */
  declare readonly retryAfterMs: number | null
  /** Under this id the API has logged the request. */
  declare readonly requestId: string | null
  declare readonly details: readonly Fault[]
  /** True if a write may have been made although nobody confirmed it. Read before you send it again. */
  declare readonly mayHaveHappened: boolean

  constructor(facts: ErrorFacts) {
    super(facts.message)
    Object.assign(this, unknownFacts, facts)
  }
}
