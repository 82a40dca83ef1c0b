import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createEmbeddedRedis } from '../../../origin/local/embedded-redis/embedded-redis.ts'
import { matchesGlob } from '../../../origin/local/embedded-redis/glob.ts'
import { RedisError, type Reply } from '../../../origin/local/embedded-redis/reply.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

const bytesMax = 100_000

function makeRedis() {
  const clock = createFakeClock()
  const redis = createEmbeddedRedis(clock, bytesMax)
  const run = (...words: (string | number)[]): Reply => redis.execute(words.map(String))
  return { clock, redis, run }
}

/** All keys that begin with an s, by SCAN, with changes between its steps. */
function walk(run: (...words: (string | number)[]) => Reply, count: number, change: () => void): Set<Reply> {
  const seen = new Set<Reply>()
  for (let cursor = '0'; ; ) {
    change()
    const reply = run('SCAN', cursor, 'COUNT', count, 'MATCH', 's*')
    const [next, keys] = Array.isArray(reply) ? reply : []
    for (const key of Array.isArray(keys) ? keys : []) seen.add(key)
    cursor = String(next)
    if (cursor === '0') return seen
  }
}

describe('the embedded Redis', () => {
  it('lets a key go when its lifetime ends, and not before', async () => {
    const { clock, run } = makeRedis()
    run('SET', 'k', 'v', 'PX', 1_000)
    run('HSET', 'h', 'a', '1')
    run('EXPIRE', 'h', 2)
    await clock.advance(999)
    expect([run('GET', 'k'), run('PTTL', 'k'), run('TTL', 'h')]).toEqual(['v', 1, 1])
    await clock.advance(1)
    expect([run('GET', 'k'), run('EXISTS', 'k'), run('TTL', 'k'), run('DBSIZE')]).toEqual([null, 0, -2, 1])
    await clock.advance(1_000)
    expect(run('HGETALL', 'h')).toEqual([])
    expect(run('SCAN', '0')).toEqual(['0', []])
  })

  it('keeps within its memory: refuses to store more, still reads and removes, and makes room by what has expired', async () => {
    const { clock, run } = makeRedis()
    const store = (name: string) => run('SET', name, 'x'.repeat(1_000), 'PX', 1_000)
    let stored = 0
    expect(() => {
      for (; stored < 1_000; stored += 1) store(`k${stored}`)
    }).toThrow("OOM command not allowed when used memory > 'maxmemory'.")
    expect(stored).toBeGreaterThan(80)
    expect(stored).toBeLessThan(100)
    expect(run('GET', 'k1')).toHaveLength(1_000)
    for (let at = 0; at < 10; at += 1) run('DEL', `k${at}`)
    store('again')
    while (stored > 0) {
      stored -= 1
      run('RPUSH', 'list', 'x')
    }
    await clock.advance(1_000)
    for (let at = 0; at < 80; at += 1) store(`later${at}`)
    expect(String(run('INFO', 'memory'))).toMatch(/used_memory:\d+\r\n[\s\S]*maxmemory:100000/)
  })

  it('shows by SCAN every key that is there all the time, whatever comes and goes meanwhile', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat({ max: 300 }), { minLength: 1, maxLength: 100 }),
        fc.array(fc.tuple(fc.boolean(), fc.nat({ max: 300 })), { maxLength: 100 }),
        fc.integer({ min: 1, max: 20 }),
        (staying, changes, count) => {
          const { run } = makeRedis()
          for (const key of staying) run('SET', `s${key}`, '')
          const seen = walk(run, count, () => {
            for (const [isAdded, key] of changes.splice(0, 5))
              run(...(isAdded ? ['SET', `c${key}`, ''] : ['DEL', `c${key}`]))
          })
          expect([...seen].sort()).toEqual(staying.map((key) => `s${key}`).sort())
        },
      ),
    )
  })

  it('ends a script that does not end, and refuses what a script must not do', () => {
    const { run } = makeRedis()
    expect(() => run('EVAL', 'while true do end', 0)).toThrow('too many instructions')
    for (const script of ['return io', 'return os', 'return require', 'return dofile', 'return debug']) {
      expect(() => run('EVAL', script, 0)).toThrow('nonexistent global variable')
    }
    expect(run('EVAL', "return redis.call('PING')", 0)).toMatchObject({ text: 'PONG' })
  })

  it('runs nothing of a transaction in which one command cannot be queued', () => {
    const { redis, run } = makeRedis()
    expect(() => redis.transact([['SET', 'k', 'v'], ['NOPE']])).toThrow(RedisError)
    expect(run('EXISTS', 'k')).toBe(0)
    const replies = redis.transact([
      ['SET', 'k', 'v'],
      ['INCR', 'k'],
      ['GET', 'k'],
    ])
    expect(replies[1]).toBeInstanceOf(RedisError)
    expect(replies[2]).toBe('v')
  })

  it('matches patterns in bounded time, like a regular expression that says the same', () => {
    const expressions = new Map([
      ['*', '.*'],
      ['?', '.'],
    ])
    const part = fc.constantFrom('*', '?', 'a', 'b', '[ab]', '[^a]', '[a-c]')
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 8 }),
        fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd') }),
        (parts, text) => {
          const expression = parts.map((each) => expressions.get(each) ?? each).join('')
          expect(matchesGlob(parts.join(''), text)).toBe(new RegExp(`^${expression}$`, 's').test(text))
        },
      ),
    )
    expect(matchesGlob(`${'*a'.repeat(50)}b`, 'a'.repeat(5_000))).toBe(false)
  })
})
