import type { Result } from '../../shared/result.ts'
import type { TracedRead, TracedWrite } from './hitrate-trace.ts'

/** Everything of a design that is billed, and the queries of the database. Objects are Durable Objects. */
export interface Operations {
  requests: number
  cpuMs: number
  originQueries: number
  originBytes: number
  kvReads: number
  kvWrites: number
  kvDeletes: number
  kvLists: number
  redisCommands: number
  redisBytes: number
  objectCalls: number
  objectRowsRead: number
  objectRowsWritten: number
}

export function noOperations(): Operations {
  return {
    ...{ requests: 0, cpuMs: 0, originQueries: 0, originBytes: 0 },
    ...{ kvReads: 0, kvWrites: 0, kvDeletes: 0, kvLists: 0, redisCommands: 0, redisBytes: 0 },
    ...{ objectCalls: 0, objectRowsRead: 0, objectRowsWritten: 0 },
  }
}

/** The operations for reads, and those for telling a cache of writes. */
export interface Spent {
  readonly reads: Operations
  readonly writes: Operations
}

/** The answer of a reader: how many changes of the view it shows, and whether it came from a cache. */
export interface Got {
  readonly changes: number
  /** The query that the reader waited for, the same object for all its readers; null if a cache answered. */
  readonly query: object | null
  /** Whether the answer claims to be current. */
  readonly isProven: boolean
}

/** A way to cache, at all locations, over the same simulated places and network. */
export interface Design {
  readonly name: string
  /** An error means that the reader was refused. */
  read(read: TracedRead): Promise<Result<Got, string>>
  /** The write is committed. Settles when everything is told that a reader can rely on. */
  report(write: TracedWrite): Promise<void>
}

export const lifetimeSeconds = 180
