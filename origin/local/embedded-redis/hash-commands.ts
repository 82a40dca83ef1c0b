import { type Commands, reads, stores } from './command.ts'
import { scanItems } from './key-commands.ts'
import type { Keyspace } from './keyspace.ts'
import { pickItems } from './random-items.ts'
import { type Bytes, done, RedisError, type Reply } from './reply.ts'
import {
  addIntegers,
  formatFloatingPoint,
  pairsOf,
  parseCount,
  parseFloatingPoint,
  parseInteger,
  Words,
} from './words.ts'

const none: ReadonlyMap<Bytes, Bytes> = new Map()
const fieldsOf = (keyspace: Keyspace, key: Bytes): ReadonlyMap<Bytes, Bytes> =>
  keyspace.read(key, 'hash')?.fields ?? none

function setFields(keyspace: Keyspace, [key = '', ...words]: readonly Bytes[], command: string): number {
  const pairs = pairsOf(words, command)
  const { fields } = keyspace.change(key, 'hash')
  const sizeBefore = fields.size
  for (const [field, text] of pairs) fields.set(field, text)
  return fields.size - sizeBefore
}

function increase(keyspace: Keyspace, [key = '', field = '', by = '']: readonly Bytes[]): number {
  const added = parseInteger(by)
  const { fields } = keyspace.change(key, 'hash')
  const sum = addIntegers(parseInteger(fields.get(field) ?? '0', 'ERR hash value is not an integer'), added)
  fields.set(field, String(sum))
  return Number(sum)
}

function increaseByFloat(keyspace: Keyspace, [key = '', field = '', by = '']: readonly Bytes[]): Bytes {
  const added = parseFloatingPoint(by)
  const { fields } = keyspace.change(key, 'hash')
  const sum = parseFloatingPoint(fields.get(field) ?? '0', 'ERR hash value is not a float') + added
  if (!Number.isFinite(sum)) throw new RedisError('ERR increment would produce NaN or Infinity')
  const text = formatFloatingPoint(sum)
  fields.set(field, text)
  return text
}

function remove(keyspace: Keyspace, [key = '', ...names]: readonly Bytes[]): number {
  if (keyspace.read(key, 'hash') === null) return 0
  const { fields } = keyspace.change(key, 'hash')
  return names.filter((name) => fields.delete(name)).length
}

function randomFields(keyspace: Keyspace, list: readonly Bytes[]): Reply {
  const words = new Words(list)
  const fields = [...fieldsOf(keyspace, words.next())]
  if (words.left === 0) return pickItems(fields, 1)[0]?.[0] ?? null
  const count = parseCount(words.next())
  const withValues = words.option('WITHVALUES') !== null
  words.end()
  return pickItems(fields, count).flatMap(([field, text]) => (withValues ? [field, text] : [field]))
}

export const hashCommands: Commands = {
  HSET: stores(-4, (keyspace, words) => setFields(keyspace, words, 'hset')),
  HMSET: stores(-4, (keyspace, words) => {
    setFields(keyspace, words, 'hmset')
    return done
  }),
  HSETNX: stores(4, (keyspace, [key = '', field = '', text = '']) => {
    if (fieldsOf(keyspace, key).has(field)) return 0
    keyspace.change(key, 'hash').fields.set(field, text)
    return 1
  }),
  HGET: reads(3, (keyspace, [key = '', field = '']) => fieldsOf(keyspace, key).get(field) ?? null),
  HMGET: reads(-3, (keyspace, [key = '', ...names]) => {
    const fields = fieldsOf(keyspace, key)
    return names.map((name) => fields.get(name) ?? null)
  }),
  HGETALL: reads(2, (keyspace, [key = '']) => [...fieldsOf(keyspace, key)].flat()),
  HKEYS: reads(2, (keyspace, [key = '']) => [...fieldsOf(keyspace, key).keys()]),
  HVALS: reads(2, (keyspace, [key = '']) => [...fieldsOf(keyspace, key).values()]),
  HLEN: reads(2, (keyspace, [key = '']) => fieldsOf(keyspace, key).size),
  HEXISTS: reads(3, (keyspace, [key = '', field = '']) => (fieldsOf(keyspace, key).has(field) ? 1 : 0)),
  HSTRLEN: reads(3, (keyspace, [key = '', field = '']) => (fieldsOf(keyspace, key).get(field) ?? '').length),
  HDEL: reads(-3, remove),
  HINCRBY: stores(4, increase),
  HINCRBYFLOAT: stores(4, increaseByFloat),
  HRANDFIELD: reads(-2, randomFields),
  HSCAN: reads(-3, (keyspace, words) => scanItems(words, (key) => [...fieldsOf(keyspace, key)])),
}
