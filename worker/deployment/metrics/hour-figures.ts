import { z } from 'zod'
import { bySource, type SourceName, sourceNames } from '../../../shared/contract/tier-names.ts'
import type { CounterFamily, DurationFamily } from './families.ts'
import { counterFamilies, durationFamilies, seriesOfFamily } from './families.ts'
import { averageMs, emptyHistogram, type Histogram, mergeHistograms, quantileMs } from './histogram.ts'
import type { Totals } from './totals.ts'

/** The families that an hour is made of. */
const counters: readonly CounterFamily[] = ['reads', 'http_requests']
const durations: readonly DurationFamily[] = ['read', 'http_request']

const count = z.int().nonnegative()
const milliseconds = z.number().nonnegative()

const latencyShape = {
  avgMs: milliseconds.nullable(),
  p50Ms: milliseconds.nullable(),
  p95Ms: milliseconds.nullable(),
  p99Ms: milliseconds.nullable(),
}
const hourOfReadsSchema = z.object({
  requests: count,
  hits: count,
  errors: count,
  clientErrors: count,
  ...latencyShape,
  sources: z.object(bySource(() => count)),
})
const hourOfRouteSchema = z.object({
  requests: count,
  errors: count,
  clientErrors: count,
  ...latencyShape,
})

/** The reads of an hour: of everything, and by resource. Percentiles are those of the hour and cannot be merged. */
export const hourOfResourcesSchema = z.object({
  whole: hourOfReadsSchema,
  resources: z.record(z.string(), hourOfReadsSchema),
})
export const hourOfRoutesSchema = z.record(z.string(), hourOfRouteSchema)

export type HourOfReads = z.output<typeof hourOfReadsSchema>
export type HourOfRoute = z.output<typeof hourOfRouteSchema>
export type HourOfResources = z.output<typeof hourOfResourcesSchema>
export type HourOfRoutes = z.output<typeof hourOfRoutesSchema>

/** The part of the totals that an hour is made of. */
export function hourlyTotals(totals: Totals): Totals {
  const families: ReadonlySet<string> = new Set([...counters, ...durations])
  const kept = <Value>(series: Readonly<Record<string, Value>>) =>
    Object.fromEntries(Object.entries(series).filter(([name]) => families.has(name.split(' ', 1)[0] ?? '')))
  return { counters: kept(totals.counters), durations: kept(totals.durations) }
}

/** A sum that is being made. */
interface Growing {
  requests: number
  hits: number
  errors: number
  clientErrors: number
  histogram: Histogram
  sources: Record<SourceName, number>
}

function growing(): Growing {
  return {
    ...{ requests: 0, hits: 0, errors: 0, clientErrors: 0 },
    histogram: emptyHistogram(),
    sources: bySource(() => 0),
  }
}

/** The reads in these totals, by resource. */
export function resourcesIn(totals: Totals): HourOfResources {
  const [whole, of] = [growing(), new Map<string, Growing>()]
  for (const { labels, value } of seriesOfFamily(totals.counters, 'reads', counterFamilies.reads.labels)) {
    const { resource = '', code = '', status = '', source = '' } = labels
    for (const sum of [whole, at(of, resource)]) {
      countCode(sum, code, value)
      if (status === 'HIT' || status === 'STALE') sum.hits += value
      if (isSource(source)) sum.sources[source] += value
    }
  }
  for (const { labels, value } of histogramsOf(totals, 'read')) {
    for (const sum of [whole, at(of, labels['resource'] ?? '')])
      sum.histogram = mergeHistograms(sum.histogram, value)
  }
  return {
    whole: readsOf(whole),
    resources: Object.fromEntries([...of].map(([resource, sum]) => [resource, readsOf(sum)])),
  }
}

/** The requests in these totals, by the pattern of their route. */
export function routesIn(totals: Totals): HourOfRoutes {
  const of = new Map<string, Growing>()
  const series = seriesOfFamily(totals.counters, 'http_requests', counterFamilies.http_requests.labels)
  for (const { labels, value } of series) countCode(at(of, labels.route ?? ''), labels.code ?? '', value)
  for (const { labels, value } of histogramsOf(totals, 'http_request')) {
    const sum = at(of, labels['route'] ?? '')
    sum.histogram = mergeHistograms(sum.histogram, value)
  }
  return Object.fromEntries(
    [...of].map(([route, { requests, errors, clientErrors, histogram }]) => [
      route,
      { requests, errors, clientErrors, ...latencyOfHour(histogram) },
    ]),
  )
}

function histogramsOf(totals: Totals, family: DurationFamily) {
  return seriesOfFamily<string, Histogram>(totals.durations, family, durationFamilies[family].labels)
}

function at(sums: Map<string, Growing>, name: string): Growing {
  const known = sums.get(name)
  if (known !== undefined) return known
  const sum = growing()
  sums.set(name, sum)
  return sum
}

function countCode(sum: Growing, code: string, value: number): void {
  sum.requests += value
  if (Number(code) >= 500) sum.errors += value
  else if (Number(code) >= 400) sum.clientErrors += value
}

function readsOf({ requests, hits, errors, clientErrors, histogram, sources }: Growing): HourOfReads {
  return { requests, hits, errors, clientErrors, ...latencyOfHour(histogram), sources }
}

function latencyOfHour(histogram: Histogram): Pick<HourOfReads, 'avgMs' | 'p50Ms' | 'p95Ms' | 'p99Ms'> {
  if (histogram.count === 0) return { avgMs: null, p50Ms: null, p95Ms: null, p99Ms: null }
  return {
    avgMs: averageMs(histogram),
    p50Ms: quantileMs(histogram, 0.5),
    p95Ms: quantileMs(histogram, 0.95),
    p99Ms: quantileMs(histogram, 0.99),
  }
}

const sources: ReadonlySet<string> = new Set(sourceNames)

function isSource(label: string): label is SourceName {
  return sources.has(label)
}
