import type { Result } from '../../shared/result.ts'
import type { TracedRead, TracedWrite } from './hitrate-trace.ts'

/** The operations of a design that are billed, and the queries of the database. */
export interface Operations {
  requests: number
  originQueries: number
  kvReads: number
  kvWrites: number
  kvDeletes: number
  kvLists: number
  redisCommands: number
  ledgerCalls: number
  ledgerRowsRead: number
  ledgerRowsWritten: number
}

export function noOperations(): Operations {
  return {
    ...{ requests: 0, originQueries: 0, kvReads: 0, kvWrites: 0, kvDeletes: 0, kvLists: 0 },
    ...{ redisCommands: 0, ledgerCalls: 0, ledgerRowsRead: 0, ledgerRowsWritten: 0 },
  }
}

/** The answer of a reader: how many changes of the view it shows, and whether it came from a cache. */
export interface Got {
  readonly changes: number
  readonly isCached: boolean
  /** Whether the answer claims to be current. */
  readonly isProven: boolean
}

/** A way to cache, at all locations, over the same simulated places and network. */
export interface Design {
  readonly name: string
  readonly operations: Operations
  /** An error means that the reader was refused. */
  read(read: TracedRead): Promise<Result<Got, string>>
  /** The backend reports a write once it is committed. Settles when the backend is told that everything is done. */
  report(write: TracedWrite): Promise<void>
}

export const lifetimeSeconds = 180
