import { expect, test } from 'vitest'
import { arrangeTiers, tierReach } from '../../../worker/tiers/slots.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { createFakeTier } from '../../support/fake-tier.ts'

const clock = createFakeClock()
const tiers = {
  memory: createFakeTier('memory', clock),
  edgeCache: createFakeTier('edge-cache', clock),
  kv: createFakeTier('kv', clock),
}

test('tiers are asked from near to far, and answers name them as the interface does', () => {
  const slots = arrangeTiers({ ...tiers, redis: createFakeTier('redis', clock) })
  expect(slots.map(({ tier, source }) => [tier.name, source])).toEqual([
    ['memory', 'memory'],
    ['edge-cache', 'edge_cache'],
    ['kv', 'cloudflare_kv'],
    ['redis', 'redis_cache'],
  ])
})

test.each([
  { name: 'with Redis', redis: createFakeTier('redis', clock) },
  { name: 'without Redis', redis: null },
])('$name every fill reaches a tier that all locations find', ({ redis }) => {
  const takers = arrangeTiers({ ...tiers, redis }).filter(({ admits }) => admits === 'every-fill')
  expect(takers.map(({ tier }) => tierReach[tier.name])).toContain('everywhere')
})
