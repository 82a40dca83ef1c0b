import fc from 'fast-check'
import { expect, test } from 'vitest'
import { partNames, sourceNames } from '../../../../shared/contract/tier-names.ts'
import { readSums } from '../../../../worker/deployment/metrics/read-sums.ts'
import { latencyOf } from '../../../../worker/deployment/metrics/render.ts'
import { sampledTotals } from '../../../../worker/deployment/metrics/sampled-totals.ts'
import type { Totals } from '../../../../worker/deployment/metrics/totals.ts'
import { totalsOf } from '../../../../worker/deployment/metrics/totals.ts'
import { callsOfPart, latencyOfPart } from '../../../../worker/deployment/streams/part-calls.ts'
import { cacheEvent } from './events.ts'

/** Everything that windows, alerts and streams show of a span. */
function shown(totals: Totals) {
  return {
    reads: readSums(totals),
    latency: latencyOf(totals, 'read'),
    bySource: sourceNames.map((source) => latencyOf(totals, 'read', { source })),
    parts: partNames.map((part) => [callsOfPart(totals, part), latencyOfPart(totals, part)]),
  }
}

test('what is shown of a sample is the same as of everything that was counted', () => {
  fc.assert(
    fc.property(fc.array(cacheEvent, { maxLength: 60 }), (events) => {
      const whole = totalsOf(events)
      expect(shown(sampledTotals(whole))).toEqual(shown(whole))
    }),
  )
})
