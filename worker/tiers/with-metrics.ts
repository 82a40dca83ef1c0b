import { whenReady } from '../../shared/awaitable.ts'
import type { Clock } from '../../shared/clock.ts'
import type { Recorder } from '../events.ts'
import type { Tier } from './tier.ts'

/**
 * The same tier, with its calls counted. It is the outermost layer, so that calls which policy answers in the tier's
 * place are counted too.
 */
export function withMetrics<Wrapped extends Tier>(tier: Wrapped, clock: Clock, recorder: Recorder): Wrapped {
  return {
    ...tier,
    get(key, signal) {
      const startedAtMs = clock.now()
      return whenReady(tier.get(key, signal), (got) => {
        const outcome = got.ok ? (got.value === null ? 'miss' : 'hit') : got.error.kind
        recorder.record({ kind: 'tier-get', tier: tier.name, outcome, durationMs: clock.now() - startedAtMs })
        return got
      })
    },
    async put(key, entry, signal) {
      const put = await tier.put(key, entry, signal)
      const outcome = put.ok ? (put.value === 'stored' ? 'done' : put.value) : put.error.kind
      recorder.record({ kind: 'tier-put', tier: tier.name, outcome })
      return put
    },
  }
}
