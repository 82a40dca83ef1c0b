import type { Keyspace } from './keyspace.ts'
import type { Bytes, Reply } from './reply.ts'

/** One command of the embedded Redis. */
export interface Command {
  /** The number of words with the name, as COMMAND tells it; -n for at least n. */
  readonly arity: number
  /** Stores something, so it is refused while memory is full. */
  readonly stores?: true
  run(keyspace: Keyspace, words: readonly Bytes[]): Reply
}

/** Commands by their names in capitals; `SCRIPT|LOAD` for one that has subcommands. */
export type Commands = Readonly<Record<string, Command>>

export const reads = (arity: number, run: Command['run']): Command => ({ arity, run })
export const stores = (arity: number, run: Command['run']): Command => ({ arity, stores: true, run })
