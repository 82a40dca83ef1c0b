import { systemClock } from '../../../shared/clock.ts'
import { createEmbeddedRedis } from '../embedded-redis/embedded-redis.ts'
import { type Bytes, RedisError, type Reply, Status } from '../embedded-redis/reply.ts'
import type { Outcome, RedisCommand, RedisReply, RedisStore } from './redis-store.ts'

const embeddedBytesMax = 268_435_456

/** The embedded Redis behind the bridge. */
export function createEmbeddedStore(): RedisStore {
  const redis = createEmbeddedRedis(systemClock, embeddedBytesMax)
  const attempt = <Value>(run: () => Value): Value | RedisError => {
    try {
      return run()
    } catch (error) {
      if (error instanceof RedisError) return error
      throw error
    }
  }
  return {
    run: async (command) => outcomeOf(attempt(() => redis.execute(wordsOf(command)))),
    async transact(commands) {
      const replies = attempt(() => redis.transact(commands.map(wordsOf)))
      return replies instanceof RedisError ? { error: utf8(replies.message) } : replies.map(outcomeOf)
    },
    subscribe: async (kind, channels, onMessage) =>
      redis.subscribe(kind, channels.map(latin1), (words) =>
        onMessage(words.map((word) => Buffer.from(word, 'latin1'))),
      ),
  }
}

const wordsOf = ({ name, args }: RedisCommand): Bytes[] => [
  name,
  ...args.map((arg) => arg.toString('latin1')),
]

function outcomeOf(reply: Reply | RedisError): Outcome {
  return reply instanceof RedisError ? { error: utf8(reply.message) } : { reply: bytesOf(reply) }
}

const latin1 = (text: string): Bytes => Buffer.from(text).toString('latin1')

/** Messages quote words of the command, which are bytes. */
const utf8 = (text: Bytes) => Buffer.from(text, 'latin1').toString('utf8')

function bytesOf(reply: Reply): RedisReply {
  if (reply === null || typeof reply === 'number') return reply
  if (reply instanceof Status) return Buffer.from(reply.text, 'latin1')
  return typeof reply === 'string' ? Buffer.from(reply, 'latin1') : reply.map(bytesOf)
}
