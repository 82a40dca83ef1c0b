import { limits } from '../../shared/limits.ts'

/** The bounds of the validation itself, so that it can never harm a deployment. */
export const validateBounds = {
  /** One request, its body included; one statement in the database; and the opening of a socket. */
  requestDeadlineMs: 10_000,
  statementDeadlineMs: 10_000,
  socketDeadlineMs: 10_000,
  /** The requests that are under way at a time. */
  atOnce: 6,
  /** How often a question is put again while its answer is awaited. */
  pollEveryMs: 50,
  /** How soon an answer must come from a tier. Tiers are filled behind the answer that found them empty. */
  warmWithinMs: 5_000,
  /** The greatest bounds that may be given. */
  boundMsMax: 60_000,
  deadlineSecondsMax: 3_600,
  /** Removing what was made, after which the report names what is left. */
  cleanupDeadlineMs: 30_000,
  /** The share of a user's limit that is always left to that user. */
  reservedShare: 0.1,
  /** The longest pause for a limit's window to pass. */
  pauseSecondsMax: 120,
  /** After so many changes that came too late the remaining rounds are not made. */
  lateMax: 2,
  findingsMax: 40,
} as const

/** The size of a run. */
export interface Pace {
  /** The changes of each distribution. */
  readonly rounds: number
  /** How often each question is put when response times are taken. */
  readonly readsOfEach: number
  readonly deadlineSeconds: number
  /** How many resources are tried at a time when rows change. */
  readonly changesAtOnce: number
}

export const paces: Readonly<Record<'quick' | 'full', Pace>> = {
  quick: { rounds: 5, readsOfEach: 2, deadlineSeconds: 120, changesAtOnce: 6 },
  full: { rounds: 50, readsOfEach: 10, deadlineSeconds: 900, changesAtOnce: 1 },
}

/** The promises of a deployment with default settings, in milliseconds. */
export const promises = {
  stalenessBoundMs: limits.stalenessBoundDefaultMs,
  /** From a committed row to the moment at which everybody sees it. */
  rowBoundMs: 2_000,
  /** From a committed row to the frame on a socket. */
  liveBoundMs: limits.stalenessBoundDefaultMs,
} as const
