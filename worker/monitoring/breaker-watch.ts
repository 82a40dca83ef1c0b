import type { PartHealth, PartName } from '../../shared/contract/monitoring.ts'
import type { BreakerSide } from '../metrics/events.ts'
import type { Totals } from '../metrics/totals.ts'
import { counterFamilies, seriesOfFamily } from '../metrics/totals.ts'

type Breakers = PartHealth['breakers']

/** Follows what isolates tell of their circuit breakers. */
export interface BreakerWatch {
  /** Takes what was counted in one span of time. */
  note(counted: Totals): void
  breakersOf(part: PartName): Breakers
}

const partOf: Readonly<Record<string, PartName>> = {
  memory: 'memory',
  'edge-cache': 'edge_cache',
  kv: 'kv',
  redis: 'redis',
  origin: 'origin',
}
const gravest = ['open', 'half-open', 'closed'] as const

/**
 * Every isolate has breakers of its own, and only their changes are counted: so this is the gravest state that any of them
 * changed over to when one last did. In memory alone; null until one is heard of.
 */
export function createBreakerWatch(): BreakerWatch {
  const known = new Map<PartName, Breakers>()
  const breakersOf = (part: PartName) => known.get(part) ?? { get: null, put: null }
  return {
    note(counted) {
      const changes = seriesOfFamily(
        counted.counters,
        'breaker_changes',
        counterFamilies.breaker_changes,
      ).map(({ labels }) => labels)
      for (const [tier, part] of Object.entries(partOf)) {
        const lately = (side: BreakerSide) =>
          gravest.find((state) =>
            changes.some((change) => change.tier === tier && change.side === side && change.state === state),
          )
        const before = breakersOf(part)
        known.set(part, { get: lately('get') ?? before.get, put: lately('put') ?? before.put })
      }
    },
    breakersOf,
  }
}
