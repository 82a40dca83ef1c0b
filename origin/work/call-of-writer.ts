import type { z } from 'zod'
import type { Result } from '../../shared/result.ts'
import type { RpcArguments } from '../database/database.ts'
import type { Queries } from '../database/queries.ts'
import type { Failure } from '../failures.ts'
import type { Writer } from '../outbox/delivered-writes.ts'

/** Calls a SQL function in the name of a member or of the CRM's backend. The database decides whether they may. */
export type CallOfWriter = <Schema extends z.ZodType>(
  writer: Writer,
  queryClass: 'reads' | 'writes',
  schema: Schema,
  functionName: string,
  args: RpcArguments,
) => Promise<Result<z.output<Schema>, Failure>>

export function createCallOfWriter(queries: Queries): CallOfWriter {
  return (writer, queryClass, schema, functionName, args) =>
    queries.perform({
      ...writer,
      name: 'background-work',
      queryClass,
      perform: (query) => query(schema, functionName, { p_workspace: writer.workspaceId, ...args }),
    })
}
