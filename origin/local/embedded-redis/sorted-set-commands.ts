import { type Commands, reads, stores } from './command.ts'
import { scanItems } from './key-commands.ts'
import type { Keyspace } from './keyspace.ts'
import { pickItems } from './random-items.ts'
import { type Bytes, RedisError, type Reply, syntaxError } from './reply.ts'
import { inOrder, limited, type Scored, type Within, withinNames, withinScores } from './sorted-set-ranges.ts'
import { formatFloatingPoint, parseCount, parseFloatingPoint, sliceBounds, Words } from './words.ts'

const none: ReadonlyMap<Bytes, number> = new Map()
const scoresOf = (keyspace: Keyspace, key: Bytes): ReadonlyMap<Bytes, number> =>
  keyspace.read(key, 'zset')?.scores ?? none
const orderedOf = (keyspace: Keyspace, key: Bytes) => inOrder(scoresOf(keyspace, key))

const formatScore = (score: number | undefined) => (score === undefined ? null : formatFloatingPoint(score))
const answerOf = (items: readonly Scored[], withScores: boolean): Reply =>
  items.flatMap(([name, score]) => (withScores ? [name, formatFloatingPoint(score)] : [name]))

const additionOptions = ['NX', 'XX', 'GT', 'LT', 'CH', 'INCR'] as const
type AdditionOption = (typeof additionOptions)[number]

function parseAddition(words: Words): { options: ReadonlySet<AdditionOption>; added: readonly Scored[] } {
  const options = new Set<AdditionOption>()
  for (
    let option = words.option(...additionOptions);
    option !== null;
    option = words.option(...additionOptions)
  ) {
    options.add(option)
  }
  if (words.left === 0 || words.left % 2 !== 0) throw syntaxError()
  if (options.has('NX') && (options.has('XX') || options.has('GT') || options.has('LT'))) {
    throw new RedisError(
      options.has('XX')
        ? 'ERR XX and NX options at the same time are not compatible'
        : 'ERR GT, LT, and/or NX options at the same time are not compatible',
    )
  }
  if (options.has('GT') && options.has('LT')) {
    throw new RedisError('ERR GT, LT, and/or NX options at the same time are not compatible')
  }
  if (options.has('INCR') && words.left > 2) {
    throw new RedisError('ERR INCR option supports a single increment-element pair')
  }
  const added: Scored[] = []
  while (words.left > 0) {
    const score = parseFloatingPoint(words.next())
    added.push([words.next(), score])
  }
  return { options, added }
}

function isAllowed(options: ReadonlySet<AdditionOption>, former: number | undefined, score: number): boolean {
  if (former === undefined) return !options.has('XX')
  if (options.has('NX')) return false
  if (options.has('GT') && score <= former) return false
  return !(options.has('LT') && score >= former)
}

function add(keyspace: Keyspace, list: readonly Bytes[]): Reply {
  const words = new Words(list)
  const key = words.next()
  const { options, added } = parseAddition(words)
  const { scores } = keyspace.change(key, 'zset')
  let [made, moved] = [0, 0]
  let answer: number | undefined
  for (const [name, given] of added) {
    const former = scores.get(name)
    const score = options.has('INCR') ? (former ?? 0) + given : given
    if (Number.isNaN(score)) throw new RedisError('ERR resulting score is not a number (NaN)')
    if (!isAllowed(options, former, score)) continue
    scores.set(name, score)
    answer = score
    made += former === undefined ? 1 : 0
    moved += former !== undefined && former !== score ? 1 : 0
  }
  if (options.has('INCR')) return formatScore(answer)
  return options.has('CH') ? made + moved : made
}

function remove(keyspace: Keyspace, key: Bytes, names: readonly Bytes[]): number {
  if (keyspace.read(key, 'zset') === null) return 0
  const { scores } = keyspace.change(key, 'zset')
  return names.filter((name) => scores.delete(name)).length
}

const namesOf = (items: readonly Scored[]) => items.map(([name]) => name)

interface Range {
  readonly by: 'RANK' | 'BYSCORE' | 'BYLEX'
  readonly isReversed: boolean
  readonly withScores: boolean
  readonly limit: readonly [number, number] | null
}

function parseRange(words: Words, given: Partial<Range>): Range {
  let { by = 'RANK', isReversed = false, withScores = false, limit = null }: Partial<Range> = given
  while (words.left > 0) {
    const option = words.option('BYSCORE', 'BYLEX', 'REV', 'LIMIT', 'WITHSCORES')
    if (option === 'LIMIT' && words.left >= 2) limit = [parseCount(words.next()), parseCount(words.next())]
    else if (option === 'WITHSCORES') withScores = true
    else if (option === null || option === 'LIMIT' || given.by !== undefined) throw syntaxError()
    else if (option === 'REV') isReversed = true
    else by = option
  }
  if (limit !== null && limit[1] !== -1 && by === 'RANK') {
    throw new RedisError(
      'ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX',
    )
  }
  if (withScores && by === 'BYLEX') {
    throw new RedisError('ERR syntax error, WITHSCORES not supported in combination with BYLEX')
  }
  return { by, isReversed, withScores, limit }
}

