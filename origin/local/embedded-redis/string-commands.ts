import { type Commands, reads, stores } from './command.ts'
import type { Keyspace } from './keyspace.ts'
import { type Bytes, done, RedisError, type Reply, syntaxError } from './reply.ts'
import {
  addIntegers,
  formatFloatingPoint,
  pairsOf,
  parseCount,
  parseFloatingPoint,
  parseInteger,
  textBounds,
  Words,
} from './words.ts'

const textBytesMax = 512 * 1_024 * 1_024

export function textOf(keyspace: Keyspace, key: Bytes): Bytes | null {
  return keyspace.read(key, 'string')?.text ?? null
}

/** Replaces a text and keeps the lifetime of its key. */
export function rewrite(keyspace: Keyspace, key: Bytes, text: Bytes): void {
  if (text.length > textBytesMax) {
    throw new RedisError('ERR string exceeds maximum allowed size (proto-max-bulk-len)')
  }
  keyspace.change(key, 'string').text = text
}

interface Lifetime {
  readonly option: ExpiryOption
  readonly word: Bytes
}

type ExpiryOption = 'EX' | 'PX' | 'EXAT' | 'PXAT'

function expiryFrom(keyspace: Keyspace, option: ExpiryOption, word: Bytes, command: string): number {
  const unitMs = option.startsWith('EX') ? 1_000 : 1
  const valueMs = parseCount(word) * unitMs
  if (valueMs <= 0 || !Number.isSafeInteger(valueMs)) {
    throw new RedisError(`ERR invalid expire time in '${command}' command`)
  }
  return option.endsWith('AT') ? valueMs : keyspace.nowMs() + valueMs
}

interface SetOptions {
  readonly condition: 'NX' | 'XX' | null
  readonly answersFormer: boolean
  readonly lifetime: Lifetime | 'KEEPTTL' | null
}

function parseSetOptions(words: Words): SetOptions {
  let condition: SetOptions['condition'] = null
  let lifetime: SetOptions['lifetime'] = null
  let answersFormer = false
  while (words.left > 0) {
    const option = words.option('NX', 'XX', 'GET', 'KEEPTTL', 'EX', 'PX', 'EXAT', 'PXAT')
    if (option === null) throw syntaxError()
    if (option === 'GET') answersFormer = true
    else if (option === 'NX' || option === 'XX') {
      if (condition !== null && condition !== option) throw syntaxError()
      condition = option
    } else {
      if (lifetime !== null) throw syntaxError()
      lifetime = option === 'KEEPTTL' ? option : { option, word: words.next() }
    }
  }
  return { condition, answersFormer, lifetime }
}

function set(keyspace: Keyspace, list: readonly Bytes[]): Reply {
  const words = new Words(list)
  const [key, text] = [words.next(), words.next()]
  const { condition, answersFormer, lifetime } = parseSetOptions(words)
  const isKept = lifetime === 'KEEPTTL'
  const givenMs =
    lifetime === null || isKept ? null : expiryFrom(keyspace, lifetime.option, lifetime.word, 'set')
  const former = answersFormer ? textOf(keyspace, key) : null
  const present = keyspace.entry(key)
  const isSkipped = condition === 'NX' ? present !== null : condition === 'XX' && present === null
  if (!isSkipped) {
    const keptMs = present?.expiresAtMs ?? null
    keyspace.put(key, { kind: 'string', text }, isKept ? keptMs : givenMs)
    keyspace.expire(key, keyspace.entry(key)?.expiresAtMs ?? null)
  }
  if (answersFormer) return former
  return isSkipped ? null : done
}

function setWithLifetime(option: 'EX' | 'PX', command: string) {
  return stores(4, (keyspace, [key = '', lifetime = '', text = '']) => {
    keyspace.put(key, { kind: 'string', text }, expiryFrom(keyspace, option, lifetime, command))
    return done
  })
}

function getEx(keyspace: Keyspace, list: readonly Bytes[]): Reply {
  const words = new Words(list)
  const key = words.next()
  const option = words.option('PERSIST', 'EX', 'PX', 'EXAT', 'PXAT')
  const word = option === null || option === 'PERSIST' ? null : words.next()
  words.end()
  const text = textOf(keyspace, key)
  if (text === null) return null
  const expiresAtMs =
    option === null || option === 'PERSIST' || word === null
      ? null
      : expiryFrom(keyspace, option, word, 'getex')
  if (option !== null) keyspace.expire(key, expiresAtMs)
  return text
}

