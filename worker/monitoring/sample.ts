import type { Sample, SampleColumns, sourceNames } from '../../shared/contract/monitoring.ts'
import type { SpanSums } from '../alerts/observation.ts'
import { latencyOf, readsOf, sumOf } from '../metrics/render.ts'
import type { Totals } from '../metrics/totals.ts'

/** A sample as it is kept: what is shown, and the sums that samples are added up by. */
export interface KeptSample {
  readonly shown: Sample
  readonly sums: SpanSums
}

/** What was counted in one span of time that ended at `atMs`. */
export function sampleOf(counted: Totals, atMs: number, spanMs: number): KeptSample {
  const reads = readsOf(counted)
  const latency = latencyOf(counted, 'read')
  const isEmpty = reads.total === 0
  const sources = (source: (typeof sourceNames)[number]) => reads.bySource[source] ?? 0
  return {
    shown: {
      at_ms: atMs,
      seconds: Math.max(1, spanMs) / 1_000,
      requests: reads.total,
      errors: reads.errors,
      hit_rate: isEmpty ? null : reads.hits / reads.total,
      avg_ms: isEmpty ? null : latency.avg_ms,
      p50_ms: isEmpty ? null : latency.p50_ms,
      p95_ms: isEmpty ? null : latency.p95_ms,
      p99_ms: isEmpty ? null : latency.p99_ms,
      sources: {
        memory: sources('memory'),
        edge_cache: sources('edge_cache'),
        cloudflare_kv: sources('cloudflare_kv'),
        redis_cache: sources('redis_cache'),
        database: sources('database'),
      },
    },
    sums: {
      requests: reads.total,
      hits: reads.hits,
      errors: reads.errors,
      durationMs: latency.avg_ms * latency.count,
      violations: sumOf(counted, 'consistency_violations'),
    },
  }
}

/** Samples turned into columns. */
export function columnsOf(samples: readonly Sample[]): SampleColumns {
  const column = <Name extends keyof Sample>(name: Name) => samples.map((sample) => sample[name])
  const source = (name: (typeof sourceNames)[number]) => samples.map(({ sources }) => sources[name])
  return {
    at_ms: column('at_ms'),
    seconds: column('seconds'),
    requests: column('requests'),
    errors: column('errors'),
    hit_rate: column('hit_rate'),
    avg_ms: column('avg_ms'),
    p50_ms: column('p50_ms'),
    p95_ms: column('p95_ms'),
    p99_ms: column('p99_ms'),
    sources: {
      memory: source('memory'),
      edge_cache: source('edge_cache'),
      cloudflare_kv: source('cloudflare_kv'),
      redis_cache: source('redis_cache'),
      database: source('database'),
    },
  }
}

export function addSums(left: SpanSums, right: SpanSums): SpanSums {
  return {
    requests: left.requests + right.requests,
    hits: left.hits + right.hits,
    errors: left.errors + right.errors,
    durationMs: left.durationMs + right.durationMs,
    violations: left.violations + right.violations,
  }
}
