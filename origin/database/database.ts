import { createClient } from '@supabase/supabase-js'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { DatabaseFailure } from '../failures.ts'
import { lostToAnother } from './lost-to-another.ts'

/** The arguments of a SQL function by name. */
export type RpcArguments = Readonly<Record<string, unknown>>

/**
 * The database behind Supabase. It is the one seam at which tests substitute another. Calls never reject, and settle soon
 * after `signal` aborts.
 */
export interface Database {
  /**
   * Calls a SQL function under the caller's token, so that row level security applies, and answers its jsonb without
   * checking it. A null token is the service role, to which row level security does not apply; without a secret key such
   * a call is `refused`. The function can read `headers`.
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
  /** Without it no call can be made as the service role. */
  readonly secretKey: string | null
}

/** Postgres's code for a missing permission. */
const insufficientPrivilege = '42501'
/** PostgREST's codes for a JWT that is malformed, missing or expired (its "Errors", group 3). */
const tokenRefused = /^PGRST30[123]$/
/** Postgres's code for a row that a constraint refuses. */
const checkViolation = '23514'
/**
 * A function that does not exist, with this name and these arguments: PostgREST's code (its "Errors", group 2), and Postgres' own, if
 * PostgREST still remembers the function.
 */
const functionNotFound: ReadonlySet<string | undefined> = new Set(['PGRST202', '42883'])
/** Postgres's code for a cancelled statement: the role's `statement_timeout` (8 s on hosted Supabase) has passed. */
const queryCanceled = '57014'

/**
 * One client serves all callers: its session support, token refresh and realtime are not used, and each call carries the
 * token of its own caller. (A client for each call was measured: it costs 0.1 ms and 10 kB and gains nothing.)
 */
export function createDatabase({ supabaseUrl, publishableKey, secretKey }: DatabaseOptions): Database {
  const clientOf = (key: string) => createClient(supabaseUrl, key, { accessToken: async () => null })
  const client = clientOf(publishableKey)
  const serviceClient = secretKey === null ? null : clientOf(secretKey)

  return {
    async callRpc(functionName, args, callerToken, signal, headers = {}) {
      const call =
        callerToken === null
          ? serviceClient?.rpc(functionName, args)
          : client.rpc(functionName, args).setHeader('Authorization', `Bearer ${callerToken}`)
      if (call === undefined) return err({ kind: 'refused' })
      for (const [name, value] of Object.entries(headers)) call.setHeader(name, value)
      const { data, error, status } = await call.abortSignal(signal)
      if (error === null) return ok(data)
      return err(signal.aborted ? { kind: 'timeout' } : failureOf(status, error.code))
    },

    // Postgres refuses this function to anonymous callers, and the refusal proves that Postgres is there.
    async probe(signal) {
      const { error } = await client.rpc('workspace_membership', { p_workspace: 'probe' }).abortSignal(signal)
      return error === null || error.code === insufficientPrivilege
    },
  }
}

/**
 * `status` is 0 if no answer came. `code` is a SQLSTATE or one of PostgREST's own codes. It is absent if the gateway
 * answered: a 401 from there means that the publishable key is wrong, and says nothing about the caller's token.
 */
function failureOf(status: number, code: string | undefined): DatabaseFailure {
  if (code === queryCanceled) return { kind: 'timeout' }
  if (code === insufficientPrivilege || (code !== undefined && tokenRefused.test(code))) {
    return { kind: 'refused' }
  }
  if (lostToAnother.has(code)) return { kind: 'conflict' }
  if (functionNotFound.has(code)) return { kind: 'lacking' }
  if (code === checkViolation) return { kind: 'out_of_bounds' }
  if (status === 0 || status === 429 || status >= 500) return { kind: 'unavailable' }
  return { kind: 'invalid', code: code === undefined || code === '' ? `status ${status}` : code }
}