type Select = (items: Scored[]) => readonly Scored[]

/** Both bounds are read before the key, so a bad bound is told whatever the key holds. */
function selection(first: Bytes, second: Bytes, { by, isReversed, limit }: Range): Select {
  const turned = (items: Scored[]) => (isReversed ? items.reverse() : items)
  if (by === 'RANK') {
    const [start, stop] = [parseCount(first), parseCount(second)]
    return (items) => turned(items).slice(...sliceBounds(start, stop, items.length))
  }
  const [min, max] = isReversed ? [second, first] : [first, second]
  const within = by === 'BYSCORE' ? withinScores(min, max) : withinNames(min, max)
  return (items) => {
    const found = within(items, isReversed)
    return limit === null ? found : limited(found, ...limit)
  }
}

/** The old commands fix some of what ZRANGE takes as options. */
function rangeCommand(given: Partial<Range>) {
  return reads(-4, (keyspace, list) => {
    const words = new Words(list)
    const [key, first, second] = [words.next(), words.next(), words.next()]
    const range = parseRange(words, given)
    const select = selection(first, second, range)
    return answerOf(select(orderedOf(keyspace, key)), range.withScores)
  })
}

function storeRange(keyspace: Keyspace, list: readonly Bytes[]): number {
  const words = new Words(list)
  const [target, key, first, second] = [words.next(), words.next(), words.next(), words.next()]
  const select = selection(first, second, parseRange(words, {}))
  return store(keyspace, target, select(orderedOf(keyspace, key)))
}

function store(keyspace: Keyspace, target: Bytes, items: Iterable<Scored>): number {
  const scores = new Map(items)
  keyspace.remove(target)
  if (scores.size > 0) keyspace.put(target, { kind: 'zset', scores })
  return scores.size
}

function rankCommand(isReversed: boolean) {
  return reads(3, (keyspace, [key = '', sought = '']) => {
    const items = orderedOf(keyspace, key)
    if (isReversed) items.reverse()
    const rank = items.findIndex(([item]) => item === sought)
    return rank < 0 ? null : rank
  })
}

const countCommand = (within: (min: Bytes, max: Bytes) => Within) =>
  reads(4, (keyspace, [key = '', min = '', max = '']) => {
    const select = within(min, max)
    return select(orderedOf(keyspace, key), false).length
  })

function removeRangeCommand(by: Range['by']) {
  return reads(4, (keyspace, [key = '', first = '', second = '']) => {
    const range = { by, isReversed: false, withScores: false, limit: null }
    const select = selection(first, second, range)
    return remove(keyspace, key, namesOf(select(orderedOf(keyspace, key))))
  })
}

function popCommand(isReversed: boolean) {
  return reads(-2, (keyspace, [key = '', countWord = '1', ...more]) => {
    if (more.length > 0) throw syntaxError()
    const sentence = 'ERR value is out of range, must be positive'
    const count = parseCount(countWord, sentence)
    if (count < 0) throw new RedisError(sentence)
    const items = orderedOf(keyspace, key)
    if (isReversed) items.reverse()
    const popped = items.slice(0, count)
    remove(keyspace, key, namesOf(popped))
    return answerOf(popped, true)
  })
}

/** A set counts as a sorted set in which every score is 1. */
function scoresOfAny(keyspace: Keyspace, key: Bytes): ReadonlyMap<Bytes, number> {
  if (keyspace.entry(key)?.value.kind !== 'set') return scoresOf(keyspace, key)
  return new Map([...(keyspace.read(key, 'set')?.members ?? [])].map((name): Scored => [name, 1]))
}

const aggregates = {
  SUM: (left: number, right: number) => left + right,
  MIN: (left: number, right: number) => Math.min(left, right),
  MAX: (left: number, right: number) => Math.max(left, right),
} as const

type Combination = 'union' | 'inter' | 'diff'

function parseSources(words: Words, name: string): readonly Bytes[] {
  const sentence = `ERR at least 1 input key is needed for '${name}' command`
  const count = parseCount(words.next())
  if (count < 1) throw new RedisError(sentence)
  if (count > words.left) throw syntaxError()
  return Array.from({ length: count }, () => words.next())
}

