import { z } from 'zod'
import type { Result } from '../../../shared/result.ts'
import { err, ok } from '../../../shared/result.ts'
import type { RedisCommand } from './redis-store.ts'

/** A request for messages of channels, or of patterns of channels. */
export interface Subscription {
  readonly kind: 'subscribe' | 'psubscribe'
  readonly channels: readonly string[]
}

/** A request, parsed. */
export type Asked =
  | { readonly kind: 'command'; readonly command: RedisCommand }
  | { readonly kind: 'pipeline' | 'transaction'; readonly commands: readonly RedisCommand[] }
  | Subscription

const commandSchema = z
  .array(z.union([z.string(), z.boolean(), z.null()]).transform(String))
  .min(1)
  .transform(([name = '', ...args]) => toCommand(name, args))
const pipelineSchema = z.array(commandSchema).min(1)

function toCommand(name: string, args: readonly (string | Buffer)[]): RedisCommand {
  return {
    name: name.toUpperCase(),
    args: args.map((arg) => (typeof arg === 'string' ? Buffer.from(arg) : arg)),
  }
}

/**
 * Parses a request of Upstash's REST interface: a command as a JSON list (POST /), several of them (POST /pipeline, /multi-exec), or one in
 * the path, followed by the body as an argument and then by the query's parameters. The error is Upstash's sentence.
 */
export function parseRequest(url: URL, body: Buffer): Result<Asked, string> {
  if (url.pathname === '/pipeline' || url.pathname === '/multi-exec') {
    const commands = pipelineSchema.safeParse(parseJson(body))
    if (!commands.success) return err('ERR failed to parse pipeline request')
    const kind = url.pathname === '/pipeline' ? 'pipeline' : 'transaction'
    return allowed({ kind, commands: commands.data }, commands.data)
  }
  if (url.pathname === '/') {
    const command = commandSchema.safeParse(parseJson(body))
    if (!command.success) return err('ERR failed to parse command')
    return allowed({ kind: 'command', command: command.data }, [command.data])
  }
  return parsePath(url, body)
}

function parsePath(url: URL, body: Buffer): Result<Asked, string> {
  const words = decodeWords(url.pathname)
  if (words === null) return err('ERR failed to parse command')
  const [name = '', ...args] = words
  const kind = name.toLowerCase()
  if (kind === 'subscribe' || kind === 'psubscribe') {
    if (args.length === 0) return err(`ERR wrong number of arguments for '${kind}' command`)
    return ok({ kind, channels: args })
  }
  const options = [...url.searchParams].filter(([option]) => option !== '_token').flat()
  const command = toCommand(name, [
    ...args,
    ...(body.length === 0 ? [] : [body]),
    ...options.filter((option) => option !== ''),
  ])
  return allowed({ kind: 'command', command }, [command])
}

function decodeWords(path: string): string[] | null {
  try {
    return path.slice(1).split('/').map(decodeURIComponent)
  } catch {
    return null
  }
}

/** A number is kept as it was written, since a large one would lose digits. */
function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'), (_name, value: unknown, context?: { source?: string }) =>
      typeof value === 'number' ? (context?.source ?? String(value)) : value,
    )
  } catch {
    return null
  }
}

/**
 * Commands that belong to a connection, hold one up or administer the server. Upstash has them over TCP only, or not at all; all requests
 * here share one connection.
 */
const refused = new Set(
  `ACL ASKING AUTH BGREWRITEAOF BGSAVE BLMOVE BLMPOP BLPOP BRPOP BRPOPLPUSH BZMPOP BZPOPMAX BZPOPMIN CLIENT CLUSTER COMMAND CONFIG DEBUG
  DISCARD EXEC FAILOVER HELLO LATENCY MIGRATE MODULE MONITOR MOVE MULTI PSUBSCRIBE PSYNC PUNSUBSCRIBE QUIT READONLY READWRITE REPLCONF
  REPLICAOF RESET SAVE SELECT SHUTDOWN SLAVEOF SLOWLOG SSUBSCRIBE SUBSCRIBE SUNSUBSCRIBE SWAPDB SYNC UNSUBSCRIBE UNWATCH WAIT WAITAOF
  WATCH`.split(/\s+/),
)

function isRefused({ name, args }: RedisCommand): boolean {
  const blocks = name === 'XREAD' || name === 'XREADGROUP'
  return refused.has(name) || (blocks && args.some((arg) => arg.toString().toUpperCase() === 'BLOCK'))
}

function allowed(asked: Asked, commands: readonly RedisCommand[]): Result<Asked, string> {
  const found = commands.find(isRefused)
  if (found === undefined) return ok(asked)
  return err(
    `ERR Command is not available: '${found.name}'. See https://upstash.com/docs/redis/overall/compatibility for details`,
  )
}