function setMany(keyspace: Keyspace, list: readonly Bytes[], command: string): void {
  for (const [key, text] of pairsOf(list, command)) keyspace.put(key, { kind: 'string', text })
}

function increase(keyspace: Keyspace, key: Bytes, by: bigint): number {
  const sum = addIntegers(parseInteger(textOf(keyspace, key) ?? '0'), by)
  rewrite(keyspace, key, String(sum))
  return Number(sum)
}

function decreaseBy(keyspace: Keyspace, key: Bytes, word: Bytes): number {
  const by = parseInteger(word)
  if (by === -(2n ** 63n)) throw new RedisError('ERR decrement would overflow')
  return increase(keyspace, key, -by)
}

function increaseByFloat(keyspace: Keyspace, key: Bytes, word: Bytes): Bytes {
  const sum = parseFloatingPoint(textOf(keyspace, key) ?? '0') + parseFloatingPoint(word)
  if (!Number.isFinite(sum)) throw new RedisError('ERR increment would produce NaN or Infinity')
  const text = formatFloatingPoint(sum)
  rewrite(keyspace, key, text)
  return text
}

function setRange(keyspace: Keyspace, [key = '', offsetWord = '', text = '']: readonly Bytes[]): number {
  const offset = parseCount(offsetWord)
  if (offset < 0) throw new RedisError('ERR offset is out of range')
  const former = textOf(keyspace, key) ?? ''
  if (text === '') return former.length
  if (offset + text.length > textBytesMax) {
    throw new RedisError('ERR string exceeds maximum allowed size (proto-max-bulk-len)')
  }
  rewrite(
    keyspace,
    key,
    former.slice(0, offset).padEnd(offset, '\0') + text + former.slice(offset + text.length),
  )
  return Math.max(former.length, offset + text.length)
}

const getRange = reads(4, (keyspace, [key = '', start = '', stop = '']) => {
  const [from, to] = [parseCount(start), parseCount(stop)]
  const text = textOf(keyspace, key) ?? ''
  if (from < 0 && to < 0 && from > to) return ''
  return text.slice(...textBounds(from, to, text.length))
})

export const stringCommands: Commands = {
  GET: reads(2, (keyspace, [key = '']) => textOf(keyspace, key)),
  SET: stores(-3, set),
  SETNX: stores(3, (keyspace, [key = '', text = '']) => {
    if (keyspace.entry(key) !== null) return 0
    keyspace.put(key, { kind: 'string', text })
    return 1
  }),
  SETEX: setWithLifetime('EX', 'setex'),
  PSETEX: setWithLifetime('PX', 'psetex'),
  GETSET: stores(3, (keyspace, [key = '', text = '']) => {
    const former = textOf(keyspace, key)
    keyspace.put(key, { kind: 'string', text })
    return former
  }),
  GETDEL: reads(2, (keyspace, [key = '']) => {
    const text = textOf(keyspace, key)
    keyspace.remove(key)
    return text
  }),
  GETEX: reads(-2, getEx),
  MGET: reads(-2, (keyspace, keys) =>
    keys.map((key) => {
      const value = keyspace.entry(key)?.value
      return value?.kind === 'string' ? value.text : null
    }),
  ),
  MSET: stores(-3, (keyspace, words) => {
    setMany(keyspace, words, 'mset')
    return done
  }),
  MSETNX: stores(-3, (keyspace, words) => {
    if (pairsOf(words, 'msetnx').some(([key]) => keyspace.entry(key) !== null)) return 0
    setMany(keyspace, words, 'msetnx')
    return 1
  }),
  APPEND: stores(3, (keyspace, [key = '', text = '']) => {
    const whole = (textOf(keyspace, key) ?? '') + text
    rewrite(keyspace, key, whole)
    return whole.length
  }),
  STRLEN: reads(2, (keyspace, [key = '']) => (textOf(keyspace, key) ?? '').length),
  GETRANGE: getRange,
  SUBSTR: getRange,
  SETRANGE: stores(4, setRange),
  INCR: stores(2, (keyspace, [key = '']) => increase(keyspace, key, 1n)),
  DECR: stores(2, (keyspace, [key = '']) => increase(keyspace, key, -1n)),
  INCRBY: stores(3, (keyspace, [key = '', by = '']) => increase(keyspace, key, parseInteger(by))),
  DECRBY: stores(3, (keyspace, [key = '', by = '']) => decreaseBy(keyspace, key, by)),
  INCRBYFLOAT: stores(3, (keyspace, [key = '', by = '']) => increaseByFloat(keyspace, key, by)),
}
