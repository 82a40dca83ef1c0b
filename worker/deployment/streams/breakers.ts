import type { PartHealth } from '../../../shared/contract/monitoring.ts'
import { type PartName, tierOfPart } from '../../../shared/contract/tier-names.ts'
import type { BreakerSide } from '../../events.ts'
import { seriesOf } from '../metrics/families.ts'
import type { Gauges } from '../metrics/gauges.ts'
import { breakerStateNumbers } from '../metrics/gauges.ts'

type BreakerState = NonNullable<PartHealth['breakers']['get']>

/** The worst state of a part's breakers over all locations that reported lately; null if none reported one. */
export function breakersOf(part: PartName, gauges: Readonly<Record<string, Gauges>>): PartHealth['breakers'] {
  if (part === 'ledger') return { get: null, put: null }
  const guarded = part === 'origin' ? 'origin' : tierOfPart(part)
  const worst = (side: BreakerSide) => {
    const series = seriesOf('breaker_state', [guarded, side])
    return stateOf(Math.max(-1, ...Object.values(gauges).map((ofLocation) => ofLocation[series] ?? -1)))
  }
  return { get: worst('get'), put: worst('put') }
}

function stateOf(number: number): BreakerState | null {
  const states: readonly BreakerState[] = ['closed', 'half-open', 'open']
  return states.find((state) => breakerStateNumbers[state] === number) ?? null
}
