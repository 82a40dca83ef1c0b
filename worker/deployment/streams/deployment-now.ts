import type { Snapshot } from '../../../shared/contract/monitoring.ts'
import type { Totals } from '../metrics/totals.ts'

/** The deployment as of the latest sample. */
export type Now = Omit<Snapshot, 'history'>

/** What was counted in a window that ended with the latest sample; `spanMs` is how long it really was. */
export interface WindowSum {
  readonly totals: Totals
  readonly spanMs: number
}

/** The windows that the routes show, and everything that was ever counted. */
export interface WindowSums {
  readonly windows: Readonly<Record<'1m' | '5m' | '1h', WindowSum>>
  readonly all: Totals
}

/** Whose a stream is; null and null: whoever holds METRICS_TOKEN. */
export interface StreamHolder {
  readonly workspaceId: string | null
  readonly userId: string | null
}

/** `all-taken`: there are as many streams as there may be; `holder-has-enough`: this user or workspace has. */
export type StreamRefusal = 'all-taken' | 'holder-has-enough'
