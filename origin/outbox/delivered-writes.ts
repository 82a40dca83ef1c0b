import type { z } from 'zod'
import type { Version, WorkspaceId } from '../../shared/ids.ts'
import type { Result } from '../../shared/result.ts'
import { ok } from '../../shared/result.ts'
import type { RpcArguments } from '../database/database.ts'
import type { QueryClass } from '../database/places.ts'
import type { Queries } from '../database/queries.ts'
import type { QueryName } from '../database/query-metrics.ts'
import type { Failure } from '../failures.ts'
import type { OutboxRow } from './outbox.ts'
import { type outboxRowsSchema, parseOutboxRows } from './outbox.ts'

/** The caller that writes, and the workspace. A null token is the CRM's backend, as the service role. */
export interface Writer {
  readonly callerToken: string | null
  readonly callerKey: string
  readonly workspaceId: WorkspaceId
}

/** Delivers a write's rows of the outbox to the Worker; null if that takes too long and the relay delivers them later. */
export type Deliver = (rows: readonly OutboxRow[]) => Promise<Version | null>

/** The name under which the metrics count a query that writes, and whose places it takes. */
interface WriteKind {
  readonly name: QueryName
  readonly queryClass: Exclude<QueryClass, 'reads'>
}

type OutboxRows = z.output<typeof outboxRowsSchema>

/** The version from which on a write is seen, or `pending` if the relay has yet to deliver it. */
interface Invalidated {
  readonly version: Version | null
  readonly invalidation: 'done' | 'pending'
}

/** Calls of SQL functions that write, each one transaction, and the delivery of what they left in the outbox. */
export interface DeliveredWrites {
  /** Calls a function for the writer, and delivers nothing. */
  perform<Schema extends z.ZodType>(
    writer: Writer,
    kind: WriteKind,
    schema: Schema,
    functionName: string,
    args: RpcArguments,
  ): Promise<Result<z.output<Schema>, Failure>>
  /** Calls a function for the writer. Its rows of the outbox are delivered before this answers. */
  write<Schema extends z.ZodType<{ readonly outbox: OutboxRows }>>(
    writer: Writer,
    kind: WriteKind,
    schema: Schema,
    functionName: string,
    args: RpcArguments,
  ): Promise<Result<{ readonly written: z.output<Schema>; readonly invalidated: Invalidated }, Failure>>
}

export function createDeliveredWrites(queries: Queries, deliver: Deliver): DeliveredWrites {
  const perform: DeliveredWrites['perform'] = (writer, kind, schema, functionName, args) =>
    queries.perform({
      ...kind,
      ...writer,
      perform: (query) => query(schema, functionName, { p_workspace: writer.workspaceId, ...args }),
    })

  return {
    perform,
    async write(writer, kind, schema, functionName, args) {
      const performed = await perform(writer, kind, schema, functionName, args)
      if (!performed.ok) return performed
      const written = performed.value
      // The write is committed. A workspace that cannot be cached has no rows to deliver and no version.
      const version = await deliver(parseOutboxRows(written.outbox).rows)
      return ok({ written, invalidated: { version, invalidation: version === null ? 'pending' : 'done' } })
    },
  }
}
