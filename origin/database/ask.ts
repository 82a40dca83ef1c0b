import { z } from 'zod'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { Failure } from '../failures.ts'
import type { Database, RpcArguments } from './client.ts'

/** Calls one of the SQL functions and answers what `schema` makes of its `ok` outcome; any other is a failure. */
export type Ask = <Schema extends z.ZodType>(
  schema: Schema,
  functionName: string,
  args: RpcArguments,
) => Promise<Result<z.output<Schema>, Failure>>

const outcomeSchema = z.object({
  outcome: z.enum([
    ...['ok', 'forbidden', 'not_found', 'admin_required'],
    ...['contact_not_found', 'contact_exists', 'column_not_found'],
  ] as const),
})

/** Binds `Ask` to one caller (null: the service role) and one query's signal. What breaks the contract names a place, never a value. */
export function createAsk(database: Database, callerToken: string | null, signal: AbortSignal): Ask {
  return async (schema, functionName, args) => {
    const called = await database.callRpc(functionName, args, callerToken, signal)
    if (!called.ok) return called
    const outcome = outcomeSchema.safeParse(called.value)
    if (!outcome.success) return invalid(functionName, outcome.error)
    if (outcome.data.outcome !== 'ok') return err({ kind: outcome.data.outcome })
    const parsed = schema.safeParse(called.value)
    return parsed.success ? ok(parsed.data) : invalid(functionName, parsed.error)
  }
}

function invalid(functionName: string, error: z.core.$ZodError): Result<never, Failure> {
  const issue = error.issues[0]
  return err({
    kind: 'invalid',
    code: `${functionName}: ${issue?.code ?? 'unknown'} at ${issue?.path.join('.') ?? ''}`,
  })
}
