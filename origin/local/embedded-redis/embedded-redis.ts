import type { Clock } from '../../../shared/clock.ts'
import { bitCommands } from './bit-commands.ts'
import type { Command, Commands } from './command.ts'
import { hashCommands } from './hash-commands.ts'
import { keyCommands } from './key-commands.ts'
import { Keyspace } from './keyspace.ts'
import { listCommands } from './list-commands.ts'
import { type Bytes, CommandFault, RedisError, type Reply, wrongArguments } from './reply.ts'
import { createScriptCommands } from './scripts.ts'
import { serverCommands } from './server-commands.ts'
import { setCommands } from './set-commands.ts'
import { sortedSetCommands } from './sorted-set-commands.ts'
import { stringCommands } from './string-commands.ts'
import { createSubscriptions, type Subscriptions } from './subscriptions.ts'

interface EmbeddedRedis {
  /** Runs one command. Throws a RedisError where Redis would answer with an error. */
  execute(words: readonly Bytes[]): Reply
  /** Runs commands with nothing between them. Throws if one of them cannot even be queued; then none has run. */
  transact(commands: readonly (readonly Bytes[])[]): readonly (Reply | RedisError)[]
  readonly subscribe: Subscriptions['subscribe']
  readonly commandNames: readonly string[]
}

/**
 * Stands in for redis-server on machines that have none: the data types that Redis has had from its beginning, lifetimes, SCAN and Lua
 * scripts, in memory. Its replies and errors are those of redis-server 7.0; a test compares the two command by command. It has no
 * streams, geo sets, HyperLogLog, functions or persistence, and a collection is walked whole by HSCAN, SSCAN and ZSCAN.
 */
export function createEmbeddedRedis(clock: Clock, bytesMax: number): EmbeddedRedis {
  const keyspace = new Keyspace(clock, bytesMax)
  const subscriptions = createSubscriptions()
  const commands: ReadonlyMap<string, Command> = new Map(
    Object.entries({
      ...keyCommands,
      ...stringCommands,
      ...bitCommands,
      ...hashCommands,
      ...listCommands,
      ...setCommands,
      ...sortedSetCommands,
      ...serverCommands,
      ...subscriptions.commands,
      ...createScriptCommands((words) => execute(words)),
    } satisfies Commands),
  )

  const find = createLookup(commands)

  function execute(words: readonly Bytes[]): Reply {
    const { command, rest } = find(words)
    if (command.stores) keyspace.makeRoom()
    try {
      return command.run(keyspace, rest)
    } finally {
      keyspace.settle()
    }
  }

  function attempt(words: readonly Bytes[]): Reply | RedisError {
    try {
      return execute(words)
    } catch (error) {
      if (error instanceof RedisError) return error
      throw error
    }
  }

  return {
    execute,
    subscribe: subscriptions.subscribe,
    commandNames: [...commands.keys()],
    transact(list) {
      for (const words of list) find(words)
      return list.map(attempt)
    },
  }
}

interface Found {
  readonly command: Command
  /** The words after the command's name and that of its subcommand. */
  readonly rest: readonly Bytes[]
}

/** Finds the command of some words. Throws a CommandFault if there is none, or if it takes another number of words. */
function createLookup(commands: ReadonlyMap<string, Command>): (words: readonly Bytes[]) => Found {
  const containers = new Set([...commands.keys()].flatMap((name) => name.match(/^.+(?=\|)/) ?? []))

  function findSubcommand(name: string, words: readonly Bytes[]): Found {
    const subcommand = words[1]
    if (subcommand === undefined) throw new CommandFault('arguments', wrongArguments(name).message)
    const command = commands.get(`${name}|${subcommand}`.toUpperCase())
    if (command !== undefined) {
      assertArity(command, `${name}|${subcommand}`, words)
      return { command, rest: words.slice(2) }
    }
    throw new CommandFault(
      'unknown',
      `ERR unknown subcommand '${subcommand.slice(0, 128)}'. Try ${name.toUpperCase()} HELP.`,
    )
  }

  return (words) => {
    const [name = '', ...rest] = words
    if (containers.has(name.toUpperCase())) return findSubcommand(name, words)
    const command = commands.get(name.toUpperCase())
    if (command === undefined) {
      const shown = rest.map((word) => `'${word.slice(0, 128)}' `).join('')
      throw new CommandFault('unknown', `ERR unknown command '${name}', with args beginning with: ${shown}`)
    }
    assertArity(command, name, words)
    return { command, rest }
  }
}

function assertArity({ arity }: Command, name: string, words: readonly Bytes[]): void {
  if (arity < 0 ? words.length >= -arity : words.length === arity) return
  throw new CommandFault('arguments', wrongArguments(name).message)
}
