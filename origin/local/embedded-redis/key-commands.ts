import { type Commands, reads, stores } from './command.ts'
import { matchesGlob } from './glob.ts'
import type { Keyspace, Value } from './keyspace.ts'
import { type Bytes, done, RedisError, type Reply, Status, syntaxError } from './reply.ts'
import { parseCount, Words } from './words.ts'

const scanCountDefault = 10

/** MATCH, COUNT and TYPE of SCAN and its kin. */
function parseScan(words: Words): { pattern: Bytes; count: number; kind: string | null } {
  let [pattern, count] = ['*', scanCountDefault]
  let kind: string | null = null
  while (words.left > 0) {
    const option = words.option('MATCH', 'COUNT', 'TYPE')
    if (option === 'MATCH') pattern = words.next()
    else if (option === 'COUNT') count = parseCount(words.next())
    else if (option === 'TYPE') kind = words.next().toLowerCase()
    else throw syntaxError()
  }
  if (count < 1) throw syntaxError()
  return { pattern, count, kind }
}

/** A cursor is the sequence of the last key that was looked at, so a key that is there all the time is never left out. */
function scan(keyspace: Keyspace, list: readonly Bytes[]): Reply {
  const words = new Words(list)
  const cursor = parseCount(words.next(), 'ERR invalid cursor')
  const { pattern, count, kind } = parseScan(words)
  const keys: Bytes[] = []
  let looked = 0
  let last = 0
  for (const next of keyspace.keysAfter(cursor)) {
    if (looked === count) return [String(last), keys]
    looked += 1
    last = next.sequence
    if ((kind === null || kind === next.kind) && matchesGlob(pattern, next.key)) keys.push(next.key)
  }
  return ['0', keys]
}

/** A collection is answered whole, which HSCAN, SSCAN and ZSCAN may do: COUNT is a hint. */
export function scanItems(list: readonly Bytes[], itemsOf: (key: Bytes) => readonly Bytes[][]): Reply {
  const words = new Words(list)
  const key = words.next()
  parseCount(words.next(), 'ERR invalid cursor')
  const items = itemsOf(key)
  if (items.length === 0) return ['0', []]
  const { pattern } = parseScan(words)
  return ['0', items.filter(([name = '']) => matchesGlob(pattern, name)).flat()]
}

function expireCommand(name: string, unitMs: number, isAbsolute: boolean) {
  return reads(-3, (keyspace, list) => {
    const words = new Words(list)
    const key = words.next()
    const word = words.next()
    const condition = words.option('NX', 'XX', 'GT', 'LT')
    if (words.left > 0) throw new RedisError(`ERR Unsupported option ${words.next()}`)
    const atMs = parseCount(word) * unitMs + (isAbsolute ? 0 : keyspace.nowMs())
    if (!Number.isSafeInteger(atMs)) throw new RedisError(`ERR invalid expire time in '${name}' command`)
    const entry = keyspace.entry(key)
    if (entry === null) return 0
    const currentMs = entry.expiresAtMs ?? Infinity
    const isRefused =
      (condition === 'NX' && entry.expiresAtMs !== null) ||
      (condition === 'XX' && entry.expiresAtMs === null) ||
      (condition === 'GT' && atMs <= currentMs) ||
      (condition === 'LT' && atMs >= currentMs)
    if (isRefused) return 0
    keyspace.expire(key, atMs)
    return 1
  })
}

/** -2 for a key that is not there, -1 for one that does not expire. */
function lifetimeCommand(answer: (expiresAtMs: number, nowMs: number) => number) {
  return reads(2, (keyspace, [key = '']) => {
    const entry = keyspace.entry(key)
    if (entry === null) return -2
    return entry.expiresAtMs === null ? -1 : answer(entry.expiresAtMs, keyspace.nowMs())
  })
}

