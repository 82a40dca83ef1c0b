import { type Commands, reads, stores } from './command.ts'
import { scanItems } from './key-commands.ts'
import type { Keyspace } from './keyspace.ts'
import { pickItems } from './random-items.ts'
import { type Bytes, RedisError, type Reply, wrongArguments } from './reply.ts'
import { parseCount, Words } from './words.ts'

type Members = ReadonlySet<Bytes>
const none: Members = new Set()
const membersOf = (keyspace: Keyspace, key: Bytes): Members => keyspace.read(key, 'set')?.members ?? none

const combinations = {
  INTER: (left: Members, right: Members) => new Set([...left].filter((member) => right.has(member))),
  UNION: (left: Members, right: Members) => new Set([...left, ...right]),
  DIFF: (left: Members, right: Members) => new Set([...left].filter((member) => !right.has(member))),
} as const

function combine(keyspace: Keyspace, name: keyof typeof combinations, keys: readonly Bytes[]): Members {
  const [first = none, ...others] = keys.map((key) => membersOf(keyspace, key))
  return others.reduce(combinations[name], first)
}

const combineCommand = (name: keyof typeof combinations) =>
  reads(-2, (keyspace, keys) => [...combine(keyspace, name, keys)])

function combineAndStore(name: keyof typeof combinations) {
  return stores(-3, (keyspace, [target = '', ...keys]) => {
    const members = new Set(combine(keyspace, name, keys))
    keyspace.remove(target)
    if (members.size > 0) keyspace.put(target, { kind: 'set', members })
    return members.size
  })
}

function add(keyspace: Keyspace, [key = '', ...added]: readonly Bytes[]): number {
  const { members } = keyspace.change(key, 'set')
  const sizeBefore = members.size
  for (const member of added) members.add(member)
  return members.size - sizeBefore
}

function remove(keyspace: Keyspace, key: Bytes, removed: readonly Bytes[]): number {
  if (keyspace.read(key, 'set') === null) return 0
  const { members } = keyspace.change(key, 'set')
  return removed.filter((member) => members.delete(member)).length
}

function pop(keyspace: Keyspace, [key = '', countWord, ...more]: readonly Bytes[]): Reply {
  if (more.length > 0) throw wrongArguments('spop')
  const count = countWord === undefined ? 1 : parseCount(countWord)
  if (count < 0) throw new RedisError('ERR value is out of range, must be positive')
  const popped = pickItems([...membersOf(keyspace, key)], count)
  remove(keyspace, key, popped)
  return countWord === undefined ? (popped[0] ?? null) : popped
}

function randomMembers(keyspace: Keyspace, [key = '', countWord, ...more]: readonly Bytes[]): Reply {
  if (more.length > 0) throw wrongArguments('srandmember')
  const members = [...membersOf(keyspace, key)]
  return countWord === undefined
    ? (pickItems(members, 1)[0] ?? null)
    : pickItems(members, parseCount(countWord))
}

function move(keyspace: Keyspace, [from = '', to = '', member = '']: readonly Bytes[]): number {
  if (keyspace.read(from, 'set') === null) return 0
  keyspace.read(to, 'set')
  if (remove(keyspace, from, [member]) === 0) return 0
  add(keyspace, [to, member])
  return 1
}

function intersectionSize(keyspace: Keyspace, list: readonly Bytes[]): number {
  const words = new Words(list)
  const count = parseCount(words.next(), 'ERR numkeys should be greater than 0')
  if (count < 1) throw new RedisError('ERR numkeys should be greater than 0')
  if (count > words.left) throw new RedisError("ERR Number of keys can't be greater than number of args")
  const keys = Array.from({ length: count }, () => words.next())
  const sentence = "ERR LIMIT can't be negative"
  const limit = words.option('LIMIT') === null ? 0 : parseCount(words.next(), sentence)
  if (limit < 0) throw new RedisError(sentence)
  words.end()
  const { size } = combine(keyspace, 'INTER', keys)
  return limit === 0 ? size : Math.min(size, limit)
}

export const setCommands: Commands = {
  SADD: stores(-3, add),
  SREM: reads(-3, (keyspace, [key = '', ...removed]) => remove(keyspace, key, removed)),
  SMEMBERS: reads(2, (keyspace, [key = '']) => [...membersOf(keyspace, key)]),
  SISMEMBER: reads(3, (keyspace, [key = '', member = '']) => (membersOf(keyspace, key).has(member) ? 1 : 0)),
  SMISMEMBER: reads(-3, (keyspace, [key = '', ...asked]) => {
    const members = membersOf(keyspace, key)
    return asked.map((member) => (members.has(member) ? 1 : 0))
  }),
  SCARD: reads(2, (keyspace, [key = '']) => membersOf(keyspace, key).size),
  SPOP: reads(-2, pop),
  SRANDMEMBER: reads(-2, randomMembers),
  SMOVE: stores(4, move),
  SINTER: combineCommand('INTER'),
  SUNION: combineCommand('UNION'),
  SDIFF: combineCommand('DIFF'),
  SINTERSTORE: combineAndStore('INTER'),
  SUNIONSTORE: combineAndStore('UNION'),
  SDIFFSTORE: combineAndStore('DIFF'),
  SINTERCARD: reads(-3, intersectionSize),
  SSCAN: reads(-3, (keyspace, words) =>
    scanItems(words, (key) => [...membersOf(keyspace, key)].map((member) => [member])),
  ),
}
