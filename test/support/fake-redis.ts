import type { Clock } from '../../shared/clock.ts'
import type { RedisAnswer, RedisCommand, RedisReply, RedisTransport } from '../../shared/redis/client.ts'
import { err, ok } from '../../shared/result.ts'

/** A Redis in a Map, with the commands that the product uses. A test can take it away, and sees every request. */
export interface FakeRedis {
  readonly transport: RedisTransport
  readonly stored: Map<string, string>
  readonly requests: RedisCommand[][]
  isUp: boolean
  /** Answers a command; a test may answer in its place. */
  execute(command: RedisCommand): RedisAnswer
  /** The answer to INFO. */
  info: string
}

export function createFakeRedis(clock: Clock): FakeRedis {
  const stored = new Map<string, string>()
  const expiresAtMs = new Map<string, number>()

  function get(key: string): string | null {
    if ((expiresAtMs.get(key) ?? Number.POSITIVE_INFINITY) <= clock.now()) drop(key)
    return stored.get(key) ?? null
  }

  function drop(key: string): number {
    expiresAtMs.delete(key)
    return stored.delete(key) ? 1 : 0
  }

  function set(key: string, value: string, options: readonly string[]): RedisReply {
    if (options.includes('NX') && get(key) !== null) return null
    stored.set(key, value)
    expiresAtMs.delete(key)
    const at = options.indexOf('PX')
    if (at >= 0) expiresAtMs.set(key, clock.now() + Number(options[at + 1]))
    return 'OK'
  }

  /** The matches are all keys that begin with what stands before the first special character. */
  function scan(cursor: string, pattern: string, count: number): RedisReply {
    const start = pattern.slice(0, pattern.search(/[[*]/))
    const keys = [...stored.keys()].sort()
    const from = Number(cursor)
    const page = keys.slice(from, from + count).filter((key) => key.startsWith(start) && get(key) !== null)
    return [from + count >= keys.length ? '0' : String(from + count), page]
  }

  const execute = createCommands({ get, drop, set, scan, stored, expiresAtMs, clock, info: () => redis.info })
  const redis: FakeRedis = {
    stored,
    requests: [],
    isUp: true,
    execute,
    info: '',
    async transport({ commands }) {
      redis.requests.push([...commands])
      return redis.isUp ? ok(commands.map((command) => redis.execute(command))) : err({ kind: 'unavailable' })
    },
  }
  return redis
}

interface Parts {
  get(key: string): string | null
  drop(key: string): number
  set(key: string, value: string, options: readonly string[]): RedisReply
  scan(cursor: string, pattern: string, count: number): RedisReply
  info(): string
  readonly stored: Map<string, string>
  readonly expiresAtMs: ReadonlyMap<string, number>
  readonly clock: Clock
}

function createCommands(parts: Parts): (command: RedisCommand) => RedisAnswer {
  const { get, drop, set, scan, stored, expiresAtMs, clock } = parts
  return ([name, ...rest]) => {
    const [key = '', value = '', ...options] = rest.map(String)
    const replies: Readonly<Record<string, () => RedisReply>> = {
      PING: () => 'PONG',
      INFO: () => parts.info(),
      GET: () => get(key),
      MGET: () => rest.map((each) => get(String(each))),
      SET: () => set(key, value, options),
      DEL: () => rest.reduce<number>((gone, each) => gone + drop(String(each)), 0),
      GETDEL: () => {
        const found = get(key)
        drop(key)
        return found
      },
      GETRANGE: () => (get(key) ?? '').slice(Number(value), Number(options[0]) + 1),
      STRLEN: () => (get(key) ?? '').length,
      PTTL: () => {
        if (get(key) === null) return -2
        const atMs = expiresAtMs.get(key)
        return atMs === undefined ? -1 : atMs - clock.now()
      },
      INCRBY: () => {
        const sum = Number(get(key) ?? '0') + Number(value)
        stored.set(key, String(sum))
        return sum
      },
      SCAN: () => scan(key, options[0] ?? '', Number(options[2])),
    }
    const reply = replies[name]
    return reply === undefined ? { errorCode: 'ERR' } : { reply: reply() }
  }
}
