import { expect, test } from 'vitest'
import { createTiers } from '../../../worker/tiers/tiers.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

const redis = { url: 'http://127.0.0.1:9', token: 'token' }

/** The tiers of a deployment; none of them is called. */
function slotsOf(config: Partial<Parameters<typeof createTiers>[0]['config']>) {
  const nothing = async () => undefined
  return createTiers({
    namespace: {} as KVNamespace,
    cache: { match: nothing, put: nothing, delete: async () => false },
    config: { redis, memoryCacheBytes: 1_000_000, isEdgeCacheEnabled: true, ...config },
    clock: createFakeClock(),
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
  const names = slotsOf({ redis: null, memoryCacheBytes: 0, isEdgeCacheEnabled: false }).map(
    ({ tier }) => tier.name,
  )
  expect(names).toEqual(['kv'])
})

test.each([{ redis }, { redis: null }])(
  'every fill reaches a tier that all locations find (%j)',
  ({ redis: access }) => {
    const takers = slotsOf({ redis: access }).filter(({ admits }) => admits === 'every-fill')
    expect(takers.some(({ isNear }) => !isNear)).toBe(true)
  },
)
