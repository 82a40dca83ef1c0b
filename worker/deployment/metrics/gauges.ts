import { type GaugeFamily, gaugeFamilies } from './families.ts'

/** The values of gauges when they were measured, by series (`family label label…`) as in totals.ts. */
export type Gauges = Readonly<Record<string, number>>

/** Combines the gauges of several isolates into those of their location. */
export function mergeGauges(allGauges: Iterable<Gauges>): Gauges {
  const merged: Record<string, number> = {}
  for (const gauges of allGauges) {
    for (const [series, value] of Object.entries(gauges)) {
      const known = merged[series]
      merged[series] = known === undefined ? value : mergeOf(series)(known, value)
    }
  }
  return merged
}

const sum = (left: number, right: number) => left + right

function mergeOf(series: string): (left: number, right: number) => number {
  const family = series.split(' ')[0] ?? ''
  return isGaugeFamily(family) && gaugeFamilies[family].merge === 'max' ? Math.max : sum
}

function isGaugeFamily(name: string): name is GaugeFamily {
  return Object.hasOwn(gaugeFamilies, name)
}

/** The state of a breaker as a number: the higher, the worse. */
export const breakerStateNumbers = { closed: 0, 'half-open': 1, open: 2 } as const
