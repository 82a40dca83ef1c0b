import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { limits } from '../../../shared/limits.ts'
import type { CacheEvent } from '../../../worker/events.ts'
import { createLimiter, type Limiter } from '../../../worker/rate-limits/limiter.ts'
import { createPlatformDecision, type PlatformLimit } from '../../../worker/rate-limits/platform-decision.ts'
import type { Counter } from '../../../worker/rate-limits/shared-count.ts'
import { createSharedCount } from '../../../worker/rate-limits/shared-count.ts'
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts'

const windowMs = 60_000
/** The beginning of a window. */
const startMs = windowMs * 29_000_000

/** One Redis for all isolates. It counts like the script of @upstash/ratelimit, shield included. */
function createRedis(clock: FakeClock) {
  const counts = new Map<string, number>()
  const reports: { readonly key: string; readonly weight: number }[] = []
  const redis = { isUp: true, delayMs: 0, generation: 'first', looks: 0, reports, counter, clear }
  function clear(generation: string): void {
    redis.generation = generation
    counts.clear()
  }
  async function answerInItsTime(): Promise<void> {
    if (redis.delayMs > 0) await new Promise<void>((resolve) => clock.schedule(resolve, redis.delayMs))
    if (!redis.isUp) throw new Error('away')
  }
  function counter(): Counter {
    const blockedUntilMs = new Map<string, number>()
    let shielded = redis.generation
    const count: Counter['count'] = async ({ key, weight, requestsMax }) => {
      await answerInItsTime()
      if (shielded !== redis.generation) blockedUntilMs.clear()
      shielded = redis.generation
      const { generation } = redis
      const nowMs = clock.now()
      const index = Math.floor(nowMs / windowMs)
      const resetAtMs = (index + 1) * windowMs
      if ((blockedUntilMs.get(key) ?? 0) >= nowMs)
        return { isWithin: false, remaining: 0, resetAtMs, generation }
      reports.push({ key, weight })
      const previous = Math.floor(
        (1 - (nowMs % windowMs) / windowMs) * (counts.get(`${key}:${index - 1}`) ?? 0),
      )
      const current = counts.get(`${key}:${index}`) ?? 0
      const remaining = previous + current >= requestsMax ? -1 : requestsMax - (current + weight + previous)
      if (previous + current < requestsMax) counts.set(`${key}:${index}`, current + weight)
      if (remaining < 0) blockedUntilMs.set(key, resetAtMs)
      return { isWithin: remaining >= 0, remaining: Math.max(0, remaining), resetAtMs, generation }
    }
    return {
      count,
      async generation() {
        await answerInItsTime()
        redis.looks += 1
        return redis.generation
      },
    }
  }
  return redis
}

function createWorld(requestsMax: number, isolates = 1, platform: PlatformLimit | null = null) {
  const clock = createFakeClock(startMs)
  const redis = createRedis(clock)
  const events: CacheEvent[] = []
  const recorder = { record: (event: CacheEvent) => events.push(event) }
  const limiters: Limiter[] = Array.from({ length: isolates }, () =>
    createLimiter({
      scope: 'user',
      requestsMax,
      windowMs,
      shared: createSharedCount(redis.counter(), clock),
      withoutRedis: createPlatformDecision({ scope: 'user', platform, clock, recorder }),
      clock,
      recorder,
    }),
  )
  /** Whether a request passes, after all work that it started has ended. */
  async function request(isolate = 0, id = 'user-1'): Promise<boolean> {
    const behind: Promise<unknown>[] = []
    const taken = limiters[isolate]?.take(id, (work) => behind.push(work))
    if (taken === undefined) throw new Error('no such isolate')
    await Promise.all(behind)
    return !taken.isRefused && (await taken.refusal) !== true
  }
  return { clock, redis, events, limiters, request }
}

async function passedOf(count: number, request: () => Promise<boolean>): Promise<number> {
  let passed = 0
  for (let each = 0; each < count; each += 1) if (await request()) passed += 1
  return passed
}

describe('a limit that operators clear', () => {
  it('lets everybody go at every isolate, at most a second after the next refusal, and counts on', async () => {
    const { clock, redis, request } = createWorld(20, 2)
    await passedOf(30, () => request(0))
    await passedOf(30, () => request(1))
    expect(await request(0)).toBe(false)
    expect(await request(1)).toBe(false)
    redis.clear('second')
    await clock.advance(limits.rateLimitClearedCheckMs)
    for (const isolate of [0, 1]) {
      expect(await request(isolate)).toBe(false)
      expect(await request(isolate)).toBe(true)
    }
    expect(await passedOf(40, () => request(0))).toBeLessThan(20)
  })

  it('costs one look a second, however many are refused', async () => {
    const { clock, redis, request } = createWorld(1)
    await passedOf(200, request)
    await clock.advance(limits.rateLimitClearedCheckMs)
    await passedOf(200, request)
    expect(redis.looks).toBe(2)
  })

  it('lets nobody go while it was not cleared', async () => {
    const { clock, request } = createWorld(5)
    await passedOf(10, request)
    await clock.advance(5 * limits.rateLimitClearedCheckMs)
    expect(await passedOf(10, request)).toBe(0)
  })
})

