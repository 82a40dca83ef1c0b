import type { LocalState } from './local-state.ts'
import type { BoardLogin, OriginProcessOptions } from './origin-process.ts'
import type { StackFile } from './stack-file.ts'

/** Jobs need the database itself, which a Supabase project of yours does not give without its address. */
export function queuesOf(databaseUrl: string | null, state: LocalState): OriginProcessOptions['queues'] {
  return databaseUrl === null ? null : { databaseUrl, board: boardLogin(state) }
}

export function describeQueues(
  originUrl: string,
  databaseUrl: string | null,
  state: LocalState,
): StackFile['queues'] {
  return databaseUrl === null ? null : { board: `${originUrl}/admin/queues`, ...boardLogin(state) }
}

function boardLogin({ boardPassword }: LocalState): BoardLogin {
  return { username: 'operator', password: boardPassword }
}
