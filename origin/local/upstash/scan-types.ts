import type { Outcome, RedisCommand, RedisReply, RedisStore } from './redis-store.ts'

const isWithType = (word: Buffer) => word.toString().toUpperCase() === 'WITHTYPE'

/**
 * SCAN with WITHTYPE, which Upstash has and Redis has not: each key is followed by its type. Null for any other command.
 */
export function scanWithTypes(store: RedisStore, command: RedisCommand): Promise<Outcome> | null {
  const { name, args } = command
  if (name !== 'SCAN' || !args.slice(1).some(isWithType)) return null
  const [cursor, ...options] = args
  const plainArgs = cursor === undefined ? [] : [cursor, ...options.filter((word) => !isWithType(word))]
  return addTypes(store, { name, args: plainArgs })
}

async function addTypes(store: RedisStore, command: RedisCommand): Promise<Outcome> {
  const scanned = await store.run(command)
  if ('error' in scanned || !isList(scanned.reply)) return scanned
  const [next = null, keys = null] = scanned.reply
  const names = isList(keys) ? keys.filter((key) => Buffer.isBuffer(key)) : []
  const types = await Promise.all(names.map((key) => store.run({ name: 'TYPE', args: [key] })))
  const pairs = names.flatMap((key, at) => {
    const type = types[at]
    return type === undefined || 'error' in type ? [] : [key, type.reply]
  })
  return { reply: [next, pairs] }
}

const isList = (reply: RedisReply): reply is readonly RedisReply[] => Array.isArray(reply)
