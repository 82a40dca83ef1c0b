import { expect, it } from 'vitest'
import { userIdSchema } from '../../../shared/ids.ts'
import type { Question } from '../../../shared/resources/question.ts'
import { ok } from '../../../shared/result.ts'
import { measurePerformance } from '../../../worker/routes/performance.ts'
import { workspaceId } from '../../support/entries.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { createFakeTier } from '../../support/fake-tier.ts'
import { thing } from './declared-thing.ts'

function createWorld({ body = '{"size":1}' as string | null, hasRedis = true } = {}) {
  const clock = createFakeClock()
  const kv = createFakeTier('kv', clock)
  const redis = createFakeTier('redis', clock)
  const loads: { readonly question: Pick<Question, 'resource' | 'params'>; readonly version: string }[] = []
  const kept: Promise<unknown>[] = []
  const measure = () =>
    measurePerformance(
      {
        clock,
        tiers: { kv, redis: hasRedis ? redis : null },
        origin: {
          async load(question, { version }) {
            loads.push({ question, version })
            await clock.advance(40)
            return ok(body === null ? null : new TextEncoder().encode(body))
          },
        },
      },
      {
        workspaceId,
        caller: {
          ...{ kind: 'member', userId: userIdSchema.parse('user-1'), token: 'a.b.c', requestId: 'r' },
          keepAlive: (work) => kept.push(work),
        },
      },
      [thing],
    )
  return { kv, redis, loads, kept, measure }
}

it('reads any resource that is declared for warm-up: twice from the database, once from each shared tier', async () => {
  const { kv, redis, loads, kept, measure } = createWorld()
  expect(await measure()).toEqual(
    ok({
      resource: 'thing',
      performance: {
        standard: { timeMs: 40, type: 'database' },
        redisCold: { timeMs: 40, type: 'redis_miss', improvementPercent: 0 },
        redisWarm: { timeMs: 0, type: 'redis_hit', improvementPercent: 100 },
        edge: { timeMs: 0, type: 'kv_hit', improvementPercent: 100 },
      },
    }),
  )
  expect(loads.map(({ question }) => question.resource.name)).toEqual(['thing', 'thing'])
  expect(new Set(loads.map(({ version }) => version)).size).toBe(2)
  await Promise.all(kept)
  expect([...kv.stored.keys(), ...redis.stored.keys()]).toEqual([])
})

it('also measures the answer that a thing does not exist', async () => {
  const { measure } = createWorld({ body: null })
  expect(await measure()).toMatchObject({ ok: true, value: { performance: { edge: { type: 'kv_hit' } } } })
})

it('has no measurement of a tier that is off or does not answer', async () => {
  const off = createWorld({ hasRedis: false })
  const without = { redisCold: null, redisWarm: null, edge: { type: 'kv_hit' } }
  expect(await off.measure()).toMatchObject({ value: { performance: without } })
  const away = createWorld()
  away.kv.failure = { kind: 'unavailable' }
  expect(await away.measure()).toMatchObject({ value: { performance: { edge: null } } })
})
