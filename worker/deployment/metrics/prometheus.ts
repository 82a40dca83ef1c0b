import { counterFamilies, durationFamilies, gaugeFamilies, seriesOfFamily } from './families.ts'
import type { Figures } from './figures.ts'
import type { Histogram } from './histogram.ts'
import { countUpTo, upperBoundMs } from './histogram.ts'
import { jobGaugesOf } from './job-gauges.ts'
import type { Reading } from './metrics-client.ts'
import type { Totals } from './totals.ts'

/** OpenMetrics 1.0, or the older text format 0.0.4 of Prometheus. */
export type TextFormat = 'openmetrics' | 'prometheus'

export const textContentTypes: Readonly<Record<TextFormat, string>> = {
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
}

/**
 * The bounds of the histograms, in milliseconds. Each is moved to the upper bound of its own bucket, by at most 4 %, so
 * that the counts are exact and a whole number of milliseconds falls below the bound of that name.
 */
const boundsMs = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000].map((boundMs) => ({
  boundMs,
  label: secondsOf(upperBoundMs(boundMs)),
}))

/**
 * The figures as text for a scraper, by the conventions of Prometheus: base units, `_total`, `HELP`, `TYPE`, and for
 * OpenMetrics `UNIT` and `# EOF`. While the overview is out of reach the text says only that: the figures of one
 * isolate would look like a reset of every counter.
 */
export function renderPrometheus(reading: Reading, format: TextFormat = 'openmetrics'): string {
  const { figures } = reading
  const complete = {
    name: 'boardcache_figures_complete',
    type: 'gauge',
    help: 'Whether all that was counted is in these figures.',
    lines: [`boardcache_figures_complete ${reading.isComplete ? 1 : 0}`],
  } as const
  const families: readonly TextFamily[] = [
    complete,
    ...(figures === null
      ? []
      : [...gaugesIn(figures), ...countersIn(figures.totals), ...durationsIn(figures.totals)]),
  ]
  const lines = families.flatMap((family) => [...headOf(family, format), ...family.lines])
  if (format === 'openmetrics') lines.push('# EOF')
  return `${lines.join('\n')}\n`
}

/** A family as both formats show it. */
interface TextFamily {
  /** The name without `_total`. */
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly lines: readonly string[]
}

/** The names of all families that are ever exposed, as Prometheus stores their samples. */
export function sampleNames(): string[] {
  return [
    'boardcache_figures_complete',
    ...Object.keys(gaugeFamilies).map((family) => `boardcache_${family}`),
    ...Object.keys(counterFamilies).map((family) => `boardcache_${family}_total`),
    ...Object.values(durationFamilies).flatMap(({ name }) =>
      ['bucket', 'sum', 'count'].map((suffix) => `boardcache_${name}_${suffix}`),
    ),
  ]
}

function gaugesIn(figures: Figures): TextFamily[] {
  const { origin } = figures
  const ofDeployment: Readonly<Record<string, number | null>> = {
    figures_shards: figures.shards,
    figures_shards_away: figures.shardsAway,
    origin_up: origin === null ? null : Number(origin.isUp),
    origin_queries_running: origin?.queriesRunning ?? null,
    origin_queries_waiting: origin?.queriesWaiting ?? null,
    outbox_rows: origin?.outbox?.depth ?? null,
    outbox_oldest_age_seconds: inSeconds(origin?.outbox?.oldestAgeMs ?? null),
    outbox_parked_rows: origin?.outbox?.parked ?? null,
  }
  const labelled = { ...figures.labelledGauges, ...jobGaugesOf(origin?.jobs ?? null) }
  return entriesOf(gaugeFamilies).map(([family, { labels, merge, help }]) => {
    const name = `boardcache_${family}`
    const value = ofDeployment[family] ?? labelled[family] ?? null
    const series =
      merge === null
        ? labels.length > 0
          ? seriesOfFamily<string, number>(labelled, family, labels).map(
              (one) => `${name}${labelsOf(one.labels)} ${one.value}`,
            )
          : value === null
            ? []
            : [`${name} ${value}`]
        : Object.entries(figures.gauges).flatMap(([location, gauges]) =>
            seriesOfFamily<string, number>(gauges, family, labels).map(
              (one) => `${name}${labelsOf({ location, ...one.labels })} ${one.value}`,
            ),
          )
    return { name, type: 'gauge', help, lines: series.sort() }
  })
}

function countersIn(totals: Totals): TextFamily[] {
  return entriesOf(counterFamilies).map(([family, { labels, help }]) => {
    const name = `boardcache_${family}`
    const series = seriesOfFamily<string, number>(totals.counters, family, labels)
    // A series without labels is exposed from the start, so that its first increase is seen as an increase.
    const shown = series.length === 0 && labels.length === 0 ? [{ labels: {}, value: 0 }] : series
    const lines = shown.map((one) => `${name}_total${labelsOf(one.labels)} ${one.value}`)
    return { name, type: 'counter', help, lines: lines.sort() }
  })
}

function durationsIn(totals: Totals): TextFamily[] {
  return entriesOf(durationFamilies).map(([family, { name, labels, help }]) => ({
    name: `boardcache_${name}`,
    type: 'histogram',
    help,
    lines: seriesOfFamily<string, Histogram>(totals.durations, family, labels).flatMap((one) =>
      histogramLines(`boardcache_${name}`, one.labels, one.value),
    ),
  }))
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

/** Label values come from closed unions and need no escaping. */
function labelsOf(labels: Labels): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value ?? ''}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

/** OpenMetrics names a counter's family without the suffix of its samples. The older format has no families. */
function headOf({ name, type, help }: TextFamily, format: TextFormat): string[] {
  if (format === 'prometheus') {
    const sampled = type === 'counter' ? `${name}_total` : name
    return [`# HELP ${sampled} ${help}`, `# TYPE ${sampled} ${type}`]
  }
  const unit = ['seconds', 'bytes'].find((each) => name.endsWith(`_${each}`))
  return [
    `# TYPE ${name} ${type}`,
    ...(unit === undefined ? [] : [`# UNIT ${name} ${unit}`]),
    `# HELP ${name} ${help}`,
  ]
}

function entriesOf<Entry>(families: Readonly<Record<string, Entry>>): [string, Entry][] {
  return Object.entries(families)
}

function inSeconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1_000
}

function secondsOf(durationMs: number): string {
  return String(Number((durationMs / 1000).toPrecision(6)))
}
