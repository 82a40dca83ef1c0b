import { AsyncLocalStorage } from 'node:async_hooks'
import type { Trace } from '../../shared/contract/trace.ts'
import { traceHeaders } from '../../shared/contract/trace.ts'
import type { Database } from './database.ts'

/** The trace of the request that the current work is for. It follows the request through everything that it awaits. */
const currentTrace = new AsyncLocalStorage<Trace>()

/** Does a request's work, whose calls of the database then carry the request's trace. */
export function inTrace<Value>(trace: Trace, work: () => Value): Value {
  return currentTrace.run(trace, work)
}

/**
 * Sends the trace of the current request with each call. The SQL functions show its id as the connection's `application_name` until
 * the transaction ends (private.show_trace). A query that several requests share has the trace of the one that began it. Work that no
 * request waits for has none.
 */
export function withTrace(database: Database): Database {
  return {
    ...database,
    callRpc(functionName, args, callerToken, signal, headers = {}) {
      const trace = currentTrace.getStore()
      // `tracestate` stays here: nobody behind the origin has a use for it.
      const traced = trace === undefined ? {} : traceHeaders({ ...trace, state: null }, crypto.randomUUID())
      return database.callRpc(functionName, args, callerToken, signal, { ...headers, ...traced })
    },
  }
}
