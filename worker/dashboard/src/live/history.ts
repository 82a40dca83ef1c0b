import type { Sample, SampleColumns } from '../../../../shared/contract/monitoring.ts'
import { bySource } from '../../../../shared/contract/tier-names.ts'

/** The samples of the last hour, oldest first. */
export type History = readonly Sample[]

const hourMs = 3_600_000
/** One sample a second, and room for the overlap between two connections. */
const samplesMax = 4_000

/** Appends samples, without those that are already there, and drops those older than an hour. */
export function appended(history: History, samples: readonly Sample[]): History {
  const lastAtMs = history.at(-1)?.at_ms ?? 0
  const all = [...history, ...samples.filter(({ at_ms }) => at_ms > lastAtMs)]
  const newestAtMs = all.at(-1)?.at_ms ?? 0
  return all.filter(({ at_ms }) => at_ms > newestAtMs - hourMs).slice(-samplesMax)
}

/** Turns the columns of the wire into samples. */
export function samplesOf(columns: SampleColumns): Sample[] {
  return columns.at_ms.map((at_ms, index) => ({
    at_ms,
    seconds: columns.seconds[index] ?? 1,
    requests: columns.requests[index] ?? 0,
    errors: columns.errors[index] ?? 0,
    client_errors: columns.client_errors[index] ?? 0,
    hit_rate: columns.hit_rate[index] ?? null,
    avg_ms: columns.avg_ms[index] ?? null,
    p50_ms: columns.p50_ms[index] ?? null,
    p95_ms: columns.p95_ms[index] ?? null,
    p99_ms: columns.p99_ms[index] ?? null,
    sources: bySource((source) => columns.sources[source][index] ?? 0),
  }))
}

/** A span of time: counts are summed, p50 is weighted by reads, and p95 and p99 are those of its worst sample. */
export interface Span {
  readonly atMs: number
  readonly seconds: number
  readonly requests: number
  readonly errors: number
  readonly clientErrors: number
  readonly hitRate: number | null
  readonly p50Ms: number | null
  readonly p95Ms: number | null
  readonly p99Ms: number | null
  readonly sources: Sample['sources']
}

/** The part of the history that is merged. */
interface Period {
  readonly fromMs: number
  readonly toMs: number
}

/**
 * Merges samples into spans that begin at multiples of `spanSeconds`, as many as a plot can show. A sample counts to the span in which it
 * began. The last span is left out until it is over: it would jump with every second.
 */
export function spansOf(history: History, spanSeconds: number, { fromMs, toMs }: Period): Span[] {
  const spanMs = spanSeconds * 1_000
  const newestAtMs = history.at(-1)?.at_ms ?? 0
  const groups = new Map<number, Sample[]>()
  for (const sample of history) {
    if (sample.at_ms < fromMs || sample.at_ms > toMs) continue
    const beganAtMs = Math.max(sample.at_ms - sample.seconds * 1_000, 0)
    const startMs = Math.floor(beganAtMs / spanMs) * spanMs
    if (startMs + spanMs > newestAtMs) continue
    const group = groups.get(startMs)
    if (group === undefined) groups.set(startMs, [sample])
    else group.push(sample)
  }
  return [...groups].map(([atMs, samples]) => ({ ...together(samples), atMs }))
}

/** Everything within the last `seconds` of the history. */
export function latest(history: History, seconds: number): Span {
  const newestAtMs = history.at(-1)?.at_ms ?? 0
  return together(history.filter(({ at_ms }) => at_ms > newestAtMs - seconds * 1_000))
}

function together(samples: readonly Sample[]): Span {
  const sum = (of: (sample: Sample) => number) => samples.reduce((total, sample) => total + of(sample), 0)
  const requests = sum((sample) => sample.requests)
  const worst = (of: (sample: Sample) => number | null) => {
    const known = samples.map(of).filter((value) => value !== null)
    return known.length === 0 ? null : Math.max(...known)
  }
  const weighted = (of: (sample: Sample) => number | null) => {
    const known = samples.filter((sample) => of(sample) !== null && sample.requests > 0)
    const reads = known.reduce((total, sample) => total + sample.requests, 0)
    return reads === 0
      ? null
      : known.reduce((total, sample) => total + (of(sample) ?? 0) * sample.requests, 0) / reads
  }
  return {
    atMs: samples.at(-1)?.at_ms ?? 0,
    seconds: sum((sample) => sample.seconds),
    requests,
    errors: sum((sample) => sample.errors),
    clientErrors: sum((sample) => sample.client_errors),
    hitRate: weighted((sample) => sample.hit_rate),
    p50Ms: weighted((sample) => sample.p50_ms),
    p95Ms: worst((sample) => sample.p95_ms),
    p99Ms: worst((sample) => sample.p99_ms),
    sources: sumOfSources(samples),
  }
}

function sumOfSources(samples: readonly Sample[]): Sample['sources'] {
  return bySource((source) => samples.reduce((sum, { sources }) => sum + sources[source], 0))
}
