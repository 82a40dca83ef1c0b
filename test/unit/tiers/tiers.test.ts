import { expect, test } from 'vitest'
import { createRedisDatabases } from '../../../worker/redis/databases.ts'
import type { RedisServerConfig } from '../../../worker/redis-config.ts'
import { createTiers } from '../../../worker/tiers/tiers.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

const access = { url: 'http://127.0.0.1:9', token: 'token' }
/** A Redis with these namespaces. */
function redisOf(...namespaces: RedisServerConfig['namespaces']): RedisServerConfig {
  return { name: 'main', first: access, second: null, memoryMaxBytes: null, namespaces }
}
const redis = [redisOf('sessions', 'cache', 'rateLimit', 'emailCache')]

/** The tiers of a deployment; none of them is called. */
function slotsOf({
  redis: configs = redis,
  ...config
}: { readonly redis?: readonly RedisServerConfig[] } & Partial<Parameters<typeof createTiers>[0]['config']>) {
  const nothing = async () => undefined
  const clock = createFakeClock()
  return createTiers({
    namespace: {} as KVNamespace,
    cache: { match: nothing, put: nothing, delete: async () => false },
    redisServers: createRedisDatabases(configs, clock, () => Promise.reject(new Error('not called'))).servers,
    config: { memoryCacheBytes: 1_000_000, isEdgeCacheEnabled: true, ...config },
    clock,
    recorder: { record: () => undefined },
  }).slots
}

test('tiers are ordered from near to far, and have the names that answers use', () => {
  expect(slotsOf({}).map(({ tier, source, isNear }) => [tier.name, source, isNear])).toEqual([
    ['memory', 'memory', true],
    ['edge-cache', 'edge_cache', true],
    ['kv', 'cloudflare_kv', false],
    ['redis', 'redis_cache', false],
  ])
})

test('a tier that is switched off is not there', () => {
  const names = slotsOf({ redis: [], memoryCacheBytes: 0, isEdgeCacheEnabled: false }).map(
    ({ tier }) => tier.name,
  )
  expect(names).toEqual(['kv'])
})

test.each([{ redis }, { redis: [] }, { redis: [redisOf('cache'), redisOf('emailCache')] }])(
  'every fill that a workspace shares reaches a tier that all locations find (%j)',
  ({ redis: configs }) => {
    const takers = slotsOf({ redis: configs }).filter(({ admits }) => admits !== 'settled')
    expect(takers.some(({ isNear }) => !isNear)).toBe(true)
  },
)

test('isolates that share no cache of their location share every entry through Redis', () => {
  const redisSlot = slotsOf({ isEdgeCacheEnabled: false }).at(-1)
  expect(redisSlot?.admits).toBe('every-fill')
})

test('a Redis with other namespaces only is no tier', () => {
  const names = slotsOf({ redis: [redisOf('sessions', 'rateLimit')] }).map(({ tier }) => tier.name)
  expect(names).not.toContain('redis')
})
