import type { Clock } from '../../shared/clock.ts'
import type { Recorder } from '../metrics/events.ts'
import type { Tier } from './tier.ts'

/** The same tier, counted. */
export function withMetrics(tier: Tier, clock: Clock, recorder: Recorder): Tier {
  return {
    ...tier,
    async get(key, signal) {
      const askedAtMs = clock.now()
      const got = await tier.get(key, signal)
      const outcome = got.ok ? (got.value === null ? 'miss' : 'hit') : got.error.kind
      recorder.record({ kind: 'tier-get', tier: tier.name, outcome, durationMs: clock.now() - askedAtMs })
      return got
    },
    async put(key, entry, signal) {
      const put = await tier.put(key, entry, signal)
      recorder.record({ kind: 'tier-put', tier: tier.name, outcome: put.ok ? 'done' : put.error.kind })
      return put
    },
  }
}
