import type { Database, RpcArguments } from '../../../origin/database/database.ts'
import type { DatabaseFailure } from '../../../origin/failures.ts'
import type { Result } from '../../../shared/result.ts'
import { ok } from '../../../shared/result.ts'

export interface Call {
  readonly functionName: string
  readonly args: RpcArguments
  readonly callerToken: string | null
  readonly signal: AbortSignal
  answer(result: Result<unknown, DatabaseFailure>): void
}

/** A database whose every call waits until the test answers it. */
export interface StubDatabase extends Database {
  readonly calls: readonly Call[]
  /** Settles with call number `index`, once it was made. */
  call(index: number): Promise<Call>
}

export function createStubDatabase(): StubDatabase {
  const calls: Call[] = []
  const waiters = new Map<number, PromiseWithResolvers<Call>>()
  const waiterOf = (index: number) => {
    const waiter = waiters.get(index) ?? Promise.withResolvers<Call>()
    waiters.set(index, waiter)
    return waiter
  }
  return {
    calls,
    call: (index) => waiterOf(index).promise,
    callRpc(functionName, args, callerToken, signal) {
      const { promise, resolve } = Promise.withResolvers<Result<unknown, DatabaseFailure>>()
      const call = { functionName, args, callerToken, signal, answer: resolve }
      calls.push(call)
      waiterOf(calls.length - 1).resolve(call)
      return promise
    },
    probe: async () => true,
  }
}

/** A database that answers each call at once with the result of `answer`. */
export function createPromptDatabase(
  answer: (functionName: string, args: RpcArguments) => unknown,
  probe: Database['probe'] = async () => true,
): Database {
  return { callRpc: async (functionName, args) => ok(answer(functionName, args)), probe }
}

/** The answer of `contacts_page` for a board without contacts. */
export const emptyPage = { outcome: 'ok', contacts: [], total: 0, has_more: false }