function copyOf(value: Value): Value {
  switch (value.kind) {
    case 'string':
      return { ...value }
    case 'hash':
      return { kind: 'hash', fields: new Map(value.fields) }
    case 'list':
      return { kind: 'list', items: [...value.items] }
    case 'set':
      return { kind: 'set', members: new Set(value.members) }
    case 'zset':
      return { kind: 'zset', scores: new Map(value.scores) }
  }
}

function copy(keyspace: Keyspace, list: readonly Bytes[]): number {
  const words = new Words(list)
  const [from, to] = [words.next(), words.next()]
  const replaces = words.option('REPLACE') !== null
  words.end()
  if (from === to) throw new RedisError('ERR source and destination objects are the same')
  const entry = keyspace.entry(from)
  if (entry === null || (!replaces && keyspace.entry(to) !== null)) return 0
  keyspace.remove(to)
  keyspace.put(to, copyOf(entry.value), entry.expiresAtMs)
  return 1
}

function rename(keyspace: Keyspace, from: Bytes, to: Bytes): void {
  const entry = keyspace.entry(from)
  if (entry === null) throw new RedisError('ERR no such key')
  if (from === to) return
  keyspace.remove(from)
  keyspace.remove(to)
  keyspace.put(to, entry.value, entry.expiresAtMs)
}

function randomKey(keyspace: Keyspace): Bytes | null {
  const keys = [...keyspace.keysAfter(0)]
  return keys[Math.floor(Math.random() * keys.length)]?.key ?? null
}

const countOf = (keyspace: Keyspace, keys: readonly Bytes[]) =>
  keys.filter((key) => keyspace.entry(key) !== null).length

const removeAll = reads(-2, (keyspace, keys) => {
  const there = keys.filter((key) => keyspace.entry(key) !== null && keyspace.remove(key))
  return there.length
})

const flush = reads(-1, (keyspace, list) => {
  const words = new Words(list)
  words.option('ASYNC', 'SYNC')
  words.end()
  keyspace.clear()
  return done
})

export const keyCommands: Commands = {
  DEL: removeAll,
  UNLINK: removeAll,
  EXISTS: reads(-2, countOf),
  TOUCH: reads(-2, countOf),
  TYPE: reads(2, (keyspace, [key = '']) => new Status(keyspace.entry(key)?.value.kind ?? 'none')),
  EXPIRE: expireCommand('expire', 1_000, false),
  PEXPIRE: expireCommand('pexpire', 1, false),
  EXPIREAT: expireCommand('expireat', 1_000, true),
  PEXPIREAT: expireCommand('pexpireat', 1, true),
  TTL: lifetimeCommand((atMs, nowMs) => Math.round((atMs - nowMs) / 1_000)),
  PTTL: lifetimeCommand((atMs, nowMs) => atMs - nowMs),
  EXPIRETIME: lifetimeCommand((atMs) => Math.floor((atMs + 500) / 1_000)),
  PEXPIRETIME: lifetimeCommand((atMs) => atMs),
  PERSIST: reads(2, (keyspace, [key = '']) => {
    if ((keyspace.entry(key)?.expiresAtMs ?? null) === null) return 0
    keyspace.expire(key, null)
    return 1
  }),
  RENAME: stores(3, (keyspace, [from = '', to = '']) => {
    rename(keyspace, from, to)
    return done
  }),
  RENAMENX: stores(3, (keyspace, [from = '', to = '']) => {
    if (keyspace.entry(from) !== null && keyspace.entry(to) !== null) return 0
    rename(keyspace, from, to)
    return 1
  }),
  COPY: stores(-3, copy),
  SCAN: reads(-2, scan),
  KEYS: reads(2, (keyspace, [pattern = '']) =>
    [...keyspace.keysAfter(0)].map(({ key }) => key).filter((key) => matchesGlob(pattern, key)),
  ),
  RANDOMKEY: reads(1, randomKey),
  DBSIZE: reads(1, (keyspace) => keyspace.size),
  FLUSHDB: flush,
  FLUSHALL: flush,
}