function combine(keyspace: Keyspace, words: Words, name: string, combination: Combination) {
  const keys = parseSources(words, name)
  const stored = keys.map((key) => scoresOfAny(keyspace, key))
  let weights = keys.map(() => 1)
  let aggregate: keyof typeof aggregates = 'SUM'
  let withScores = false
  while (words.left > 0) {
    const option = words.option('WEIGHTS', 'AGGREGATE', 'WITHSCORES')
    if (option === 'WITHSCORES') withScores = true
    else if (option === null || combination === 'diff') throw syntaxError()
    else if (option === 'WEIGHTS') {
      weights = keys.map(() => parseFloatingPoint(words.next(), 'ERR weight value is not a float'))
    } else {
      const found = words.option('SUM', 'MIN', 'MAX')
      if (found === null) throw syntaxError()
      aggregate = found
    }
  }
  const sources = stored.map(
    (scores, at): Scores =>
      new Map([...scores].map(([item, score]): Scored => [item, score * (weights[at] ?? 1)])),
  )
  const [first = none, ...others] = sources
  const merge = combinations[combination]
  return {
    combined: others.reduce((left, right) => merge(left, right, aggregates[aggregate]), first),
    withScores,
  }
}

type Scores = ReadonlyMap<Bytes, number>
type Aggregate = (left: number, right: number) => number

const combinations: Readonly<Record<Combination, (left: Scores, right: Scores, both: Aggregate) => Scores>> =
  {
    union: (left, right, both) =>
      new Map([
        ...right,
        ...[...left].map(([name, score]): Scored => {
          const other = right.get(name)
          return [name, other === undefined ? score : both(score, other)]
        }),
      ]),
    inter: (left, right, both) =>
      new Map(
        [...left].flatMap(([name, score]): Scored[] => {
          const other = right.get(name)
          return other === undefined ? [] : [[name, both(score, other)]]
        }),
      ),
    diff: (left, right) => new Map([...left].filter(([name]) => !right.has(name))),
  }

function combineCommands(combination: Combination): Commands {
  const name = `Z${combination.toUpperCase()}`
  return {
    [name]: reads(-3, (keyspace, list) => {
      const found = combine(keyspace, new Words(list), name.toLowerCase(), combination)
      return answerOf(inOrder(found.combined), found.withScores)
    }),
    [`${name}STORE`]: stores(-4, (keyspace, list) => {
      const words = new Words(list)
      const target = words.next()
      const { combined } = combine(keyspace, words, `${name.toLowerCase()}store`, combination)
      return store(keyspace, target, combined)
    }),
  }
}

function randomMembers(keyspace: Keyspace, list: readonly Bytes[]): Reply {
  const words = new Words(list)
  const items = orderedOf(keyspace, words.next())
  if (words.left === 0) return pickItems(items, 1)[0]?.[0] ?? null
  const count = parseCount(words.next())
  const withScores = words.option('WITHSCORES') !== null
  words.end()
  return answerOf(pickItems(items, count), withScores)
}

export const sortedSetCommands: Commands = {
  ZADD: stores(-4, add),
  ZINCRBY: stores(4, (keyspace, [key = '', by = '', name = '']) => add(keyspace, [key, 'INCR', by, name])),
  ZREM: reads(-3, (keyspace, [key = '', ...names]) => remove(keyspace, key, names)),
  ZSCORE: reads(3, (keyspace, [key = '', name = '']) => formatScore(scoresOf(keyspace, key).get(name))),
  ZMSCORE: reads(-3, (keyspace, [key = '', ...names]) => {
    const scores = scoresOf(keyspace, key)
    return names.map((name) => formatScore(scores.get(name)))
  }),
  ZCARD: reads(2, (keyspace, [key = '']) => scoresOf(keyspace, key).size),
  ZCOUNT: countCommand(withinScores),
  ZLEXCOUNT: countCommand(withinNames),
  ZRANGE: rangeCommand({}),
  ZREVRANGE: rangeCommand({ by: 'RANK', isReversed: true }),
  ZRANGEBYSCORE: rangeCommand({ by: 'BYSCORE' }),
  ZREVRANGEBYSCORE: rangeCommand({ by: 'BYSCORE', isReversed: true }),
  ZRANGEBYLEX: rangeCommand({ by: 'BYLEX' }),
  ZREVRANGEBYLEX: rangeCommand({ by: 'BYLEX', isReversed: true }),
  ZRANGESTORE: stores(-5, storeRange),
  ZRANK: rankCommand(false),
  ZREVRANK: rankCommand(true),
  ZREMRANGEBYRANK: removeRangeCommand('RANK'),
  ZREMRANGEBYSCORE: removeRangeCommand('BYSCORE'),
  ZREMRANGEBYLEX: removeRangeCommand('BYLEX'),
  ZPOPMIN: popCommand(false),
  ZPOPMAX: popCommand(true),
  ZRANDMEMBER: reads(-2, randomMembers),
  ZSCAN: reads(-3, (keyspace, words) =>
    scanItems(words, (key) =>
      orderedOf(keyspace, key).map(([name, score]) => [name, formatFloatingPoint(score)]),
    ),
  ),
  ...combineCommands('union'),
  ...combineCommands('inter'),
  ...combineCommands('diff'),
}
