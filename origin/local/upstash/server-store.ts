import { createHash } from 'node:crypto'
import { Redis } from 'ioredis'
import { LRUCache } from 'lru-cache'
import {
  type Outcome,
  RedisAway,
  type RedisCommand,
  type RedisReply,
  type RedisStore,
} from './redis-store.ts'

const commandDeadlineMs = 500
const scriptsMax = 1_000

/** redis-server behind the bridge, over one connection. */
export function createServerStore(port: number): RedisStore {
  const redis = new Redis(port, '127.0.0.1', {
    commandTimeout: commandDeadlineMs,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    retryStrategy: () => 200,
  })
  redis.on('error', () => undefined)
  const scripts = createScriptDigests()

  return {
    async run(command) {
      const { name, args } = scripts.understood(command)
      try {
        const reply = replyOf(await redis.callBuffer(name, ...args))
        return { reply: scripts.answered(command, reply) }
      } catch (error) {
        return { error: messageOf(error) }
      }
    },
    async transact(commands) {
      const transaction = redis.multi()
      for (const { name, args } of commands.map(scripts.understood)) transaction.callBuffer(name, ...args)
      try {
        const answers = (await transaction.exec()) ?? []
        return answers.map(([error, reply], at): Outcome => {
          const command = commands[at]
          if (error !== null || command === undefined) return { error: messageOf(error) }
          return { reply: scripts.answered(command, replyOf(reply)) }
        })
      } catch (error) {
        return { error: messageOf(firstCause(error)) }
      }
    },
    async subscribe(kind, channels, onMessage) {
      const subscriber = redis.duplicate({ lazyConnect: true })
      subscriber.on('error', () => undefined)
      for (const word of ['message', 'pmessage']) {
        subscriber.on(`${word}Buffer`, (...words: Buffer[]) => onMessage([Buffer.from(word), ...words]))
      }
      try {
        await subscriber.connect()
        await (kind === 'subscribe' ? subscriber.subscribe(...channels) : subscriber.psubscribe(...channels))
      } catch {
        subscriber.disconnect()
        throw new RedisAway(away)
      }
      return () => subscriber.disconnect()
    },
  }
}

const away = 'The Redis behind this bridge cannot be reached, or did not answer in time.'

/** ioredis answers texts as buffers where a call asks for them. */
function replyOf(reply: unknown): RedisReply {
  if (typeof reply === 'number' || Buffer.isBuffer(reply)) return reply
  if (typeof reply === 'string') return Buffer.from(reply)
  if (Array.isArray(reply)) return reply.map(replyOf)
  return null
}

/** The message of an error that Redis answered. Any other error says that Redis is away. */
function messageOf(error: unknown): string {
  if (error instanceof Error && error.name === 'ReplyError') return error.message
  throw new RedisAway(away)
}

/** EXECABORT alone does not say which command of a transaction was wrong. */
function firstCause(error: unknown): unknown {
  const causes: unknown = error instanceof Error ? Reflect.get(error, 'previousErrors') : null
  return Array.isArray(causes) && causes.length > 0 ? causes[0] : error
}

interface ScriptDigests {
  /** The command as redis-server understands it. */
  understood(command: RedisCommand): RedisCommand
  /** The reply as the caller of the original command expects it. */
  answered(command: RedisCommand, reply: RedisReply): RedisReply
}

/**
 * Upstash knows the flag `allow-key-locking` in the first line of a script, which redis-server refuses, and before version 7 any flags.
 * So a script goes to redis-server without that line, under another digest than the one that its caller knows. After a restart of the
 * bridge the caller's digest is not known, which is answered with NOSCRIPT, as by Upstash.
 */
function createScriptDigests(): ScriptDigests {
  const flags = /^#!lua[^\n]*allow-key-locking[^\n]*/
  const plainDigests = new LRUCache<string, string>({ max: scriptsMax })

  function plain(script: Buffer): Buffer {
    const text = script.toString('latin1')
    if (!flags.test(text)) return script
    const plainScript = Buffer.from(text.replace(flags, ''), 'latin1')
    plainDigests.set(sha1(script), sha1(plainScript))
    return plainScript
  }
  const known = (digest: Buffer) =>
    Buffer.from(plainDigests.get(digest.toString().toLowerCase()) ?? digest.toString())
  const isLoad = ({ name, args }: RedisCommand) =>
    name === 'SCRIPT' && args[0]?.toString().toUpperCase() === 'LOAD'

  return {
    understood(command) {
      const { name, args } = command
      const [first, ...rest] = args
      if (first === undefined) return command
      if (name === 'EVAL' || name === 'EVAL_RO') return { name, args: [plain(first), ...rest] }
      if (name === 'EVALSHA' || name === 'EVALSHA_RO') return { name, args: [known(first), ...rest] }
      if (name !== 'SCRIPT') return command
      return { name, args: [first, ...rest.map(isLoad(command) ? plain : known)] }
    },
    answered(command, reply) {
      const script = command.args[1]
      return isLoad(command) && script !== undefined ? Buffer.from(sha1(script)) : reply
    },
  }
}

const sha1 = (bytes: Buffer) => createHash('sha1').update(bytes).digest('hex')
