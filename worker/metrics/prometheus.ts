import type { Reading } from './client.ts'
import type { Histogram } from './histogram.ts'
import { countUpTo, upperBoundMs } from './histogram.ts'
import type { CounterFamily, DurationFamily } from './totals.ts'
import { counterFamilies, durationFamilies, seriesOfFamily } from './totals.ts'

/** OpenMetrics 1.0, or the text format 0.0.4 of Prometheus before it. */
export type TextFormat = 'openmetrics' | 'prometheus'

export const textContentTypes: Readonly<Record<TextFormat, string>> = {
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
}

const counterHelp: Readonly<Record<CounterFamily, string>> = {
  reads: 'Reads of a cached resource, by how they were answered.',
  tier_gets: 'Times a tier was asked for an entry.',
  tier_puts: 'Entries handed to a tier.',
  breaker_changes: 'Times a circuit breaker of a tier or of the origin changed over to a state.',
  ledger_calls: 'Calls of a ledger.',
  origin_calls: 'Calls of the origin.',
  consistency_checks: 'Served answers compared with what the origin says.',
  consistency_violations: 'Served answers that differed with nothing to excuse it.',
  invalidation_events: 'Invalidation events made durable.',
  invalidation_tags: 'Cache tags moved on by invalidations.',
}

const durationHelp: Readonly<Record<DurationFamily, string>> = {
  read: 'Time to answer a read of a cached resource.',
  tier_get: 'Time a tier took to answer.',
  ledger_call: 'Time a ledger took to answer.',
  origin_call: 'Time the origin took to answer.',
}

/**
 * Bounds shown, in milliseconds. Each is moved up to the bound of its own bucket, by 4 % at most, so that the counts
 * are exact and a whole number of milliseconds falls below the bound that names it.
 */
const boundsMs = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000].map((boundMs) => ({
  boundMs,
  label: secondsOf(upperBoundMs(boundMs)),
}))

/**
 * The figures as text for a scraper. While the store that sums is out of reach only that is said: figures of one
 * isolate would look like a restart of every counter.
 */
export function renderPrometheus(reading: Reading, format: TextFormat = 'openmetrics'): string {
  const lines = [
    ...headOf('boardcache_figures_complete', 'gauge', 'Whether the sum of the deployment could be read.'),
    `boardcache_figures_complete ${reading.isComplete ? 1 : 0}`,
  ]
  if (reading.isComplete) lines.push(...countersIn(reading, format), ...durationsIn(reading))
  if (format === 'openmetrics') lines.push('# EOF')
  return `${lines.join('\n')}\n`
}

function countersIn(reading: Reading, format: TextFormat): string[] {
  return familiesOf(counterFamilies).flatMap(([family, labels]) => {
    const name = `boardcache_${family}`
    // OpenMetrics names the family without the suffix of its samples; the older format has no families.
    const familyName = format === 'openmetrics' ? name : `${name}_total`
    const samples = seriesOfFamily(reading.counters, family, labels).map(
      (series) => `${name}_total${labelsOf(series.labels)} ${series.value}`,
    )
    return [...headOf(familyName, 'counter', counterHelp[family]), ...samples.sort()]
  })
}

function durationsIn(reading: Reading): string[] {
  return familiesOf(durationFamilies).flatMap(([family, labels]) => {
    const name = `boardcache_${family}_duration_seconds`
    const series = seriesOfFamily<string, Histogram>(reading.durations, family, labels)
    return [
      ...headOf(name, 'histogram', durationHelp[family]),
      ...series.flatMap((one) => histogramLines(name, one.labels, one.value)),
    ]
  })
}

function histogramLines(name: string, labels: Labels, histogram: Histogram): string[] {
  const buckets = boundsMs.map(
    ({ boundMs, label }) =>
      `${name}_bucket${labelsOf({ ...labels, le: label })} ${countUpTo(histogram, boundMs)}`,
  )
  return [
    ...buckets,
    `${name}_bucket${labelsOf({ ...labels, le: '+Inf' })} ${histogram.count}`,
    `${name}_sum${labelsOf(labels)} ${histogram.sumMicroseconds / 1_000_000}`,
    `${name}_count${labelsOf(labels)} ${histogram.count}`,
  ]
}

type Labels = Readonly<Partial<Record<string, string>>>

/** Values come from closed unions and need no escaping. */
function labelsOf(labels: Labels): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value ?? ''}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function headOf(name: string, type: 'counter' | 'gauge' | 'histogram', help: string): string[] {
  const unit = name.endsWith('_seconds') ? [`# UNIT ${name} seconds`] : []
  return [`# TYPE ${name} ${type}`, ...unit, `# HELP ${name} ${help}`]
}

function familiesOf<Family extends string>(
  families: Readonly<Record<Family, readonly string[]>>,
): [Family, readonly string[]][] {
  return Object.entries(families) as [Family, readonly string[]][]
}

function secondsOf(durationMs: number): string {
  return String(Number((durationMs / 1000).toPrecision(6)))
}
