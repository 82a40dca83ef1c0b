import { type Commands, reads, stores } from './command.ts'
import type { Keyspace } from './keyspace.ts'
import { type Bytes, done, RedisError, type Reply, syntaxError, wrongArguments } from './reply.ts'
import { parseCount, sliceBounds, Words } from './words.ts'

type Side = 'LEFT' | 'RIGHT'

const itemsOf = (keyspace: Keyspace, key: Bytes): readonly Bytes[] => keyspace.read(key, 'list')?.items ?? []

function push(keyspace: Keyspace, key: Bytes, side: Side, added: readonly Bytes[]): number {
  const { items } = keyspace.change(key, 'list')
  for (const item of added) side === 'LEFT' ? items.unshift(item) : items.push(item)
  return items.length
}

function pushCommand(side: Side, onlyIfPresent: boolean) {
  return stores(-3, (keyspace, [key = '', ...added]) =>
    onlyIfPresent && keyspace.read(key, 'list') === null ? 0 : push(keyspace, key, side, added),
  )
}

function pop(keyspace: Keyspace, key: Bytes, side: Side): Bytes | null {
  if (keyspace.read(key, 'list') === null) return null
  const { items } = keyspace.change(key, 'list')
  return (side === 'LEFT' ? items.shift() : items.pop()) ?? null
}

function popCommand(side: Side, name: string) {
  return reads(-2, (keyspace, [key = '', countWord, ...more]) => {
    if (more.length > 0) throw wrongArguments(name)
    if (countWord === undefined) return pop(keyspace, key, side)
    const sentence = 'ERR value is out of range, must be positive'
    const count = parseCount(countWord, sentence)
    if (count < 0) throw new RedisError(sentence)
    const { length } = itemsOf(keyspace, key)
    if (length === 0) return null
    return Array.from({ length: Math.min(count, length) }, () => pop(keyspace, key, side))
  })
}

function move(keyspace: Keyspace, from: Bytes, to: Bytes, fromSide: Side, toSide: Side): Reply {
  if (keyspace.read(from, 'list') === null) return null
  keyspace.read(to, 'list')
  const item = pop(keyspace, from, fromSide)
  if (item !== null) push(keyspace, to, toSide, [item])
  return item
}

function parseSide(words: Words): Side {
  const side = words.option('LEFT', 'RIGHT')
  if (side === null) throw syntaxError()
  return side
}

function set(keyspace: Keyspace, [key = '', position = '', item = '']: readonly Bytes[]): Reply {
  const { length } = itemsOf(keyspace, key)
  if (length === 0) throw new RedisError('ERR no such key')
  const index = parseCount(position)
  const at = index < 0 ? length + index : index
  if (at < 0 || at >= length) throw new RedisError('ERR index out of range')
  keyspace.change(key, 'list').items[at] = item
  return done
}

function remove(keyspace: Keyspace, [key = '', countWord = '', item = '']: readonly Bytes[]): number {
  const count = parseCount(countWord)
  const items = itemsOf(keyspace, key)
  const places = items.flatMap((one, at) => (one === item ? [at] : []))
  if (places.length === 0) return 0
  const limit = count === 0 ? places.length : Math.abs(count)
  const removed = new Set(count < 0 ? places.slice(-limit) : places.slice(0, limit))
  keyspace.change(key, 'list').items = items.filter((_item, at) => !removed.has(at))
  return removed.size
}

function trim(keyspace: Keyspace, [key = '', start = '', stop = '']: readonly Bytes[]): Reply {
  const [from, to] = [parseCount(start), parseCount(stop)]
  const items = itemsOf(keyspace, key)
  const bounds = sliceBounds(from, to, items.length)
  if (items.length > 0) keyspace.change(key, 'list').items = items.slice(...bounds)
  return done
}

function insert(keyspace: Keyspace, list: readonly Bytes[]): number {
  const words = new Words(list)
  const key = words.next()
  const place = words.option('BEFORE', 'AFTER')
  if (place === null) throw syntaxError()
  const [pivot, item] = [words.next(), words.next()]
  if (keyspace.read(key, 'list') === null) return 0
  const { items } = keyspace.change(key, 'list')
  const at = items.indexOf(pivot)
  if (at < 0) return -1
  items.splice(place === 'BEFORE' ? at : at + 1, 0, item)
  return items.length
}

function parseRank(word: Bytes): number {
  const rank = parseCount(word)
  if (rank !== 0) return rank
  throw new RedisError(
    "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list",
  )
}

function parsePosition(words: Words): { rank: number; count: number | null; compared: number } {
  let [rank, compared] = [1, 0]
  let count: number | null = null
  while (words.left > 0) {
    const option = words.option('RANK', 'COUNT', 'MAXLEN')
    if (option === null) throw syntaxError()
    if (option === 'RANK') {
      rank = parseRank(words.next())
      continue
    }
    const sentence = `ERR ${option} can't be negative`
    const value = parseCount(words.next(), sentence)
    if (value < 0) throw new RedisError(sentence)
    if (option === 'COUNT') count = value
    else compared = value
  }
  return { rank, count, compared }
}

function position(keyspace: Keyspace, list: readonly Bytes[]): Reply {
  const words = new Words(list)
  const [key, sought] = [words.next(), words.next()]
  const { rank, count, compared } = parsePosition(words)
  const items = itemsOf(keyspace, key)
  const places = items.map((_item, at) => at)
  if (rank < 0) places.reverse()
  const looked = compared === 0 ? places : places.slice(0, compared)
  const found = looked.filter((at) => items[at] === sought).slice(Math.abs(rank) - 1)
  if (count === null) return found[0] ?? null
  return count === 0 ? found : found.slice(0, count)
}

export const listCommands: Commands = {
  LPUSH: pushCommand('LEFT', false),
  RPUSH: pushCommand('RIGHT', false),
  LPUSHX: pushCommand('LEFT', true),
  RPUSHX: pushCommand('RIGHT', true),
  LPOP: popCommand('LEFT', 'lpop'),
  RPOP: popCommand('RIGHT', 'rpop'),
  LLEN: reads(2, (keyspace, [key = '']) => itemsOf(keyspace, key).length),
  LRANGE: reads(4, (keyspace, [key = '', start = '', stop = '']) => {
    const [from, to] = [parseCount(start), parseCount(stop)]
    const items = itemsOf(keyspace, key)
    return items.slice(...sliceBounds(from, to, items.length))
  }),
  LINDEX: reads(3, (keyspace, [key = '', at = '']) => {
    const items = itemsOf(keyspace, key)
    return items.length === 0 ? null : (items.at(parseCount(at)) ?? null)
  }),
  LSET: stores(4, set),
  LREM: reads(4, remove),
  LTRIM: reads(4, trim),
  LINSERT: stores(5, insert),
  LPOS: reads(-3, position),
  LMOVE: stores(5, (keyspace, list) => {
    const words = new Words(list)
    const [from, to] = [words.next(), words.next()]
    return move(keyspace, from, to, parseSide(words), parseSide(words))
  }),
  RPOPLPUSH: stores(3, (keyspace, [from = '', to = '']) => move(keyspace, from, to, 'RIGHT', 'LEFT')),
}
