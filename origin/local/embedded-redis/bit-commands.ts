import { type Commands, reads, stores } from './command.ts'
import type { Keyspace } from './keyspace.ts'
import { type Bytes, RedisError, syntaxError } from './reply.ts'
import { rewrite, textOf } from './string-commands.ts'
import { parseCount, textBounds, Words } from './words.ts'

const offsetMax = 2 ** 32 - 1
const byteAt = (text: Bytes, at: number) => (at < text.length ? text.charCodeAt(at) : 0)
const bitAt = (text: Bytes, offset: number) => (byteAt(text, offset >>> 3) >> (7 - (offset & 7))) & 1

function parseOffset(word: Bytes): number {
  const sentence = 'ERR bit offset is not an integer or out of range'
  const offset = parseCount(word, sentence)
  if (offset < 0 || offset > offsetMax) throw new RedisError(sentence)
  return offset
}

function parseBit(word: Bytes, sentence: string): 0 | 1 {
  if (word === '0') return 0
  if (word === '1') return 1
  throw new RedisError(sentence)
}

function setBit(keyspace: Keyspace, [key = '', offsetWord = '', bitWord = '']: readonly Bytes[]): number {
  const offset = parseOffset(offsetWord)
  const bit = parseBit(bitWord, 'ERR bit is not an integer or out of range')
  const text = textOf(keyspace, key) ?? ''
  const at = offset >>> 3
  const mask = 1 << (7 - (offset & 7))
  const byte = bit === 1 ? byteAt(text, at) | mask : byteAt(text, at) & ~mask
  rewrite(keyspace, key, text.slice(0, at).padEnd(at, '\0') + String.fromCharCode(byte) + text.slice(at + 1))
  return bitAt(text, offset)
}

/** The bits from `start` to before `end` that BITCOUNT and BITPOS look at; the whole text if no bounds are given. */
function bitRange(words: Words, text: Bytes): { start: number; end: number; hasStop: boolean } {
  if (words.left === 0) return { start: 0, end: text.length * 8, hasStop: false }
  if (words.left > 3) throw syntaxError()
  const first = parseCount(words.next())
  const hasStop = words.left > 0
  const last = hasStop ? parseCount(words.next()) : -1
  const isInBits = words.option('BIT', 'BYTE') === 'BIT'
  words.end()
  const scale = isInBits ? 1 : 8
  const [start, end] = textBounds(first, last, (text.length * 8) / scale)
  return { start: start * scale, end: end * scale, hasStop }
}

/** BITCOUNT does not look at the unit after such bounds. */
function hasTurnedEnds([, first = '', last = '', ...more]: readonly Bytes[]): boolean {
  if (first === '' || more.length > 1) return false
  const [start, stop] = [parseCount(first), parseCount(last)]
  return start < 0 && stop < 0 && start > stop
}

function bitCount(keyspace: Keyspace, list: readonly Bytes[]): number {
  const words = new Words(list)
  const text = textOf(keyspace, words.next())
  if (text === null) return 0
  if (words.left === 1) throw syntaxError()
  if (hasTurnedEnds(list)) return 0
  const { start, end } = bitRange(words, text)
  let count = 0
  for (let offset = start; offset < end; offset += 1) count += bitAt(text, offset)
  return count
}

function bitPosition(keyspace: Keyspace, list: readonly Bytes[]): number {
  const words = new Words(list)
  const key = words.next()
  const bit = parseBit(words.next(), 'ERR The bit argument must be 1 or 0.')
  const stored = textOf(keyspace, key)
  if (stored === null) return bit === 0 ? 0 : -1
  const unit = list[4]
  if (unit !== undefined && !/^(?:BIT|BYTE)$/i.test(unit)) throw syntaxError()
  const { start, end, hasStop } = bitRange(words, stored)
  for (let offset = start; offset < end; offset += 1) if (bitAt(stored, offset) === bit) return offset
  // Without an end, a text is taken to go on with zeros.
  return bit === 0 && !hasStop && end > start ? stored.length * 8 : -1
}

const operations: Readonly<Record<string, (left: number, right: number) => number>> = {
  AND: (left, right) => left & right,
  OR: (left, right) => left | right,
  XOR: (left, right) => left ^ right,
}

function combine(keyspace: Keyspace, [name = '', target = '', ...keys]: readonly Bytes[]): number {
  const operation = operations[name.toUpperCase()]
  const isNot = name.toUpperCase() === 'NOT'
  if (operation === undefined && !isNot) throw syntaxError()
  if (isNot && keys.length !== 1) {
    throw new RedisError('ERR BITOP NOT must be called with a single source key.')
  }
  const texts = keys.map((key) => textOf(keyspace, key) ?? '')
  const length = Math.max(...texts.map((text) => text.length))
  const combined = Buffer.alloc(length)
  for (let at = 0; at < length; at += 1) {
    const [first = 0, ...others] = texts.map((text) => byteAt(text, at))
    combined[at] = operation === undefined ? ~first & 0xff : others.reduce(operation, first)
  }
  keyspace.remove(target)
  if (length > 0) keyspace.put(target, { kind: 'string', text: combined.toString('latin1') })
  return length
}

export const bitCommands: Commands = {
  GETBIT: reads(3, (keyspace, [key = '', offset = '']) => {
    const at = parseOffset(offset)
    return bitAt(textOf(keyspace, key) ?? '', at)
  }),
  SETBIT: stores(4, setBit),
  BITCOUNT: reads(-2, bitCount),
  BITPOS: reads(-3, bitPosition),
  BITOP: stores(-4, combine),
}
