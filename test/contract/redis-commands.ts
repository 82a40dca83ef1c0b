import fc from 'fast-check'

/** The words of a command, its name first. */
export type WrittenCommand = readonly [string, ...string[]]
type Words = fc.Arbitrary<readonly string[]>

const one = (...values: string[]): Words => fc.constantFrom(...values).map((value) => [value])
const all = (...parts: Words[]): Words => fc.tuple(...parts).map((lists) => lists.flat())
const maybe = (...parts: Words[]): Words =>
  fc.option(all(...parts), { nil: [] as readonly string[], freq: 2 })
const some = (...parts: Words[]): Words =>
  fc.array(all(...parts), { minLength: 1, maxLength: 3 }).map((lists) => lists.flat())
const none: Words = fc.constant([])

// Few keys and names, so that commands meet. Some words are wrong on purpose, as are values of another type.
const key = one('a', 'b', 'c', 'd{x}')
const name = one('m', 'n', 'o', '1', '2')
const text = one('1', '-3', '2.5', 'x', '', 'OK', 'v1', 'été', '12', 'inf', '\u0000')
const number = one('0', '1', '-1', '2', '5', '-2', 'x', '100', '3')
const float = one('1', '2.5', 'x', '-0.5')
const score = one('1', '2', '-1', '2.5', 'x', 'inf', '3')
const scoreBound = one('1', '2', '-1', '(1', '+inf', '-inf', '2.5', 'x', '(2.5', '3')
const nameBound = one('-', '+', '[m', '(m', '[n', 'x', '(1')
const pattern = one('*', 'a', '[ab]', '?', '[^a]', 'd{*', '\\a', '[a-c]*', '**x*', '[')
const lifetime = one('1000', '5000', '-1', '0', 'x')
const side = one('LEFT', 'right', 'X')
const limit = maybe(one('LIMIT'), number, number)
const withScores = maybe(one('WITHSCORES'))
// GT and LT compare instants, which are the same on both sides only if they are absolute.
const lifetimeCondition = maybe(one('NX', 'XX', 'ZZ'))
const expiryCondition = maybe(one('NX', 'XX', 'GT', 'LT', 'ZZ'))

const script = one(
  "return redis.call('get',KEYS[1])",
  "return redis.call('incr',KEYS[1])",
  "return redis.call('set',KEYS[1],0.1)",
  "return redis.call('set',KEYS[1])",
  "return redis.call('set',KEYS[1],{})",
  "return redis.call('nope')",
  'return redis.call()',
  "return redis.call('eval','return 1','0')",
  "return redis.pcall('lpush',KEYS[1],'x')",
  "return {1,2.9,'x',false,true,{'y'},nil,3}",
  "return {redis.call('set',KEYS[1],'OK'), redis.call('get',KEYS[1])}",
  "return redis.error_reply('MY bad')",
  "return redis.error_reply('-CODE bad')",
  "return {err='plain'}",
  "return redis.status_reply('fine')",
  "return redis.sha1hex('x')",
  'return nope',
  'x=1',
  "error('boom')",
  'return 1 +',
  "return tostring(tonumber(ARGV[1] or '7')/2)..':'..#ARGV",
  'return math.floor(3.7)*1000000*1000000',
  "return 'a'..1764150000000",
  'return #!',
  '#!lua\nreturn unpack(KEYS)',
)

