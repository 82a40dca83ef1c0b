import { type Bytes, RedisError } from './reply.ts'
import { parseFloatingPoint } from './words.ts'

/** A member with its score. */
export type Scored = readonly [Bytes, number]

export function inOrder(scores: ReadonlyMap<Bytes, number>): Scored[] {
  return [...scores].sort(([left, leftScore], [right, rightScore]) => {
    if (leftScore !== rightScore) return leftScore - rightScore
    return left < right ? -1 : 1
  })
}

/** The items of a sorted set that lie between two bounds, forwards or backwards. */
export type Within = (items: readonly Scored[], isReversed: boolean) => readonly Scored[]

type Bound = (item: Scored) => boolean

/**
 * Walks from the bound on one side to the bound on the other, as Redis does. Between names that makes a difference if the scores differ,
 * for which Redis promises nothing.
 */
function between(isAtLeast: Bound, isAtMost: Bound): Within {
  return (items, isReversed) => {
    const [enters, stays] = isReversed ? [isAtMost, isAtLeast] : [isAtLeast, isAtMost]
    const [first, last] = [items[0], items.at(-1)]
    if (first === undefined || last === undefined || !isAtMost(first) || !isAtLeast(last)) return []
    const walked = isReversed ? items.toReversed() : items
    const start = walked.findIndex(enters)
    const found = start < 0 ? [] : walked.slice(start)
    const end = found.findIndex((item) => !stays(item))
    return end < 0 ? found : found.slice(0, end)
  }
}

/** `1`, `(1`, `-inf` and `+inf`, as ZRANGEBYSCORE has them. */
export function withinScores(min: Bytes, max: Bytes): Within {
  const [low, high] = [parseScoreBound(min), parseScoreBound(max)]
  return between(
    ([, score]) => (low.isExclusive ? score > low.score : score >= low.score),
    ([, score]) => (high.isExclusive ? score < high.score : score <= high.score),
  )
}

function parseScoreBound(word: Bytes): { score: number; isExclusive: boolean } {
  const isExclusive = word.startsWith('(')
  const score = parseFloatingPoint(isExclusive ? word.slice(1) : word, 'ERR min or max is not a float')
  return { score, isExclusive }
}

/** `[a`, `(a`, `-` and `+`, as ZRANGEBYLEX has them. */
export function withinNames(min: Bytes, max: Bytes): Within {
  const [isAtLeast, isAtMost] = [parseNameBound(min, -1), parseNameBound(max, 1)]
  return between(
    ([name]) => isAtLeast(name),
    ([name]) => isAtMost(name),
  )
}

function parseNameBound(word: Bytes, side: -1 | 1): (name: Bytes) => boolean {
  if (word === '-') return () => side === -1
  if (word === '+') return () => side === 1
  const bound = word.slice(1)
  if (word.startsWith('[')) return (name) => (side === -1 ? name >= bound : name <= bound)
  if (word.startsWith('(')) return (name) => (side === -1 ? name > bound : name < bound)
  throw new RedisError('ERR min or max not valid string range item')
}

/** LIMIT of the range commands: a negative count means all the rest. */
export function limited(items: readonly Scored[], offset: number, count: number): readonly Scored[] {
  if (offset < 0) return []
  return count < 0 ? items.slice(offset) : items.slice(offset, offset + count)
}
