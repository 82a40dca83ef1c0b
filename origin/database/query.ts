import { z } from 'zod'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { Failure } from '../failures.ts'
import type { Database, RpcArguments } from './database.ts'

/**
 * Calls a SQL function. If its outcome is `ok`, the answer is what `schema` makes of the returned JSON; any other
 * outcome is a failure of that name.
 */
export type Query = <Schema extends z.ZodType>(
  schema: Schema,
  functionName: string,
  args: RpcArguments,
) => Promise<Result<z.output<Schema>, Failure>>

const outcomeSchema = z.object({
  outcome: z.enum([
    ...['ok', 'forbidden', 'not_found', 'admin_required'],
    ...['contact_not_found', 'contact_exists', 'column_not_found'],
    ...['message_exists', 'conversation_exists', 'out_of_bounds'],
    ...['webhook_endpoints_full', 'webhook_endpoint_off'],
    ...['recipient_unknown', 'board_not_found', 'export_exists', 'rate_limited', 'queues_unavailable'],
  ] as const),
})

/**
 * Makes the `query` of one caller (a null token is the service role). Aborting `signal` ends the call. If an answer breaks
 * the contract of the SQL functions, the failure names the field and never its value.
 */
export function createQuery(database: Database, callerToken: string | null, signal: AbortSignal): Query {
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
