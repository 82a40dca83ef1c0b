import { createClient } from '@supabase/supabase-js'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { DatabaseFailure } from '../failures.ts'

/** The arguments of a SQL function by name. */
export type RpcArguments = Readonly<Record<string, unknown>>

/**
 * The database behind Supabase: the one seam at which the tests put another in its place. Never rejects. Settles soon
 * after `signal` aborts.
 */
export interface Database {
  /**
   * Calls a SQL function as the caller, so that row level security holds; answers its jsonb, unchecked. Null is the
   * service role, which is not bound by it, and is refused where the origin has no secret key. `headers` go along with
   * the call, and the function can read them.
   */
  callRpc(
    functionName: string,
    args: RpcArguments,
    callerToken: string | null,
    signal: AbortSignal,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Result<unknown, DatabaseFailure>>
  /** Whether Postgres itself answers. */
  probe(signal: AbortSignal): Promise<boolean>
}

interface DatabaseOptions {
  readonly supabaseUrl: string
  readonly publishableKey: string
  /** Null: nothing is asked as the service role. */
  readonly secretKey: string | null
}

/** Postgres's code for a refused permission. */
const insufficientPrivilege = '42501'
/** PostgREST's codes for a JWT that is malformed, missing or expired (its "Errors", group 3). */
const tokenRefused = /^PGRST30[123]$/
/** Postgres's code for a row that a constraint refuses. */
const checkViolation = '23514'
/** Postgres's code for a statement that was cancelled: `statement_timeout` of the role (8 s on hosted Supabase). */
const queryCanceled = '57014'

/**
 * One client for all callers: its session support, token refresh and realtime stay unused, and each call carries its
 * own caller's token. (A client a call was measured too: 0.1 ms and 10 kB each, for nothing.)
 */
export function createDatabase({ supabaseUrl, publishableKey, secretKey }: DatabaseOptions): Database {
  const clientOf = (key: string) => createClient(supabaseUrl, key, { accessToken: async () => null })
  const client = clientOf(publishableKey)
  const serviceClient = secretKey === null ? null : clientOf(secretKey)

  return {
    async callRpc(functionName, args, callerToken, signal, headers = {}) {
      const asked =
        callerToken === null
          ? serviceClient?.rpc(functionName, args)
          : client.rpc(functionName, args).setHeader('Authorization', `Bearer ${callerToken}`)
      if (asked === undefined) return err({ kind: 'refused' })
      for (const [name, value] of Object.entries(headers)) asked.setHeader(name, value)
      const { data, error, status } = await asked.abortSignal(signal)
      if (error === null) return ok(data)
      return err(signal.aborted ? { kind: 'timeout' } : failureOf(status, error.code))
    },

    // Without a user the function is refused by Postgres, and that refusal is the proof that Postgres is there.
    async probe(signal) {
      const { error } = await client.rpc('workspace_membership', { p_workspace: 'probe' }).abortSignal(signal)
      return error === null || error.code === insufficientPrivilege
    },
  }
}

/**
 * `status` is 0 when no answer came; `code` is a SQLSTATE or PostgREST's own, and absent when it was the gateway that
 * answered: its 401 means that the publishable key is wrong, which is no fault of the caller's token.
 */
function failureOf(status: number, code: string | undefined): DatabaseFailure {
  if (code === queryCanceled) return { kind: 'timeout' }
  if (code === insufficientPrivilege || (code !== undefined && tokenRefused.test(code))) {
    return { kind: 'refused' }
  }
  if (code === checkViolation) return { kind: 'out_of_bounds' }
  if (status === 0 || status === 429 || status >= 500) return { kind: 'unavailable' }
  return { kind: 'invalid', code: code === undefined || code === '' ? `status ${status}` : code }
}