/** Every command of the embedded Redis whose reply can be known, with words to try. */
export const commandWords: Readonly<Record<string, Words>> = {
  GET: key,
  SET: all(
    key,
    text,
    maybe(one('nx')),
    maybe(one('GET')),
    maybe(one('EX'), one('1000', '0', 'x')),
    maybe(one('KEEPTTL')),
    maybe(one('xx')),
  ),
  SETNX: all(key, text),
  SETEX: all(key, lifetime, text),
  PSETEX: all(key, one('5000000', '0'), text),
  GETSET: all(key, text),
  GETDEL: key,
  GETEX: all(key, maybe(one('PERSIST', 'EX', 'NOPE')), maybe(one('1000'))),
  MGET: some(key),
  MSET: some(key, text),
  MSETNX: some(key, text),
  APPEND: all(key, text),
  STRLEN: key,
  GETRANGE: all(key, number, number),
  SUBSTR: all(key, number, number),
  SETRANGE: all(key, number, text),
  INCR: key,
  DECR: key,
  INCRBY: all(key, number),
  DECRBY: all(key, number),
  INCRBYFLOAT: all(key, float),
  GETBIT: all(key, number),
  SETBIT: all(key, number, one('0', '1', '2')),
  BITCOUNT: all(key, maybe(number, number), maybe(one('BIT', 'BYTE', 'X'))),
  BITPOS: all(key, one('0', '1', '2'), maybe(number), maybe(number)),
  BITOP: all(one('AND', 'or', 'XOR', 'NOT', 'X'), key, some(key)),
  DEL: some(key),
  UNLINK: some(key),
  EXISTS: some(key),
  TOUCH: some(key),
  TYPE: key,
  EXPIRE: all(key, lifetime, lifetimeCondition),
  PEXPIRE: all(key, one('5000000'), lifetimeCondition),
  EXPIREAT: all(key, one('99999999999', '1'), expiryCondition),
  PEXPIREAT: all(key, one('99999999999000', '1'), expiryCondition),
  TTL: key,
  EXPIRETIME: key,
  PERSIST: key,
  RENAME: all(key, key),
  RENAMENX: all(key, key),
  COPY: all(key, key, maybe(one('REPLACE'))),
  KEYS: pattern,
  DBSIZE: none,
  FLUSHDB: none,
  FLUSHALL: none,
  ECHO: text,
  PING: maybe(text),
  SCAN: all(
    one('0', 'x'),
    maybe(one('MATCH'), pattern),
    maybe(one('COUNT'), one('100', '0', 'x')),
    maybe(one('TYPE'), one('string', 'zset')),
  ),
  HSET: all(key, some(name, text)),
  HMSET: all(key, some(name, text)),
  HSETNX: all(key, name, text),
  HGET: all(key, name),
  HMGET: all(key, some(name)),
  HGETALL: key,
  HKEYS: key,
  HVALS: key,
  HLEN: key,
  HEXISTS: all(key, name),
  HSTRLEN: all(key, name),
  HDEL: all(key, some(name)),
  HINCRBY: all(key, name, number),
  HINCRBYFLOAT: all(key, name, float),
  HSCAN: all(key, one('0'), maybe(one('MATCH'), one('m*'))),
  LPUSH: all(key, some(name)),
  RPUSH: all(key, some(name)),
  LPUSHX: all(key, some(name)),
  RPUSHX: all(key, some(name)),
  LPOP: all(key, maybe(number)),
  RPOP: all(key, maybe(number)),
  LLEN: key,
  LRANGE: all(key, number, number),
  LINDEX: all(key, number),
  LSET: all(key, number, name),
  LREM: all(key, number, name),
  LTRIM: all(key, number, number),
  LINSERT: all(key, one('BEFORE', 'after', 'X'), name, name),
  LPOS: all(key, name, maybe(one('RANK'), number), maybe(one('COUNT'), number), maybe(one('MAXLEN'), number)),
  LMOVE: all(key, key, side, side),
  RPOPLPUSH: all(key, key),
  SADD: all(key, some(name)),
  SREM: all(key, some(name)),
  SMEMBERS: key,
  SISMEMBER: all(key, name),
  SMISMEMBER: all(key, some(name)),
  SCARD: key,
  SMOVE: all(key, key, name),
  SINTER: some(key),
  SUNION: some(key),
  SDIFF: some(key),
  SINTERSTORE: all(key, some(key)),
  SUNIONSTORE: all(key, some(key)),
  SDIFFSTORE: all(key, some(key)),
  SINTERCARD: all(one('1', '2', '0', '9'), key, maybe(key), maybe(one('LIMIT'), number)),
  SSCAN: all(key, one('0')),
  ZADD: all(
    key,
    maybe(one('NX')),
    maybe(one('XX')),
    maybe(one('GT')),
    maybe(one('LT')),
    maybe(one('CH')),
    maybe(one('INCR')),
    some(score, name),
  ),
  ZINCRBY: all(key, one('1', '2.5', 'x', '-inf'), name),
  ZREM: all(key, some(name)),
  ZSCORE: all(key, name),
  ZMSCORE: all(key, some(name)),
  ZCARD: key,
  ZCOUNT: all(key, scoreBound, scoreBound),
  ZLEXCOUNT: all(key, nameBound, nameBound),
  ZRANGE: fc.oneof(
    all(key, number, number, maybe(one('REV')), limit, withScores),
    all(key, scoreBound, scoreBound, one('BYSCORE'), maybe(one('REV')), limit, withScores),
    all(key, nameBound, nameBound, one('BYLEX'), maybe(one('REV')), limit, withScores),
  ),
  ZREVRANGE: all(key, number, number, withScores),
  ZRANGEBYSCORE: all(key, scoreBound, scoreBound, withScores, limit, maybe(one('REV'))),
  ZREVRANGEBYSCORE: all(key, scoreBound, scoreBound, withScores, limit),
  ZRANGEBYLEX: all(key, nameBound, nameBound, limit),
  ZREVRANGEBYLEX: all(key, nameBound, nameBound),
  ZRANGESTORE: all(key, key, number, number),
  ZRANK: all(key, name),
  ZREVRANK: all(key, name),
  ZREMRANGEBYRANK: all(key, number, number),
  ZREMRANGEBYSCORE: all(key, scoreBound, scoreBound),
  ZREMRANGEBYLEX: all(key, nameBound, nameBound),
  ZPOPMIN: all(key, maybe(number)),
  ZPOPMAX: all(key, maybe(number)),
  ZSCAN: all(key, one('0')),
  ZUNION: all(
    one('2'),
    key,
    key,
    maybe(one('WEIGHTS'), one('2'), one('1', 'x')),
    maybe(one('AGGREGATE'), one('SUM', 'MIN', 'max', 'X')),
    withScores,
  ),
  ZINTER: all(one('1', '2', '0'), key, maybe(key), withScores),
  ZDIFF: all(one('2'), key, key, withScores),
  ZUNIONSTORE: all(key, one('2'), key, key, maybe(one('AGGREGATE'), one('MAX'))),
  ZINTERSTORE: all(key, one('2'), key, key, maybe(one('WEIGHTS'), one('2'), one('3'))),
  ZDIFFSTORE: all(key, one('2'), key, key),
  EVAL: all(script, one('1', '1', '1', '0', '5', '-1', 'x'), key, maybe(one('3', '10'))),
  EVAL_RO: all(one('return KEYS[1]', "return redis.call('get',KEYS[1])"), one('1'), key),
  EVALSHA: all(one('e0e1f9fabfc9d4800c877a703b823ac0578ff8db', 'nope'), one('0')),
  EVALSHA_RO: all(one('nope'), one('0')),
  'SCRIPT|LOAD': one('return 1', 'return 2', 'return +'),
  'SCRIPT|EXISTS': some(one('e0e1f9fabfc9d4800c877a703b823ac0578ff8db', 'nope')),
  'SCRIPT|FLUSH': none,
  'SCRIPT|NOPE': none,
  'MEMORY|USAGE': one('nothing'),
  PUBLISH: all(name, text),
  UNKNOWN: some(name),
}