describe('a limit', () => {
  it('lets the configured number through, tells others when to come back, and lets them in then', async () => {
    const { clock, request, limiters } = createWorld(10)
    expect(await passedOf(15, request)).toBe(10)
    const refused = limiters[0]?.take('user-1', () => undefined)
    expect(refused).toMatchObject({ isRefused: true, allowance: { remaining: 0, resetSeconds: 61 } })
    await clock.advance(61_000)
    expect(await request()).toBe(true)
  })

  it('counts each user separately', async () => {
    const { request } = createWorld(10)
    await passedOf(12, request)
    expect(await passedOf(12, () => request(0, 'user-2'))).toBe(10)
  })

  it('calls Redis once for each batch, under a name that does not reveal the user', async () => {
    const { redis, request } = createWorld(200)
    expect(await passedOf(9, request)).toBe(9)
    expect(redis.reports).toEqual([])
    await passedOf(91, request)
    expect(redis.reports.map(({ weight }) => weight)).toEqual(Array.from({ length: 10 }, () => 10))
    for (const { key } of redis.reports) expect(key).toMatch(/^[0-9a-f]{32}$/)
  })

  it('does not call Redis for a user that is refused', async () => {
    const { redis, request } = createWorld(20, 2)
    await passedOf(20, () => request(0))
    await passedOf(40, () => request(1))
    const reports = redis.reports.length
    await passedOf(40, () => request(1))
    expect(redis.reports).toHaveLength(reports)
  })

  it('n isolates let no more than the limit and n + 1 batches through in any fixed window', async () => {
    const step = fc.record({
      isolate: fc.nat({ max: 3 }),
      burst: fc.integer({ min: 1, max: 12 }),
      pauseMs: fc.constantFrom(0, 0, 500, 7_000, 45_000),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 4 }),
        fc.array(step, { minLength: 5, maxLength: 25 }),
        async (requestsMax, isolates, steps) => {
          const { clock, request } = createWorld(requestsMax, isolates)
          const batch = Math.max(1, Math.floor(requestsMax * limits.rateLimitBatchShare))
          const most = isolates === 1 ? requestsMax : requestsMax + (isolates + 1) * batch
          const passed = new Map<number, number>()
          for (const { isolate, burst, pauseMs } of steps) {
            for (let each = 0; each < burst; each += 1) {
              const index = Math.floor(clock.now() / windowMs)
              if (await request(isolate % isolates)) passed.set(index, (passed.get(index) ?? 0) + 1)
            }
            await clock.advance(pauseMs)
          }
          expect(Math.max(0, ...passed.values())).toBeLessThanOrEqual(most)
        },
      ),
      { numRuns: 40 },
    )
  })
})

describe('while Redis cannot be reached', () => {
  it('the platform decides if it is configured, and each decision is counted', async () => {
    const answers = [true, true, false]
    const { redis, request, events } = createWorld(10, 1, {
      limit: async () => ({ success: answers.shift() ?? true }),
    })
    redis.isUp = false
    const seen = [await request(), await request(), await request(), await request()]
    expect(seen).toEqual([true, true, true, false])
    expect(events.map((event) => event.kind === 'rate-limited' && event.outcome)).toEqual([
      'passed-by-platform',
      'passed-by-platform',
      'refused-by-platform',
    ])
  })

  it('and no platform configured, requests pass and are counted, but no isolate lets more than the limit through', async () => {
    const { redis, request, events } = createWorld(10)
    redis.isUp = false
    expect(await passedOf(20, request)).toBe(10)
    expect(
      events.filter((event) => event.kind === 'rate-limited' && event.outcome === 'let-through'),
    ).toHaveLength(9)
  })

  it('and the platform fails or is late too, requests pass and are counted', async () => {
    const platform = { limit: () => new Promise<never>(() => undefined) }
    const { clock, redis, limiters, request, events } = createWorld(10, 1, platform)
    redis.isUp = false
    expect(await request()).toBe(true)
    const late = limiters[0]?.take('user-1', () => undefined)
    if (late === undefined || late.refusal === null) throw new Error('the platform was not called')
    await passTime(clock, [late.refusal])
    expect(await late.refusal).toBe(false)
    expect(events.at(-1)).toEqual({ kind: 'rate-limited', scope: 'user', outcome: 'let-through' })
  })

  it('a late Redis delays no request, and an answer in time ends the fallback', async () => {
    const { clock, redis, limiters, request, events } = createWorld(10)
    redis.delayMs = 2 * limits.rateLimitCountDeadlineMs
    const behind: Promise<unknown>[] = []
    const taken = limiters[0]?.take('user-1', (work) => behind.push(work))
    expect(taken).toMatchObject({ isRefused: false, refusal: null })
    expect(events).toEqual([])
    await passTime(clock, behind)
    redis.delayMs = 0
    await request()
    expect(events).toEqual([{ kind: 'rate-limited', scope: 'user', outcome: 'let-through' }])
    await request()
    expect(events).toHaveLength(1)
  })
})

/** Lets a deadline pass even if the waiting begins late: digests are computed outside of the event loop's turns. */
async function passTime(clock: FakeClock, work: readonly Promise<unknown>[]): Promise<void> {
  let isDone = false
  void Promise.all(work).then(() => {
    isDone = true
  })
  for (let turn = 0; turn < 1_000 && !isDone; turn += 1)
    await clock.advance(limits.rateLimitDecisionDeadlineMs)
}
