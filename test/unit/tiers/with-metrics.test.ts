import { expect, test } from 'vitest'
import type { CacheKey } from '../../../worker/entry/key.ts'
import type { CacheEvent } from '../../../worker/events.ts'
import { withMetrics } from '../../../worker/tiers/with-metrics.ts'
import { entryOf } from '../../support/entries.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { createFakeTier } from '../../support/fake-tier.ts'

const key = 'bc1:15213:contact-list:b1' as CacheKey
const { signal } = new AbortController()

test('every get and put is counted by its outcome, with skipped puts apart from failed ones', async () => {
  const clock = createFakeClock()
  const place = createFakeTier('kv', clock)
  const events: CacheEvent[] = []
  const tier = withMetrics(place, clock, { record: (event) => events.push(event) })
  const tierGet = (outcome: string) => ({ kind: 'tier-get', tier: 'kv', outcome, durationMs: 0 })
  const tierPut = (outcome: string) => ({ kind: 'tier-put', tier: 'kv', outcome })

  await tier.get(key, signal)
  await tier.put(key, entryOf(), signal)
  await tier.get(key, signal)
  await tier.put(key, entryOf({ deleteAtMs: clock.now() }), signal)
  place.failure = { kind: 'breaker-open' }
  await tier.get(key, signal)
  await tier.put(key, entryOf(), signal)
  expect(events).toEqual([
    ...[tierGet('miss'), tierPut('done'), tierGet('hit'), tierPut('skipped')],
    ...[tierGet('breaker-open'), tierPut('breaker-open')],
  ])
})

test('other methods of a wrapped tier remain available', () => {
  const clock = createFakeClock()
  const place = createFakeTier('kv', clock)
  expect(withMetrics(place, clock, { record: () => undefined }).stored).toBe(place.stored)
})