/** Replies of these depend on chance, on time or on the server, so they are not compared. */
export const incomparable = [
  'RANDOMKEY',
  'SPOP',
  'SRANDMEMBER',
  'HRANDFIELD',
  'ZRANDMEMBER',
  'TIME',
  'INFO',
  'PTTL',
  'PEXPIRETIME',
]

/** Redis promises no order for these. */
export const unordered = [
  'SMEMBERS',
  'SINTER',
  'SUNION',
  'SDIFF',
  'SSCAN',
  'KEYS',
  'SCAN',
  'HGETALL',
  'HKEYS',
  'HVALS',
  'HSCAN',
  'ZSCAN',
]

const written = ([name = '', ...subcommands]: string[], words: readonly string[]): WrittenCommand => [
  name,
  ...subcommands,
  ...words,
]

/** A command with its words, now and then one word too few or too many. */
export const anyCommand: fc.Arbitrary<WrittenCommand> = fc
  .tuple(
    fc
      .constantFrom(...Object.keys(commandWords))
      .chain((command) => (commandWords[command] ?? none).map((words) => written(command.split('|'), words))),
    fc.nat({ max: 60 }),
  )
  .map(([command, chance]): WrittenCommand => {
    const [first, ...words] = command
    if (chance === 0) return [first, ...words.slice(0, -1)]
    return chance === 1 ? [first, ...words, 'zz'] : command
  })
