import { type Bytes, RedisError, syntaxError, wrongArguments } from './reply.ts'

const int64Min = -(2n ** 63n)
const int64Max = 2n ** 63n - 1n

/** Parses a whole number as Redis writes it: without spaces, plus sign or leading zeros, in 64 bits. */
export function parseInteger(text: Bytes, sentence = 'ERR value is not an integer or out of range'): bigint {
  if (/^(?:0|-?[1-9]\d{0,18})$/.test(text)) {
    const value = BigInt(text)
    if (value >= int64Min && value <= int64Max) return value
  }
  throw new RedisError(sentence)
}

/** A whole number that is used as a position, a count or a time. */
export function parseCount(text: Bytes, sentence?: string): number {
  return Number(parseInteger(text, sentence))
}

export function addIntegers(left: bigint, right: bigint): bigint {
  const sum = left + right
  if (sum >= int64Min && sum <= int64Max) return sum
  throw new RedisError('ERR increment or decrement would overflow')
}

export function parseFloatingPoint(text: Bytes, sentence = 'ERR value is not a valid float'): number {
  const lower = text.toLowerCase()
  if (/^[+-]?inf(?:inity)?$/.test(lower)) return lower.startsWith('-') ? -Infinity : Infinity
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/.test(lower)) return Number(lower)
  throw new RedisError(sentence)
}

export function formatFloatingPoint(value: number): Bytes {
  if (value === Infinity) return 'inf'
  if (value === -Infinity) return '-inf'
  return Object.is(value, -0) ? '-0' : String(value)
}

/** Reads the words of a command from left to right. */
export class Words {
  readonly #words: readonly Bytes[]
  #position = 0

  constructor(words: readonly Bytes[]) {
    this.#words = words
  }

  get left(): number {
    return this.#words.length - this.#position
  }

  /** The next word; a syntax error if there is none. */
  next(): Bytes {
    const word = this.#words[this.#position]
    if (word === undefined) throw syntaxError()
    this.#position += 1
    return word
  }

  /** Takes the next word if it is one of these, which are in capitals. */
  option<Name extends string>(...names: readonly Name[]): Name | null {
    const word = this.#words[this.#position]?.toUpperCase()
    const found = names.find((name) => name === word) ?? null
    if (found !== null) this.#position += 1
    return found
  }

  rest(): readonly Bytes[] {
    const rest = this.#words.slice(this.#position)
    this.#position = this.#words.length
    return rest
  }

  /** Refuses words that nothing has read. */
  end(): void {
    if (this.left > 0) throw syntaxError()
  }
}

/** Splits `key value key value …`; an odd number of words is a wrong number of arguments. */
export function pairsOf(words: readonly Bytes[], command: string): [Bytes, Bytes][] {
  if (words.length === 0 || words.length % 2 !== 0) throw wrongArguments(command)
  const pairs: [Bytes, Bytes][] = []
  for (let at = 0; at < words.length; at += 2) pairs.push([words[at] ?? '', words[at + 1] ?? ''])
  return pairs
}

/** The part of a list between two positions, of which negative ones count from the end, as LRANGE and ZRANGE have them. */
export function sliceBounds(start: number, stop: number, length: number): [number, number] {
  const from = Math.max(0, start < 0 ? length + start : start)
  const to = Math.min(length - 1, stop < 0 ? length + stop : stop)
  return from > to ? [0, 0] : [from, to + 1]
}

/** The part of a text. Other than in a list, an end before the beginning is the first byte, as GETRANGE and BITCOUNT have it. */
export function textBounds(start: number, stop: number, length: number): [number, number] {
  return sliceBounds(start, stop < -length ? -length : stop, length)
}
