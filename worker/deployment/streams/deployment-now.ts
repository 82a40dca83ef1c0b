import type { Snapshot } from '../../../shared/contract/monitoring.ts'
import type { Totals } from '../metrics/totals.ts'

/** The deployment as of the latest sample. */
export type Now = Omit<Snapshot, 'history'>

/** Everything counted in a window that ended with the latest sample. `spanMs` is the time that it really covers. */
export interface WindowSum {
  readonly totals: Totals
  readonly spanMs: number
}

/** The windows that the routes show, and the totals of all time. */
export interface WindowSums {
  readonly windows: Readonly<Record<'1m' | '5m' | '1h', WindowSum>>
  readonly all: Totals
}

/** The user and workspace a stream belongs to. Both are null for a caller with METRICS_TOKEN. */
export interface StreamHolder {
  readonly workspaceId: string | null
  readonly userId: string | null
}

/**
 * `all-taken`: no more streams can be opened at all. `holder-has-enough`: this user or workspace has reached its limit.
 */
export type StreamRefusal = 'all-taken' | 'holder-has-enough'
