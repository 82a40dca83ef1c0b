import { Ratelimit } from '@upstash/ratelimit'
import { Redis } from '@upstash/redis'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { redisKinds, type StartedRedis, startLocalRedis } from '../support/local-redis.ts'

/** Upstash's own client with its defaults, as the CRM's backend has it: base64, automatic deserialization, read your writes. */
describe.each(redisKinds)("Upstash's client at the local bridge (%s)", (kind) => {
  let started: StartedRedis
  let redis: Redis
  beforeAll(async () => {
    started = await startLocalRedis(kind)
  })
  afterAll(() => started?.stop())
  beforeEach(async () => {
    const { url, token } = started.redis
    redis = new Redis({ url, token })
    await redis.flushall()
  })

  const raw = (path: string, init: RequestInit = {}) =>
    fetch(`${started.redis.url}${path}`, {
      ...init,
      headers: { Authorization: `Bearer ${started.redis.token}`, ...init.headers },
    })

  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 50 }).map((value) => value.toWellFormed()),
    fc.constantFrom(
      'v1',
      'OK',
      'PONG',
      'dGVzdA==',
      '',
      '{"a":1}',
      '[1,2]',
      'null',
      'true',
      '007',
      '1e3',
      ' 1',
    ),
  )
  const withoutParsing = () => new Redis({ ...started.redis, automaticDeserialization: false })

  it('gets every text back that it stored, whatever it looks like, alone and among others', async () => {
    const plain = withoutParsing()
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 5 }), async (texts) => {
        const named = Object.fromEntries(texts.map((value, at) => [`k${at}`, value]))
        await plain.mset(named)
        expect(await plain.mget(...Object.keys(named))).toEqual(texts)
        expect(await plain.get('k0')).toBe(texts[0])
        await plain.del('h', 'l')
        await plain.hset('h', named)
        // Without its deserialization the client answers fields and values in one list.
        expect(await plain.hvals('h')).toEqual(texts)
        await plain.rpush('l', ...texts)
        expect(await plain.lrange('l', 0, -1)).toEqual(texts)
        expect(await plain.pipeline().get('k0').lrange('l', 0, -1).exec()).toEqual([texts[0], texts])
      }),
      { numRuns: 50 },
    )
  })

  it('gets every value of JSON back as it was', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ noUnicodeString: false }), async (value) => {
        fc.pre(value !== null && typeof value !== 'string')
        await redis.set('k', value)
        expect(await redis.get('k')).toEqual(JSON.parse(JSON.stringify(value)))
      }),
      { numRuns: 50 },
    )
    await redis.hset('h', { a: { b: [1, 'v1'] }, c: 'OK', d: 2 })
    expect(await redis.hgetall('h')).toEqual({ a: { b: [1, 'v1'] }, c: 'OK', d: 2 })
    expect(await redis.mget('h', 'k', 'nothing')).toHaveLength(3)
    expect(await redis.get('nothing')).toBeNull()
  })

  it('has the replies that are words: OK, PONG and types', async () => {
    expect(await redis.set('k', 'OK')).toBe('OK')
    expect(await redis.get('k')).toBe('OK')
    expect(await redis.ping()).toBe('PONG')
    expect(await redis.type('k')).toBe('string')
    expect(await redis.eval("return {redis.call('set', KEYS[1], 'x'), 'OK', {'OK'}}", ['k'], [])).toEqual([
      'OK',
      'OK',
      ['OK'],
    ])
  })

  it('sets with lifetimes and conditions', async () => {
    expect(await redis.set('k', 'v1', { nx: true, px: 60_000 })).toBe('OK')
    expect(await redis.set('k', 'v2', { nx: true })).toBeNull()
    expect(await redis.set('k', 'v3', { xx: true, get: true, keepTtl: true })).toBe('v1')
    expect(await redis.pttl('k')).toBeGreaterThan(1_000)
    expect(await redis.getex('k', { persist: true })).toBe('v3')
    expect(await redis.ttl('k')).toBe(-1)
    expect(await redis.getdel('k')).toBe('v3')
    expect(await redis.exists('k')).toBe(0)
  })

  it('walks keys, also with their types', async () => {
    await redis.mset({ 'a:1': 'x', 'a:2': 'y', 'b:1': 'z' })
    const walked = new Set<string>()
    let cursor = '0'
    do {
      const [next, keys] = await redis.scan(cursor, { match: 'a:*', count: 1 })
      for (const key of keys) walked.add(key)
      cursor = next
    } while (cursor !== '0')
    expect([...walked].sort()).toEqual(['a:1', 'a:2'])
    const [, typed] = await redis.scan('0', { match: 'b:*', count: 100, withType: true })
    expect(typed).toEqual([{ key: 'b:1', type: 'string' }])
  })

  it('has a pipeline in which one command may fail', async () => {
    const pipeline = redis.pipeline().set('k', 'v1').incr('k').get('k')
    await expect(pipeline.exec({ keepErrors: true })).resolves.toEqual([
      { error: undefined, result: 'OK' },
      { error: 'ERR value is not an integer or out of range', result: undefined },
      { error: undefined, result: 'v1' },
    ])
  })

  it('has transactions: nothing comes between, a failed command stops none, and a wrong one stops all', async () => {
    expect(await redis.multi().set('n', 1).incr('n').hset('h', { a: 'v1' }).hgetall('h').exec()).toEqual([
      'OK',
      2,
      1,
      { a: 'v1' },
    ])
    await expect(redis.multi().set('k', 'v1').incr('k').set('done', 1).exec()).rejects.toThrow(
      'not an integer',
    )
    expect(await redis.get('done')).toBe(1)
    const refused = await raw('/multi-exec', {
      method: 'POST',
      body: JSON.stringify([
        ['SET', 'never', '1'],
        ['SET', 'wrong'],
      ]),
    })
    expect(refused.status).toBe(400)
    expect(await refused.json()).toEqual({ error: "ERR wrong number of arguments for 'set' command" })
    expect(await redis.get('never')).toBeNull()
    const sums = await Promise.all(
      Array.from({ length: 40 }, () => redis.multi().incr('sum').incr('sum').exec()),
    )
    for (const [first, second] of sums) expect(second).toBe(Number(first) + 1)
  })

  it('runs scripts, by their text and by their digest, also those with the flags of Upstash', async () => {
    for (const flags of ['', '#!lua flags=allow-key-locking\n']) {
      const script = `${flags}return {KEYS[1], ARGV[1], #ARGV}`
      expect(await redis.eval(script, ['k'], ['v1', 'v2'])).toEqual(['k', 'v1', 2])
      await redis.scriptFlush()
      const digest = await redis.scriptLoad(script)
      expect(await redis.scriptExists(digest)).toEqual([1])
      expect(await redis.evalsha(digest, ['k'], ['v1'])).toEqual(['k', 'v1', 1])
      await redis.scriptFlush()
      await expect(redis.evalsha(digest, ['k'], [])).rejects.toThrow('NOSCRIPT')
      expect(await redis.createScript<unknown>(script).exec(['k'], ['v1'])).toEqual(['k', 'v1', 1])
    }
  })

  it('has the errors of Upstash', async () => {
    await redis.set('k', 'v1')
    await expect(redis.incr('k')).rejects.toThrow('ERR value is not an integer or out of range')
    await expect(redis.lpush('k', 'x')).rejects.toThrow('WRONGTYPE')
    await expect(redis.exec(['BLPOP', 'k', '0'])).rejects.toThrow("ERR Command is not available: 'BLPOP'")
    await expect(new Redis({ url: started.redis.url, token: 'another one' }).get('k')).rejects.toThrow(
      'WRONGPASS',
    )
    const answers = [
      await raw('/', { method: 'POST', body: 'no json' }),
      await raw('/pipeline', { method: 'POST', body: '["GET","k"]' }),
      await raw('/get/%ff'),
      await raw('/get/k', { method: 'DELETE' }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 405])
    for (const answer of answers)
      expect(await answer.json()).toEqual({ error: expect.stringMatching(/^ERR /) })
  })

  it('takes commands in the path, with a body that is no text and the rest in the query', async () => {
    const bytes = Buffer.from([0, 255, 254, 10, 128])
    const set = await raw('/set/b?EX=100', { method: 'POST', body: bytes })
    expect(await set.json()).toEqual({ result: 'OK' })
    expect(await redis.ttl('b')).toBeGreaterThan(90)
    const got = await raw('/get/b', { headers: { 'Upstash-Encoding': 'base64' } })
    expect(await got.json()).toEqual({ result: bytes.toString('base64') })
    expect(await (await raw('/get/b')).json()).toEqual({ result: bytes.toString('utf8') })
    const byQuery = await fetch(
      `${started.redis.url}/strlen/b?_token=${encodeURIComponent(started.redis.token)}`,
    )
    expect(await byQuery.json()).toEqual({ result: 5 })
    expect((await raw('/get/b', { method: 'HEAD' })).status).toBe(200)
  })

  it('hears messages of channels and of patterns', async () => {
    const heard: unknown[] = []
    const subscriber = redis.subscribe('news')
    const byPattern = redis.psubscribe('ne*')
    subscriber.on('message', ({ message }) => heard.push(message))
    byPattern.on('pmessage', ({ message }) => heard.push(message))
    await eventually(async () => (await redis.publish('news', { a: 'v1' })) === 2)
    await eventually(() => heard.length >= 2)
    expect(heard.slice(0, 2)).toEqual([{ a: 'v1' }, { a: 'v1' }])
    await subscriber.unsubscribe()
    await byPattern.unsubscribe()
  })

  it.each([
    ['a fixed window', Ratelimit.fixedWindow(3, '1 h')],
    ['a sliding window', Ratelimit.slidingWindow(3, '1 h')],
    ['a token bucket', Ratelimit.tokenBucket(3, '1 h', 3)],
  ])('limits by @upstash/ratelimit: %s', async (_name, limiter) => {
    const ratelimit = new Ratelimit({ redis, limiter, ephemeralCache: false, analytics: false })
    const verdicts = []
    for (let asked = 0; asked < 5; asked += 1) verdicts.push(await ratelimit.limit('somebody'))
    expect(verdicts.map(({ success }) => success)).toEqual([true, true, true, false, false])
    expect(verdicts.map(({ remaining }) => remaining)).toEqual([2, 1, 0, 0, 0])
    expect((await ratelimit.getRemaining('somebody')).remaining).toBe(0)
    await ratelimit.resetUsedTokens('somebody')
    expect((await ratelimit.limit('somebody')).success).toBe(true)
    expect((await ratelimit.limit('another')).success).toBe(true)
  })
})
